"""The fine-tuned classifier that ships, and what becomes of a missing or damaged one."""

from pathlib import Path

import numpy as np
import pytest

from core.content import KNOWLEDGE_DIR, NOWHERE
from core.eight_bits import pack_lines, unpack_lines
from core.section_classifier import WEIGHTS_FILE, SectionClassifier, shipped_classifier
from evals.section_classifier import arranged, kept_back
from ingest.questions import question_chunks
from retrieval.section_model import sections_of


@pytest.fixture(scope="module")
def classifier() -> SectionClassifier:
    found = shipped_classifier(KNOWLEDGE_DIR)
    assert found is not None
    return found


def test_it_knows_every_section_that_a_stored_question_leads_to(classifier: SectionClassifier) -> None:
    assert set(classifier.anchors) == {anchor for chunk in question_chunks(KNOWLEDGE_DIR) for anchor in sections_of(chunk)}


def test_questions_that_it_was_not_trained_on_lead_to_their_section(classifier: SectionClassifier) -> None:
    """A sample of the wordings that are kept back; without training one in two hundred would be right."""
    unseen = [chunk for chunk in question_chunks(KNOWLEDGE_DIR) if kept_back(chunk)][::200]
    found = [classifier.anchors[int(np.argmax(classifier.log_probabilities(chunk.text, classifier.anchors)))] for chunk in unseen]
    assert len(unseen) >= 20
    assert np.mean([anchor in sections_of(chunk) for anchor, chunk in zip(found, unseen, strict=True)]) > 0.5


def test_what_it_holds_for_other_sections_adds_to_nowhere(classifier: SectionClassifier) -> None:
    question, asked = "What does efSearch do in HNSW?", "05-vector-databases#vector-indexing-structures"
    without = (NOWHERE, "01-prompt-engineering#prompt-structure")
    assert np.exp(classifier.log_probabilities(question, classifier.anchors)).sum() == pytest.approx(1.0, abs=1e-3)
    assert asked in classifier.anchors
    assert np.exp(classifier.log_probabilities(question, without))[0] > 0.9


def test_a_missing_or_damaged_file_is_no_classifier(tmp_path: Path) -> None:
    assert shipped_classifier(tmp_path) is None
    (tmp_path / WEIGHTS_FILE).write_bytes(b"damaged")
    assert shipped_classifier(tmp_path) is None


def test_training_goes_on_when_sections_came_went_or_moved() -> None:
    head = arranged(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), {"a": 0, "gone": 1, "b": 2}, ["b", "new", "a"])
    assert head.tolist() == [[5.0, 6.0], [0.0, 0.0], [1.0, 2.0]]
    assert arranged(np.array([7.0, 8.0]), {"a": 0, "b": 1}, ["new", "b"]).tolist() == [0.0, 8.0]


def test_anchors_can_be_packed() -> None:
    assert unpack_lines(pack_lines(["", "a#b", "c#d"]).astype(np.float32)) == ("", "a#b", "c#d")


def test_damage_that_shows_at_the_first_use_leaves_every_section_alike(tmp_path: Path, classifier: SectionClassifier) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(KNOWLEDGE_DIR / WEIGHTS_FILE)
    del weights["head.weight"]
    save_file(weights, tmp_path / WEIGHTS_FILE)
    headless = shipped_classifier(tmp_path)
    assert headless is not None
    assert headless.anchors == classifier.anchors
    assert headless.log_probabilities("What is HNSW?", classifier.anchors[:3]).tolist() == [0, 0, 0]
    gone = shipped_classifier(tmp_path)
    assert gone is not None
    (tmp_path / WEIGHTS_FILE).unlink()
    assert gone.log_probabilities("What is HNSW?", classifier.anchors[:2]).tolist() == [0, 0]
