import json
from dataclasses import replace

import pytest

from evals.candidates import (
    KINDS,
    Candidate,
    LeakyWriter,
    _weak_setup,
    choose_randomly,
    compare_orders,
    count_leaks,
    main,
    run_interview,
    turns_to_find,
)
from evals.gaps import KnowingGrader, Phrases, PlantedGap, bank_questions, plant_gaps
from evals.giveaways import find_given_away
from practice.interview import Interviewer
from practice.interview_state import Interview, Setup
from practice.types import Grader

SETUP = Setup("llm_engineer", "intermediate", 15, (5, 6), seed=3)


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return Phrases(bank_questions())


@pytest.fixture(scope="module")
def interviewer(phrases: Phrases) -> Interviewer:
    return Interviewer(bank_questions(), KnowingGrader(phrases))


def scripted(phrases: Phrases, seed: int) -> Grader:
    return KnowingGrader(phrases, 0.1, seed)


@pytest.mark.parametrize("kind", KINDS)
def test_every_candidate_gets_through_an_interview_the_same_way_twice(kind: str, phrases: Phrases, interviewer: Interviewer) -> None:
    candidate = Candidate(kind, phrases, 7)
    interview = run_interview(interviewer, candidate, SETUP, hint_rate=0.3)
    assert interview == run_interview(interviewer, candidate, SETUP, hint_rate=0.3)
    assert interview.status == "finished"
    assert interview.answered
    assert find_given_away(interview) == []
    scores = [e.grade.score for e in interview.answered]
    assert (min(scores) == 1) == (kind == "strong")
    assert kind in {"strong", "weak"} or max(scores) == 0


def test_a_weak_candidate_knows_everything_but_its_gaps(phrases: Phrases) -> None:
    pool = [q for q in bank_questions() if q.topic == 5]
    question = pool[0]
    gap = PlantedGap("section", "x", frozenset((question.id, i) for i in range(len(question.key_points))))
    grader = KnowingGrader(phrases)
    knows = [grader.grade(q, Candidate("weak", phrases, s).answer(q, 0)).score for q in pool for s in range(3)]
    lacks = [grader.grade(question, Candidate("weak", phrases, s, (gap,)).answer(question, 0)).score for s in range(10)]
    assert 0.8 < sum(knows) / len(knows) < 1  # it slips now and then
    assert max(lacks) == 0


def test_answers_do_not_copy_the_key_points(phrases: Phrases) -> None:
    questions = bank_questions()
    copied = [p.text in Candidate("strong", phrases, 1).answer(q, 0) for q in questions for p in q.key_points]
    assert sum(copied) / len(copied) < 0.1


def test_gaps_of_both_kinds_show_in_several_questions() -> None:
    import random

    pool = [q for q in bank_questions() if q.topic in {7, 8, 10}]
    for seed in range(20):
        gaps = plant_gaps(pool, ("section", "section", "term"), random.Random(seed))
        assert [g.kind for g in gaps] == ["section", "section", "term"]
        assert len({g.name for g in gaps}) == 3
        assert all(3 <= len({q for q, _ in g.points}) <= 12 for g in gaps)


def test_a_gap_is_found_when_two_questions_have_shown_it(phrases: Phrases, interviewer: Interviewer) -> None:
    interview = run_interview(interviewer, Candidate("empty", phrases, 1), SETUP)
    ids = [e.question.id for e in interview.answered]
    gap = PlantedGap("term", "x", frozenset({(ids[1], 0), (ids[2], 1)}))
    assert turns_to_find(interview, gap, 1) == 2
    assert turns_to_find(interview, gap) == 3
    assert turns_to_find(interview, PlantedGap("term", "x", frozenset({("nowhere", 0)}))) is None


def test_the_check_for_leaks_sees_what_an_interviewer_must_not_say(phrases: Phrases, interviewer: Interviewer) -> None:
    """The zero in the report means something only if the same check catches key points, answers and praise."""
    interview = run_interview(interviewer, Candidate("strong", phrases, 1), SETUP)
    questions = [e.question for e in interview.exchanges]
    seen = total = 0
    for question in questions:
        for text in (*(p.text for p in question.key_points), question.short_answer, "Great, that is correct."):
            seen += bool(find_given_away(_with_said(interview, text)))
            total += 1
    assert seen / total > 0.9
    assert find_given_away(_with_said(interview, "Thank you. Let us go on.")) == []


def _with_said(interview: Interview, text: str) -> Interview:
    first = interview.exchanges[0]
    lines = (replace(first.lines[0], text=text), *first.lines[1:])
    return replace(interview, exchanges=(replace(first, lines=lines), *interview.exchanges[1:]))


def test_a_model_that_misbehaves_leaks_nothing(phrases: Phrases) -> None:
    questions = bank_questions()
    writer = LeakyWriter(questions, 1)
    interviewer = Interviewer(questions, KnowingGrader(phrases), writer=writer)
    interview = run_interview(interviewer, Candidate("fishing", phrases, 2), SETUP, hint_rate=0.3)
    assert find_given_away(interview) == []


def test_a_few_interviews_leak_nothing_whoever_sits_in_them() -> None:
    report = count_leaks(14, scripted)
    assert report["leaky"] == 0
    assert set(report["by_candidate"]) == set(KINDS)
    assert report["utterances"] > 14 * 10


def test_hunting_finds_planted_gaps_in_fewer_turns_than_random_order() -> None:
    report = compare_orders(12, scripted)
    orders = report["orders"]
    assert orders["adaptive"]["turns"].value < orders["random"]["turns"].value
    assert orders["adaptive"]["found"].value > orders["random"]["found"].value
    difference = report["adaptive_minus_random"]
    assert difference.low <= difference.value <= difference.high


def test_the_random_order_does_not_look_at_grades(phrases: Phrases) -> None:
    questions = bank_questions()
    interviewer = Interviewer(questions, KnowingGrader(phrases), chooser=choose_randomly)
    setup, gaps = _weak_setup(questions, 4)
    asked = [
        [e.question.id for e in run_interview(interviewer, Candidate(kind, phrases, 4, gaps), setup).exchanges]
        for kind in ("strong", "weak")
    ]
    assert asked[0] == asked[1]


def test_the_command_prints_a_table_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--interviews", "2"]) == 0
    assert "adaptive minus random" in capsys.readouterr().out
    assert main(["--interviews", "2", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["interviews that leak"]["value"] == 0
    assert report["adaptive minus random"]["n"] == 2
