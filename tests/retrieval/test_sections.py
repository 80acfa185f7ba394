from typing import cast

import numpy as np
import pytest

from core.content import ASKED, NOWHERE
from core.section_classifier import SectionClassifier
from core.types import Chunk
from retrieval.questions import UNANSWERED, Own, QuestionLeg, distinct
from retrieval.section_model import SectionModel
from retrieval.sections import Sections

CHUNKS = [
    Chunk("1", "notes/05-x.md", "T", 5, ("Alpha",), "a", 0),
    Chunk("2", "notes/05-x.md", "T", 5, ("Alpha", "Pitfalls"), "b", 1),
    Chunk("3", "notes/05-x.md", "T", 5, ("Beta index",), "c", 2),
    Chunk("4", "mine.md", "Mine", None, ("Alpha",), "d", 0),
]


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


def question(text: str, document: str, *anchors: str) -> Chunk:
    return Chunk(text, document, "question", 5, anchors, text, 0)


def test_a_section_is_a_run_of_chunks_below_one_heading_of_one_document() -> None:
    sections = Sections(CHUNKS)
    assert sections.spread(np.arange(len(sections), dtype=np.float32)).tolist() == [0, 0, 1, 2]
    assert sections.by_anchor == {"05-x#alpha": 0, "05-x#beta-index": 1, "mine#alpha": 2}
    assert sections.best(np.array([0.1, 0.9, 0.3, 0.2], np.float32)).tolist() == pytest.approx([0.9, 0.3, 0.2])


def test_a_heading_that_is_what_was_asked_names_its_section() -> None:
    assert Sections(CHUNKS).named("what is a beta index?") == [(1, 1.0)]
    assert Sections(CHUNKS).named("beta") == []


def leg(model: SectionModel | None = None) -> QuestionLeg:
    questions = [
        question("q1", "asked", "05-x#alpha"), question("q2", "asked", "05-x#beta-index--pitfalls"),
        question("q3", "bank", "05-x#alpha", "05-x#gone"), question("q4", UNANSWERED),
    ]
    return QuestionLeg(questions, np.stack([unit(1, 0), unit(0, 1), unit(1, 1), unit(-1, 1)]), Sections(CHUNKS), model=model)


def test_the_nearest_question_points_at_its_section_and_parts_count_for_theirs() -> None:
    pointing = leg().point(unit(0, 1))
    assert pointing.nearest.tolist() == pytest.approx([np.sqrt(0.5), 1.0, 0.0])
    assert pointing.similarity == pytest.approx(1.0)


def test_the_section_model_chooses_and_own_documents_get_their_share() -> None:
    model = SectionModel(
        (NOWHERE, "05-x#alpha", "05-x#beta-index", "05-x#gone"), np.log(np.array([0.5, 0.1, 0.3, 0.1], np.float32)),
        np.zeros((2, 4), np.float32), (), np.zeros(0, np.float32), np.zeros((0, 4), np.float32),
    )
    chooser = leg(model)
    pointing = chooser.point(unit(0, 1), "what is a beta index")
    assert pointing.nowhere == pytest.approx(0.5)
    assert pointing.chosen.tolist() == pytest.approx([0.25, 0.75, 0.0])
    assert pointing.agreement == pytest.approx(0.75)
    far, near = (
        chooser.point(unit(0, 1), own=Own(np.array([0, 0, similarity], np.float32), np.zeros(3, np.float32))) for similarity in (-0.9, 0.95)
    )
    assert (far.chosen[2], far.nowhere) == (0, pytest.approx(0.5))
    assert near.chosen[2] > 0.5 > near.nowhere * 2
    assert near.chosen.sum() == pytest.approx(1.0)


def test_questions_that_nothing_answers_are_counted_apart() -> None:
    inside, outside = leg().point(unit(1, 0)), leg().point(unit(-1, 1))
    assert outside.outside == pytest.approx(1.0)
    assert inside.answered_share > 0.9 > outside.answered_share


def test_a_stored_question_can_be_left_out() -> None:
    assert leg().point(unit(0, 1), without=[1]).nearest.tolist() == pytest.approx([np.sqrt(0.5), 0.0, 0.0], abs=1e-6)


def test_a_query_is_compared_with_wordings_that_differ_and_with_all_other_questions() -> None:
    vectors = np.stack([unit(1, 0), unit(1, 0.1), unit(0, 1), unit(1, 0), unit(1, 0), unit(1, 0)])
    questions = [
        question("a", ASKED, "05-x#alpha"), question("like a", ASKED, "05-x#alpha"), question("b", ASKED, "05-x#alpha"),
        question("as a, elsewhere", ASKED, "05-x#beta-index"), question("bank", "05-q", "05-x#alpha"), question("off", UNANSWERED),
    ]
    assert distinct(questions, vectors).tolist() == [0, 2, 3, 4, 5]
    compared = distinct(questions, vectors)
    chooser = QuestionLeg(questions, vectors[compared], Sections(CHUNKS), compared=compared)
    assert chooser.point(unit(0, 1)).nearest.tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert chooser.point(unit(0, 1), without=[2]).nearest.tolist() == pytest.approx([0.0, 0.0, 0.0])
    assert chooser.point(unit(1, 0), without=[5]).outside == 0.0
    assert chooser.point(unit(1, 0)).same_question == "05-q"


class Reader:
    """A classifier that is sure of one section."""

    def __init__(self, sure_of: str, anchors: tuple[str, ...]) -> None:
        self.sure_of, self.anchors, self.asked = sure_of, anchors, 0

    def log_probabilities(self, text: str, anchors: tuple[str, ...]) -> np.ndarray:
        self.asked += 1
        return np.log(np.array([0.97 if anchor == self.sure_of else 0.01 for anchor in anchors], np.float32))


@pytest.mark.parametrize(
    ("first", "anchors", "chosen", "asked"),
    [
        (0.45, (NOWHERE, "05-x#alpha", "05-x#beta-index", "05-x#more"), 0, 1),  # not sure: asked, and outweighs
        (0.95, (NOWHERE, "05-x#alpha", "05-x#beta-index"), 1, 0),  # sure
        (0.45, (NOWHERE, "05-x#alpha"), 1, 0),  # it does not know every section
    ],
)
def test_a_second_opinion_is_asked_for_when_the_first_is_not_sure(
    monkeypatch: pytest.MonkeyPatch, first: float, anchors: tuple[str, ...], chosen: int, asked: int
) -> None:
    monkeypatch.setattr("retrieval.questions.SURE", 0.5)  # three classes are never as unsure as two hundred
    rest = (1 - first) / 2
    model = SectionModel(
        (NOWHERE, "05-x#alpha", "05-x#beta-index"), np.log(np.array([rest, rest, first], np.float32)), np.zeros((2, 3), np.float32), (),
        np.zeros(0, np.float32), np.zeros((0, 3), np.float32),
    )
    reader = Reader("05-x#alpha", anchors)
    questions = [question("q1", ASKED, "05-x#alpha"), question("q2", ASKED, "05-x#beta-index")]
    chooser = QuestionLeg(questions, np.stack([unit(1, 0), unit(0, 1)]), Sections(CHUNKS), model=model, classifier=cast(SectionClassifier, reader))
    pointing = chooser.point(unit(1, 1), "a question")
    assert int(pointing.chosen.argmax()) == chosen
    assert reader.asked == asked
    assert pointing.chosen.sum() == pytest.approx(1.0)
