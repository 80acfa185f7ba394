from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.records import Attempt, Uncovered
from practice.intervals import wilson_interval
from practice.progress import (
    compute_progress,
    count_streak,
    find_gaps,
    group_uncovered,
    measure_calibration,
    missed_points,
    score_of,
    subtopic_mastery,
    topic_mastery,
)
from practice.schedule import Scheduler
from tests.practice.test_schedule import INTERVIEW, a_card, learned

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def an_attempt(score: float | None, question: str = "q", day: int = 0, sure: float | None = None, topic: int | None = 5,
               subtopic: str = "Indexing", rating: str | None = None, **verdicts: str) -> Attempt:
    criteria = [{"key_point": point, "verdict": verdict, "notes_anchor": f"05#{point}"} for point, verdict in verdicts.items()]
    grade = None if score is None else {"score": score, "criteria": criteria}
    return Attempt(question, f"{question}?", topic, subtopic, "response", NOW + day * DAY, sure, grade, rating)


def test_wilsons_interval_agrees_with_published_values() -> None:
    """Newcombe, 1998, table I: 81 of 263 and 0 of 20."""
    assert wilson_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-4)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=5e-4)
    assert wilson_interval(0.5, 0) == (0, 1)
    assert wilson_interval(1 + 1e-15, 9)[1] == 1


def test_mastery_is_surer_with_more_questions() -> None:
    few = topic_mastery([an_attempt(0.8, str(n)) for n in range(3)])[5]
    many = topic_mastery([an_attempt(0.8, str(n)) for n in range(30)])[5]
    assert (few.score, many.score) == pytest.approx((0.8, 0.8))
    assert few.low < many.low < 0.8 < many.high < few.high
    assert (many.attempts, many.questions) == (30, 30)


def test_the_last_attempt_at_a_question_weighs_most_whatever_the_order_of_rows() -> None:
    attempts = [an_attempt(1.0, day=2), an_attempt(0.0, day=0), an_attempt(0.0, day=1)]
    mastery = topic_mastery(attempts)[5]
    assert mastery.score == pytest.approx(1 / 1.75)
    assert (mastery.attempts, mastery.questions) == (3, 1)


def test_mastery_is_told_by_topic_and_subtopic_and_skips_what_was_not_graded() -> None:
    attempts = [an_attempt(1, "a"), an_attempt(0, "b", subtopic="Quantization"), an_attempt(None, "c"), an_attempt(0.5, "d", topic=None)]
    assert {topic: m.score for topic, m in topic_mastery(attempts).items()} == {5: 0.5, None: 0.5}
    assert {key: m.score for key, m in subtopic_mastery(attempts).items()} == {
        (5, "Indexing"): 1, (5, "Quantization"): 0, (None, "Indexing"): 0.5,
    }


def test_an_attempt_without_a_grade_counts_by_its_rating() -> None:
    assert [score_of(an_attempt(None, rating=rating)) for rating in ("again", "hard", "good", None)] == [0, 0.5, 1, None]
    assert score_of(an_attempt(0.3, rating="easy")) == 0.3


def test_calibration_compares_sure_with_right() -> None:
    attempts = [an_attempt(0.5, sure=1.0), an_attempt(0.7, sure=0.9), an_attempt(0.4, sure=0.2), an_attempt(1), an_attempt(None, sure=1)]
    calibration = measure_calibration(attempts)
    assert calibration.count == 3
    assert [(b.low, b.high, b.count) for b in calibration.bins] == [(0.2, 0.4, 1), (0.8, 1.0, 2)]
    assert calibration.error == pytest.approx((0.2 + 2 * 0.35) / 3)
    assert calibration.bias == pytest.approx((0.5 + 0.2 - 0.2) / 3)
    assert measure_calibration([]).error == 0


def test_a_streak_counts_days_in_the_learners_time_zone() -> None:
    new_york = ZoneInfo("America/New_York")
    late = [datetime(2026, 11, 22, 2, tzinfo=UTC), datetime(2026, 11, 22, 20, tzinfo=UTC)]
    assert count_streak(late, NOW, UTC).current == 1
    assert count_streak(late, NOW, new_york).current == 2


def test_a_streak_lasts_through_an_unfinished_day_and_breaks_after_a_missed_one() -> None:
    moments = [NOW - n * DAY for n in (1, 2, 3, 6, 7, 8, 9)]
    streak = count_streak(moments, NOW, UTC)
    assert (streak.current, streak.longest, streak.done_today) == (3, 4, 0)
    assert count_streak([*moments, NOW], NOW, UTC).current == 4
    assert count_streak(moments, NOW + DAY, UTC).current == 0
    assert count_streak(moments, NOW, UTC, minimum=2).longest == 0
    assert count_streak([NOW + 5 * DAY], NOW, UTC).longest == 0
    assert count_streak([], NOW, UTC).current == 0


def test_missed_points_are_those_of_the_last_attempt() -> None:
    attempts = [
        an_attempt(0.1, "a", 0, ef="missed", M="missed"), an_attempt(0.5, "a", 1, ef="contradicted", M="met"),
        an_attempt(0.5, "b", 0, pq="partly", ivf="unsure"),
    ]
    assert [(p.question_id, p.key_point, p.verdict, p.times, p.notes_anchor) for p in missed_points(reversed(attempts))] == [
        ("a", "ef", "contradicted", 2, "05#ef"), ("b", "pq", "partly", 1, "05#pq"),
    ]


def test_gaps_are_the_weakest_subtopics_with_their_missed_points() -> None:
    attempts = [
        an_attempt(0.9, "a", subtopic="Strong", x="met"), an_attempt(0.8, "b", subtopic="Slip", y="missed"),
        an_attempt(0.1, "c", subtopic="Weak"), an_attempt(0.2, "d", subtopic="Weak", z="missed"),
    ]
    gaps = find_gaps(attempts)
    assert [(gap.subtopic, [p.key_point for p in gap.missed]) for gap in gaps] == [("Weak", ["z"]), ("Slip", ["y"])]
    assert [gap.subtopic for gap in find_gaps(attempts, limit=1)] == ["Weak"]


def test_uncovered_questions_are_grouped_by_their_nearest_topic() -> None:
    rows = [Uncovered(str(n), f"q{n}", topic, times, NOW, NOW) for n, (topic, times) in enumerate([(1, 1), (None, 4), (1, 2)])]
    groups = group_uncovered(rows)
    assert [(g.topic, g.times, [q.question for q in g.questions]) for g in groups] == [(None, 4, ["q1"]), (1, 3, ["q2", "q0"])]


def test_progress_holds_all_of_it_also_for_someone_who_just_began() -> None:
    empty = compute_progress([], [], [], [], scheduler=Scheduler(), now=NOW)
    assert (empty.overall.value, empty.streak.current, len(empty.load), empty.gaps) == (0, 0, 30, ())
    cards = [learned("a", "good", at=NOW), a_card("b")]
    progress = compute_progress(cards, [], [an_attempt(0.2)], [], scheduler=Scheduler.aim(cards, NOW, INTERVIEW, 5), now=NOW)
    assert progress.readiness[5].total == 2
    assert progress.load[-1].day < INTERVIEW.date()
    assert progress.streak.current == 1
    assert [gap.subtopic for gap in progress.gaps] == ["Indexing"]
