import random
from pathlib import Path

import numpy as np
import pytest

from core.bert import QueryEncoder
from core.errors import IndexUnavailableError, StorageError
from core.models import packaged_model_dir
from core.question_store import QuestionStore, get_question_store, shipped_vectors, write_shipped_vectors
from core.settings import Settings
from core.types import Chunk
from ingest.questions import question_chunks

QUESTIONS = [
    Chunk("0" * 24, "05-q", "question", 5, ("05-vector-databases#vector-indexing-structures",), "what is hnsw", 0),
    Chunk("f" * 24, "unanswered", "question", None, (), "how do i proof sourdough", 0),
]


def unit_rows(count: int) -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(count, 384)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_file_gives_back_the_questions_and_vectors_of_the_same_direction(tmp_path: Path) -> None:
    store, vectors = QuestionStore(tmp_path / "new" / "questions.npz"), unit_rows(2)
    store.save(QUESTIONS, vectors)
    chunks, found = store.load()
    assert chunks == QUESTIONS
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert (found * vectors).sum(axis=1).min() > 0.9999


def test_nothing_stored_is_not_an_error(tmp_path: Path) -> None:
    store = QuestionStore(tmp_path / "questions.npz")
    assert store.load()[0] == []
    store.save([], np.zeros((0, 0), np.float32))
    assert store.load()[0] == []


@pytest.mark.parametrize("cut", [0, 100])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, cut: int) -> None:
    store = QuestionStore(tmp_path / "questions.npz")
    store.save(QUESTIONS, unit_rows(2))
    store.path.write_bytes(store.path.read_bytes()[:cut])
    with pytest.raises(IndexUnavailableError, match="cannot be read") as caught:
        store.load()
    assert "python cli.py ingest" in caught.value.explain()


def test_a_failed_write_keeps_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = QuestionStore(tmp_path / "questions.npz")
    store.save(QUESTIONS, unit_rows(2))

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.question_store.np.savez", full_disk)
    with pytest.raises(StorageError, match="No space left"):
        store.save([], np.zeros((0, 0), np.float32))
    assert store.load()[0] == QUESTIONS
    assert [path.name for path in tmp_path.iterdir()] == ["questions.npz"]


def test_shipped_vectors_are_those_of_one_model(settings: Settings) -> None:
    assert shipped_vectors(settings) == {}
    write_shipped_vectors(settings, [chunk.id for chunk in QUESTIONS], unit_rows(2))
    assert set(shipped_vectors(settings)) == {chunk.id for chunk in QUESTIONS}
    assert shipped_vectors(settings.model_copy(update={"embedding_model": "another/model"})) == {}
    assert get_question_store(settings).path != get_question_store(settings.model_copy(update={"embedding_model": "another/model"})).path


def test_the_vectors_in_the_repository_are_the_packaged_models() -> None:
    vectors, questions = shipped_vectors(Settings()), question_chunks(Settings().knowledge_dir)
    known = [question for question in questions if question.id in vectors]
    assert len(known) > 0.9 * len(questions), "run python scripts/embed_questions.py"
    sample = random.Random(0).sample(known, 30)
    embedded = QueryEncoder(packaged_model_dir()).encode([question.text for question in sample])
    assert (embedded * np.stack([vectors[question.id] for question in sample])).sum(axis=1).min() > 0.999
