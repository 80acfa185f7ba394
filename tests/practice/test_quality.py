from dataclasses import replace

import pytest

from core.content import KeyPoint
from practice.generate import generate_questions, sections_of
from practice.quality import Gate, core_of, find_fault
from practice.types import PracticeQuestion
from tests.practice.small_index import CHUNKS, TABLE, SmallIndex
from tests.practice.test_generate import a_bank_question

GOOD = PracticeQuestion(
    "g-1", "generated", "multiple_choice", 5, "HNSW index", "beginner", "compare",
    "HNSW index: which index fits this description? Weak point: memory and random access.", "HNSW.", "HNSW",
    (KeyPoint(text="HNSW | candidate list size | memory and random access", weight=2, required=True),),
    notes=("05-vector-databases#hnsw-index--trade-offs",), passage=TABLE, options=("flat", "IVF", "HNSW", "DiskANN"), correct=2,
)


def test_a_good_question_passes() -> None:
    gate = Gate(SmallIndex())
    assert gate.accept(GOOD)
    assert (gate.report.offered, gate.report.kept, dict(gate.report.dropped)) == (1, 1, {})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"question": "Which index does this section describe, memory and random access?"}, "trivia about the document"),
        ({"question": "Which index was published in 2018 with memory and random access?"}, "trivia about the document"),
        ({"question": "HNSW?"}, "length"),
        ({"question": "HNSW " * 100}, "length"),
        ({"options": ("flat", "IVF", "HNSW", "word " * 40)}, "length"),
        ({"question": "It has memory and random access as what kind of point?"}, "does not stand alone"),
        ({"key_points": (KeyPoint(text="HNSW is free", weight=1, required=True),)}, "quote not in the passage"),
        ({"correct": None}, "not exactly one correct option"),
        ({"correct": 4}, "not exactly one correct option"),
        ({"options": ("flat", "HNSW"), "correct": 1}, "not exactly one correct option"),
        ({"options": ("flat", "Flat", "HNSW", "IVF")}, "options repeat"),
        ({"options": ("flat", "HNSW index", "HNSW", "IVF")}, "options overlap"),
    ],
)
def test_what_is_wrong_with_a_question_is_named(changes: dict, reason: str) -> None:
    assert find_fault(replace(GOOD, **changes)) == reason


def test_a_distractor_that_the_table_states_as_right_is_found() -> None:
    table = TABLE.replace("latency of the disk", "memory and random access")
    assert find_fault(replace(GOOD, passage=table)) == "a distractor is right by the notes"
    cells = replace(GOOD, question="Which control does HNSW offer for its recall?", options=("candidate list size", "memory and random access", "beam"), correct=0)
    assert find_fault(cells) == "a distractor is right by the notes"


def test_a_distractor_that_a_sentence_states_as_right_is_found() -> None:
    passage = "Deletes are hard in HNSW. Deletes are hard in DiskANN as well."
    question = replace(
        GOOD, question="Deletes are hard in which index?", options=("HNSW", "DiskANN", "flat"), correct=0, passage=passage,
        key_points=(KeyPoint(text="Deletes are hard in HNSW.", weight=1, required=True),),
    )
    assert find_fault(question) == "a distractor is right by the notes"
    assert find_fault(replace(question, options=("HNSW", "IVF", "flat"))) is None


def test_a_question_that_does_not_find_its_section_is_dropped() -> None:
    gate = Gate(SmallIndex())
    lost = replace(GOOD, question="Why does sourdough bread rise overnight?")
    assert not gate.accept(lost)
    assert dict(gate.report.dropped) == {"not answerable from its passage": 1}


def test_near_duplicates_of_the_bank_of_what_was_seen_and_of_the_quiz_are_dropped() -> None:
    index = SmallIndex()
    opened = replace(GOOD, format="open", options=(), correct=None, question="Which index needs memory and random access?")
    bank = [a_bank_question().model_copy(update={"question": "Which index needs memory and a random access?"})]
    gate = Gate(index, bank)
    assert not gate.accept(opened)
    assert dict(gate.report.dropped) == {"near-duplicate of the bank": 1}
    assert not Gate(index, seen=["Which index needs its memory and random access?"]).accept(opened)
    gate = Gate(index)
    assert gate.accept(opened)
    assert not gate.accept(replace(opened, id="g-2", key_points=(KeyPoint(text="memory and random access", weight=1, required=True),)))
    assert gate.report.dropped["near-duplicate of a question seen"] == 1


def test_one_sentence_is_asked_about_once() -> None:
    gate = Gate(SmallIndex())
    assert gate.accept(GOOD)
    assert not gate.accept(replace(GOOD, question="HNSW index: how does the candidate list of a graph control recall?", format="open", options=(), correct=None))
    assert list(gate.report.dropped) == ["rests on a sentence already asked about"]


def test_the_words_of_a_form_do_not_make_two_questions_alike() -> None:
    assert core_of("Red teaming: true or false, and why? It works.") == "It works."
    assert core_of("What is HNSW?") == "What is HNSW?"


def test_most_generated_questions_pass_and_everything_is_counted() -> None:
    gate = Gate(SmallIndex())
    questions = [q for made in generate_questions(sections_of(CHUNKS)).values() for q in made]
    kept = [q for q in questions if gate.accept(q)]
    assert len(kept) >= 8
    assert gate.report.offered == len(questions) == gate.report.kept + gate.report.dropped.total()
