import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from core.db import Database, get_database
from core.errors import StorageError
from core.learner import Learner, get_learner
from core.records import Attempt, Card, Flag, Interview, Plan, ReviewLog
from core.settings import Settings

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def a_card(name: str = "05-hnsw") -> Card:
    return Card(
        id=name, origin="bank", topic=5, subtopic="Indexing", question={"id": name, "options": ["ü", None, 0.1]},
        created_at=NOW, updated_at=NOW,
    )


def an_attempt(**changes: object) -> Attempt:
    return replace(Attempt("05-hnsw", "What is HNSW?", 5, "Indexing", "a graph", NOW, sure=0.8), **changes)


@pytest.fixture
def learner(tmp_path: Path) -> Learner:
    return get_learner(Settings(data_dir=tmp_path))


def test_cards_reviews_and_attempts_survive_a_restart(tmp_path: Path) -> None:
    learner = get_learner(Settings(data_dir=tmp_path))
    reviewed = replace(a_card(), state={"stability": 2.3065}, due=NOW + timedelta(days=2))
    log = ReviewLog("05-hnsw", "good", NOW, 61.5)
    attempt = an_attempt(grade={"score": 0.5, "criteria": []}, rating="good")
    learner.save_review(reviewed, log)
    learner.add_attempt(attempt)
    again = get_learner(Settings(data_dir=tmp_path))
    assert again.cards() == [reviewed]
    assert again.review_logs() == [log]
    assert again.attempts() == [attempt]


def test_the_learner_joins_a_database_that_is_there_already(tmp_path: Path) -> None:
    database = get_database(Settings(data_dir=tmp_path))
    id_ = database.create_conversation("What is HNSW?", NOW)
    learner = Learner(database)
    learner.add_cards([a_card()])
    assert learner.database.conversation(id_) is not None


def test_adding_a_card_again_keeps_its_schedule(learner: Learner) -> None:
    assert learner.add_cards([a_card("a"), a_card("b"), a_card("a")]) == 2
    scheduled = replace(a_card("a"), state={"stability": 1.0}, due=NOW)
    learner.save_cards([scheduled])
    assert learner.add_cards([a_card("a"), a_card("c")]) == 1
    assert learner.card("a") == scheduled
    assert learner.card("nothing") is None


def test_a_review_and_its_card_are_written_together_or_not_at_all(learner: Learner) -> None:
    learner.add_cards([a_card()])
    broken = ReviewLog("05-hnsw", "good", datetime(2026, 11, 23))
    with pytest.raises(StorageError):
        learner.save_review(replace(a_card(), state={"stability": 9.0}, due=NOW), broken)
    assert learner.card("05-hnsw") == a_card()
    assert learner.review_logs() == []


def test_a_review_can_be_saved_twice_and_counts_once(learner: Learner) -> None:
    log = ReviewLog("05-hnsw", "good", NOW)
    learner.save_review(a_card(), log)
    learner.save_review(a_card(), log)
    learner.save_review(a_card("b"), ReviewLog("b", "again", NOW - timedelta(days=1)))
    assert learner.review_logs("05-hnsw") == [log]
    assert [entry.card_id for entry in learner.review_logs()] == ["b", "05-hnsw"]
    assert [entry.card_id for entry in learner.review_logs(since=NOW)] == ["05-hnsw"]


def test_a_card_can_be_suspended_and_taken_back(learner: Learner) -> None:
    learner.add_cards([a_card()])
    later = NOW + timedelta(hours=1)
    learner.suspend_card("05-hnsw", later)
    assert learner.card("05-hnsw") == replace(a_card(), suspended=True, updated_at=later)
    learner.suspend_card("05-hnsw", later, suspended=False)
    assert learner.card("05-hnsw").suspended is False


def test_a_moment_in_another_zone_comes_back_as_the_same_moment(learner: Learner) -> None:
    local = NOW.astimezone(__import__("zoneinfo").ZoneInfo("Asia/Kolkata"))
    learner.add_attempt(an_attempt(created_at=local))
    stored = learner.attempts()[0].created_at
    assert stored == NOW
    assert stored.utcoffset() == timedelta(0)


def test_the_grade_and_the_rating_come_after_the_response(learner: Learner) -> None:
    id_ = learner.add_attempt(an_attempt(parent="interview", parent_id="i1"))
    learner.add_attempt(an_attempt(question_id="other"))
    learner.update_attempt(id_, grade={"score": 0.4})
    learner.update_attempt(id_, rating="hard")
    stored = learner.attempts(parent_id="i1")
    assert [(a.grade, a.rating, a.sure) for a in stored] == [({"score": 0.4}, "hard", 0.8)]
    assert len(learner.attempts("05-hnsw")) == 1


@pytest.mark.parametrize("sure", [-0.1, 1.1, float("nan")])
def test_a_certainty_outside_of_0_to_1_is_refused(learner: Learner, sure: float) -> None:
    with pytest.raises(ValueError, match="sure"):
        learner.add_attempt(an_attempt(sure=sure))
    assert learner.attempts() == []


def test_flags_and_appeals_keep_the_learners_words(learner: Learner) -> None:
    attempt = an_attempt()
    learner.flag_question("05-hnsw", "ambiguous", NOW)
    learner.appeal_verdict(attempt, "I did say it", NOW + timedelta(minutes=1), key_point="ef")
    flags = learner.flags("05-hnsw")
    assert [replace(flag, id="") for flag in flags] == [
        Flag("flag", "05-hnsw", "ambiguous", NOW, id=""),
        Flag("appeal", "05-hnsw", "I did say it", NOW + timedelta(minutes=1), attempt.id, "ef", id=""),
    ]
    assert learner.flags("other") == []


def test_an_interview_is_saved_as_it_goes_and_found_again(learner: Learner) -> None:
    interview = Interview("i1", "running", {"turns": [{"n": 1}]}, NOW, NOW)
    learner.save_interview(interview)
    learner.save_interview(Interview("i2", "finished", {}, NOW, NOW - timedelta(days=1)))
    later = replace(interview, status="paused", state={"turns": [{"n": 1}, {"n": 2}]}, updated_at=NOW + timedelta(minutes=5))
    learner.save_interview(later)
    assert learner.interview("i1") == later
    assert [i.id for i in learner.interviews()] == ["i1", "i2"]
    assert [i.id for i in learner.interviews("running", "paused")] == ["i1"]


def test_an_uncovered_question_is_counted_however_it_is_typed(learner: Learner) -> None:
    learner.record_uncovered("What is  RLVR?", NOW, topic=8)
    learner.record_uncovered("what is rlvr", NOW + timedelta(days=1))
    learner.record_uncovered("Who won?", NOW)
    first = learner.uncovered()[0]
    assert (first.question, first.times, first.topic, first.created_at, first.updated_at) == (
        "What is RLVR?", 2, 8, NOW, NOW + timedelta(days=1)
    )
    learner.forget_uncovered("WHAT IS RLVR?")
    assert [q.question for q in learner.uncovered()] == ["Who won?"]


def test_a_plan_is_kept_and_nonsense_in_it_is_the_default(learner: Learner) -> None:
    assert learner.plan() == Plan()
    plan = Plan(date(2026, 12, 24), 12, 3, "America/New_York")
    learner.set_plan(plan)
    assert learner.plan() == plan
    assert plan.interview_at == datetime(2026, 12, 24, 5, tzinfo=UTC)
    learner.database.set_preferences(interview_date="soon", daily_cap="-3", streak_minimum="²", time_zone="../etc/passwd")
    assert learner.plan() == Plan()


@pytest.mark.parametrize("plan", [Plan(daily_cap=0), Plan(streak_minimum=0), Plan(time_zone="Mars/Olympus"), Plan(time_zone="")])
def test_a_plan_that_cannot_be_followed_is_refused(learner: Learner, plan: Plan) -> None:
    with pytest.raises(ValueError, match=r"at least 1|unknown time zone"):
        learner.set_plan(plan)
    assert learner.plan() == Plan()


def test_what_cannot_be_read_is_a_storage_error(tmp_path: Path, learner: Learner) -> None:
    learner.add_cards([a_card()])
    with sqlite3.connect(tmp_path / "groundwork.db") as connection:
        connection.execute("UPDATE cards SET question = 'no json'")
    connection.close()
    with pytest.raises(StorageError):
        learner.cards()
    with sqlite3.connect(tmp_path / "groundwork.db") as connection:
        connection.execute("DROP TABLE attempts")
    connection.close()
    with pytest.raises(StorageError) as caught:
        learner.add_attempt(an_attempt())
    assert caught.value.help


def test_a_second_process_sees_what_the_first_one_wrote(tmp_path: Path) -> None:
    one, two = (get_learner(Settings(data_dir=tmp_path)) for _ in range(2))
    one.add_cards([a_card("a")])
    two.add_cards([a_card("b")])
    assert isinstance(one.database, Database)
    assert {card.id for card in one.cards()} == {"a", "b"}


def test_questions_recorded_at_once_are_all_counted(learner: Learner) -> None:
    learner.record_uncovered("Why?", NOW)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: learner.record_uncovered("Why?", NOW), range(40)))
    assert learner.uncovered()[0].times == 41
