from pathlib import Path

import numpy as np
import pytest

from core.errors import ContentError
from core.question_store import get_question_store, write_shipped_vectors
from core.settings import Settings
from ingest import pipeline
from ingest.pipeline import ingest, is_stale
from ingest.questions import UNANSWERED, question_chunks
from tests.conftest import shared_model

ASKED = """
- section: 05-vector-databases#vector-indexing-structures
  questions:
  - how do i find close vectors fast
  - why not compare with everything
  follow_ups:
  - [how does HNSW find neighbours?, 'And how does it forget the deleted ones?']
"""
OUTSIDE = """
- area: cooking
  questions: [how do i proof sourdough]
"""


@pytest.fixture
def knowledge(settings: Settings) -> Path:
    folder = settings.knowledge_dir
    (folder / "asked").mkdir()
    (folder / "asked" / "05-vector-databases.yaml").write_text(ASKED)
    (folder / "unanswered.yaml").write_text(OUTSIDE)
    return folder


def test_wordings_point_at_their_section_and_the_unanswered_at_none(knowledge: Path) -> None:
    chunks = {chunk.text: chunk for chunk in question_chunks(knowledge)}
    assert chunks["how do i find close vectors fast"].headings == ("05-vector-databases#vector-indexing-structures",)
    assert chunks["how do i find close vectors fast"].topic == 5
    follow_up = chunks["how does HNSW find neighbours: and how does it forget the deleted ones?"]
    assert follow_up.headings == ("05-vector-databases#vector-indexing-structures",)
    assert chunks["how do i proof sourdough"].document == UNANSWERED
    assert chunks["how do i proof sourdough"].headings == ()


def test_a_changed_wording_is_the_only_one_embedded_again(settings: Settings, knowledge: Path) -> None:
    ingest(settings)
    before = {chunk.id for chunk in get_question_store(settings).load()[0]}
    (knowledge / "asked" / "05-vector-databases.yaml").write_text(ASKED.replace("why not compare with everything", "is brute force bad"))
    assert is_stale(settings)
    ingest(settings)
    assert not is_stale(settings)
    after = {chunk.id: chunk.text for chunk in get_question_store(settings).load()[0]}
    assert len(before - set(after)) == len(set(after) - before) == 1
    assert "is brute force bad" in after.values()


def test_a_question_whose_vector_is_shipped_is_not_embedded(settings: Settings, knowledge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known, *others = question_chunks(knowledge)
    vector = np.eye(1, 384, dtype=np.float32)
    write_shipped_vectors(settings, [known.id], vector)
    model, asked = shared_model(), []

    class Recorder:
        def encode(self, texts):
            asked.extend(texts)
            return model.encode(texts)

    monkeypatch.setattr(pipeline, "get_embeddings", lambda _: Recorder())
    ingest(settings)
    assert known.text not in asked
    assert {chunk.text for chunk in others} <= set(asked)
    stored, vectors = get_question_store(settings).load()
    assert np.allclose(vectors[[chunk.id for chunk in stored].index(known.id)], vector, atol=1e-6)


def test_an_interrupted_ingest_goes_on_with_the_next_questions(settings: Settings, knowledge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "QUESTIONS_A_STEP", 1)
    model, asked = shared_model(), []

    class Broken:
        def encode(self, texts):
            if len(asked) == 1:
                raise KeyboardInterrupt
            asked.extend(text for text in texts if text in wanted)
            return model.encode(texts)

    wanted = {chunk.text for chunk in question_chunks(knowledge)}
    monkeypatch.setattr(pipeline, "get_embeddings", lambda _: Broken())
    with pytest.raises(KeyboardInterrupt):
        ingest(settings)
    assert len(get_question_store(settings).load()[0]) == 1
    monkeypatch.setattr(pipeline, "get_embeddings", lambda _: model)
    ingest(settings)
    assert {chunk.text for chunk in get_question_store(settings).load()[0]} == wanted
    assert not is_stale(settings)


def test_a_lost_file_of_questions_is_made_again(settings: Settings, knowledge: Path) -> None:
    ingest(settings)
    get_question_store(settings).path.unlink()
    assert is_stale(settings)
    ingest(settings)
    assert len(get_question_store(settings).load()[0]) == 4


def test_a_broken_file_is_named_and_the_rest_is_ingested(settings: Settings, knowledge: Path) -> None:
    (knowledge / "asked" / "05-vector-databases.yaml").write_text("- section: nonsense\n  questions: [x]\n")
    with pytest.raises(ContentError):
        question_chunks(knowledge)
    report = ingest(settings)
    assert "asked/05-vector-databases.yaml" in " ".join(report.failures)
    assert report.total_chunks > 0
