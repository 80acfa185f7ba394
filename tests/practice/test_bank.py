import pytest

from core.content import KeyPoint, Misconception, Question
from practice.bank import NoQuestionsError, choose_questions


def a_question(number: int, topic: int = 5, level: str = "beginner", kind: str = "concept") -> Question:
    points = tuple(KeyPoint(text=f"Point {n}.", weight=1, required=True) for n in range(3))
    return Question(
        id=f"{topic:02}-q{number}", topic=topic, subtopic="S", level=level, kind=kind, question=f"Question {number}?", answer_30s="A.",
        answer_2min="B.", key_points=points, misconceptions=(Misconception(wrong="W.", correction="C."),), follow_ups=("a", "b"),
        notes=("05-x#s",),
    )


BANK = [*(a_question(n) for n in range(6)), a_question(6, level="expert"), a_question(7, topic=2, kind="debug")]


def ids(**filters: object) -> list[str]:
    return [q.id for q in choose_questions(BANK, 10, **filters)]


def test_filters_choose_and_none_lets_everything_through() -> None:
    assert ids(topic=2) == ["02-q7"]
    assert ids(topic=5, level="expert") == ["05-q6"]
    assert len(ids()) == len(BANK)
    assert {q.origin for q in choose_questions(BANK, 3)} == {"bank"}


def test_the_count_is_a_limit_and_seen_questions_stay_out() -> None:
    assert len(choose_questions(BANK, 2)) == 2
    assert "05-q0" not in ids(seen=["05-q0"])


def test_the_seed_decides_the_order() -> None:
    assert ids(seed=1) == ids(seed=1)
    assert ids(seed=1) != ids(seed=2)
    assert sorted(ids(seed=1)) == sorted(ids(seed=2))


def test_nothing_found_says_which_filter_to_relax() -> None:
    with pytest.raises(NoQuestionsError) as caught:
        choose_questions(BANK, 1, topic=2, level="expert", kind="debug")
    assert "topic 2, level expert, kind debug" in str(caught.value)
    assert "leave out the level (1 question)" in caught.value.explain().lower()
    assert "leave out the topic" not in caught.value.help.lower()


def test_nothing_new_offers_what_was_seen() -> None:
    with pytest.raises(NoQuestionsError) as caught:
        choose_questions(BANK, 1, topic=2, seen=["02-q7"])
    assert "questions you have seen (1)" in caught.value.help


def test_an_unknown_combination_says_to_relax_more() -> None:
    with pytest.raises(NoQuestionsError, match="topic 9") as caught:
        choose_questions(BANK, 1, topic=9, kind="design")
    assert caught.value.help == "Leave out more than one filter."
