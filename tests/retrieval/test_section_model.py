"""The section model on questions with known vectors and words."""

from pathlib import Path

import numpy as np
import pytest

from core.content import ASKED, KNOWLEDGE_DIR, NOWHERE, UNANSWERED
from core.models import PACKAGED_SHA256
from core.types import Chunk
from ingest.questions import question_chunks
from retrieval.section_model import SectionModel, digest, fit_sections, load_model, write_model

VECTORS = np.eye(4, dtype=np.float32)
TEXTS = {
    "05-x#alpha": ("zebra stripes", "zebra herds", "a zebra at night"), "05-x#beta--pitfalls": ("walrus tusks", "walrus on ice", "old walrus"),
    NOWHERE: ("quantum pizza", "pizza at noon", "cold pizza"),
}


def questions() -> list[Chunk]:
    return [
        Chunk(f"{number}{place}", ASKED if anchor else UNANSWERED, "", 5, (anchor,) if anchor else (), text, 0)
        for number, (anchor, texts) in enumerate(TEXTS.items())
        for place, text in enumerate(texts)
    ]


@pytest.fixture(scope="module")
def model() -> SectionModel:
    fitted = fit_sections(questions(), VECTORS[[0, 0, 0, 1, 1, 1, 2, 2, 2]])
    assert fitted is not None
    return fitted


def likeliest(model: SectionModel, vector: np.ndarray, text: str) -> str:
    return model.anchors[int(model.probabilities(vector, text).argmax())]


def test_vectors_and_words_lead_to_the_section_parts_counting_for_theirs(model: SectionModel) -> None:
    assert model.anchors == (NOWHERE, "05-x#alpha", "05-x#beta")
    assert likeliest(model, VECTORS[1], "nothing it has seen") == "05-x#beta"
    assert likeliest(model, VECTORS[3], "a herd of zebras") == "05-x#alpha"
    assert likeliest(model, VECTORS[3], "pizza!") == NOWHERE
    assert model.probabilities(VECTORS[0], "zebra").sum() == pytest.approx(1.0)


def test_only_terms_of_several_questions_count(model: SectionModel) -> None:
    assert set(model.terms) == {"pizza", "walrus", "zebra"}


def test_a_packed_model_says_nearly_the_same(model: SectionModel) -> None:
    again = SectionModel.of_arrays(model.arrays())
    assert again.anchors == model.anchors
    for vector, text in ((VECTORS[0], "walrus"), (VECTORS[2], "zebra pizza")):
        assert again.probabilities(vector, text) == pytest.approx(model.probabilities(vector, text), abs=0.02)


def test_one_section_or_none_leaves_nothing_to_tell_apart() -> None:
    assert fit_sections(questions()[:3], VECTORS[[0, 0, 0]]) is None
    assert fit_sections([], np.zeros((0, 0), np.float32)) is None


def test_a_stored_model_serves_the_questions_that_it_was_fitted_to(model: SectionModel, tmp_path: Path) -> None:
    name = digest(questions(), "a model")
    assert load_model(tmp_path, name) is None
    write_model(tmp_path, name, model)
    loaded = load_model(tmp_path, name)
    assert loaded is not None
    assert loaded.anchors == model.anchors
    assert load_model(tmp_path, digest(questions()[1:], "a model")) is None
    assert load_model(tmp_path, digest(questions(), "another model")) is None


def test_a_damaged_file_is_no_model(model: SectionModel, tmp_path: Path) -> None:
    name, path = digest(questions(), "a model"), tmp_path / "section_model.npz"
    write_model(tmp_path, name, model)
    whole = path.read_bytes()
    for start in range(0, len(whole), 97):
        path.write_bytes(whole[:start] + b"\xff" * 50 + whole[start + 50 :])
        load_model(tmp_path, name)  # some damage is not seen; none may raise
    path.write_bytes(whole[: len(whole) // 2])
    assert load_model(tmp_path, name) is None


def test_the_model_that_is_shipped_was_fitted_to_the_questions_that_are_shipped() -> None:
    """When this fails, stored questions have changed: run `python scripts/embed_questions.py`."""
    assert load_model(KNOWLEDGE_DIR, digest(question_chunks(KNOWLEDGE_DIR), PACKAGED_SHA256[:12])) is not None
