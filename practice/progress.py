"""What the learner knows and how well the learner knows it: plain rows in, plain data for charts out.

Mastery is a weighted mean of scores in [0, 1]: of several attempts at one question the last counts fully and each earlier one
half as much as the next, because what matters is what is known now. Its uncertainty is a 95 % Wilson interval with Kish's
effective number of attempts. Source of that number: Kish, Survey Sampling, 1965, section 11.7.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from statistics import mean
from typing import Any, TypeVar

from core.records import Attempt, Card, ReviewLog, Uncovered
from practice.forecast import (
    ObservedRetention,
    Readiness,
    RetentionPoint,
    observed_retention,
    overall_readiness,
    readiness,
    retention_curve,
)
from practice.intervals import wilson_interval
from practice.schedule import DAY, Scheduler
from practice.session import WEAK_MASTERY, DayLoad, Subtopic, count_done, load_forecast

EARLIER_WEIGHT = 0.5  # of an attempt, relative to the next one at the same question
RATING_SCORES = {"again": 0.0, "hard": 0.5, "good": 1.0, "easy": 1.0}  # of attempts without a grade
CALIBRATION_BINS = 5
FORECAST_DAYS = 30

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Mastery:
    """A mean score with its 95 % interval. `attempts` counts all of them, `questions` different ones."""

    score: float
    low: float
    high: float
    attempts: int
    questions: int


@dataclass(frozen=True)
class CalibrationBin:
    """Attempts whose stated certainty lies in [low, high): how sure the learner was and how right, both in [0, 1]."""

    low: float
    high: float
    count: int
    sure: float
    right: float
    right_low: float
    right_high: float


@dataclass(frozen=True)
class Calibration:
    """How sure against how right.

    Attributes:
        error: expected calibration error: mean gap between sure and right over bins, weighted by their counts; 0 is perfect.
        bias: mean sure minus mean right; above 0 is overconfident.
    """

    bins: tuple[CalibrationBin, ...]
    count: int
    error: float
    bias: float


@dataclass(frozen=True)
class Streak:
    """Days in a row with enough practice. A streak lasts through a day that is not over yet."""

    current: int
    longest: int
    done_today: int
    minimum: int


@dataclass(frozen=True)
class UncoveredGroup:
    """What the notes cannot answer near one topic (None: near none), the most asked first."""

    topic: int | None
    times: int
    questions: tuple[Uncovered, ...]


@dataclass(frozen=True)
class MissedPoint:
    """A key point that the last attempt at its question did not meet; `times` counts all attempts that missed it."""

    question_id: str
    question: str
    topic: int | None
    subtopic: str
    key_point: str
    verdict: str
    notes_anchor: str
    times: int


@dataclass(frozen=True)
class Gap:
    """A subtopic the learner cannot answer well, with the points missed there."""

    topic: int | None
    subtopic: str
    mastery: Mastery
    missed: tuple[MissedPoint, ...]


@dataclass(frozen=True)
class Progress:
    """Everything the progress page shows."""

    topics: Mapping[int | None, Mastery]
    subtopics: Mapping[Subtopic, Mastery]
    calibration: Calibration
    streak: Streak
    load: tuple[DayLoad, ...]
    retention: tuple[RetentionPoint, ...]
    observed: tuple[ObservedRetention, ...]
    readiness: Mapping[int | None, Readiness]
    overall: Readiness
    uncovered: tuple[UncoveredGroup, ...]
    gaps: tuple[Gap, ...]


def compute_progress(
    cards: Sequence[Card], logs: Sequence[ReviewLog], attempts: Sequence[Attempt], uncovered: Iterable[Uncovered],
    *, scheduler: Scheduler, now: datetime, zone: tzinfo = UTC, streak_minimum: int = 1,
) -> Progress:
    """The progress at `now`. Readiness is for the scheduler's date, or for `now` without one."""
    when = scheduler.interview or now
    practised = [attempt.created_at for attempt in attempts] + [log.reviewed_at for log in logs]
    return Progress(
        topics=topic_mastery(attempts), subtopics=subtopic_mastery(attempts), calibration=measure_calibration(attempts),
        streak=count_streak(practised, now, zone, streak_minimum),
        load=tuple(load_forecast(cards, scheduler, now, FORECAST_DAYS, zone=zone, done_today=count_done(logs, now, zone))),
        retention=tuple(retention_curve(cards, now, FORECAST_DAYS)), observed=tuple(observed_retention(logs)),
        readiness=readiness(cards, when), overall=overall_readiness(cards, when),
        uncovered=tuple(group_uncovered(uncovered)), gaps=tuple(find_gaps(attempts)),
    )


def score_of(attempt: Attempt) -> float | None:
    """An attempt's score in [0, 1]: its grade's, else that of the rating; None when it has neither."""
    if attempt.grade is not None and not is_undecided(attempt.grade):
        return float(attempt.grade["score"])
    return RATING_SCORES.get(attempt.rating or "")


def is_undecided(grade: Mapping[str, Any]) -> bool:
    """True for a stored grade that nothing could give and whose points the learner has not decided either."""
    return grade.get("engine") == "learner" and all(criterion["verdict"] == "unsure" for criterion in grade["criteria"])


def topic_mastery(attempts: Iterable[Attempt]) -> dict[int | None, Mastery]:
    """Mastery by topic."""
    return _mastery_by(attempts, lambda attempt: attempt.topic)


def subtopic_mastery(attempts: Iterable[Attempt]) -> dict[Subtopic, Mastery]:
    """Mastery by (topic, subtopic)."""
    return _mastery_by(attempts, lambda attempt: (attempt.topic, attempt.subtopic))


def _mastery_by(attempts: Iterable[Attempt], key: Callable[[Attempt], K]) -> dict[K, Mastery]:
    groups: dict[K, list[Attempt]] = {}
    for attempt in attempts:
        if score_of(attempt) is not None:
            groups.setdefault(key(attempt), []).append(attempt)
    return {name: _mastery(group) for name, group in groups.items()}


def _mastery(attempts: Sequence[Attempt]) -> Mastery:
    later: dict[str, int] = {}
    scores, weights = [], []
    for attempt in sorted(attempts, key=lambda attempt: attempt.created_at, reverse=True):
        scores.append(score_of(attempt) or 0.0)
        weights.append(EARLIER_WEIGHT ** later.get(attempt.question_id, 0))
        later[attempt.question_id] = later.get(attempt.question_id, 0) + 1
    score = sum(s * w for s, w in zip(scores, weights, strict=True)) / sum(weights)
    effective = sum(weights) ** 2 / sum(w * w for w in weights)
    return Mastery(score, *wilson_interval(score, effective), len(attempts), len(later))


def measure_calibration(attempts: Iterable[Attempt], bins: int = CALIBRATION_BINS) -> Calibration:
    """Certainty stated before the grade against the score, in `bins` bins of equal width; empty bins are left out.

    Source of the error: Naeini, Cooper and Hauskrecht, 2015, doi:10.1609/aaai.v29i1.9602.
    """
    pairs = [(a.sure, score) for a in attempts if a.sure is not None and (score := score_of(a)) is not None]
    groups: dict[int, list[tuple[float, float]]] = {}
    for sure, right in pairs:
        groups.setdefault(min(int(sure * bins), bins - 1), []).append((sure, right))
    found = tuple(_calibration_bin(n / bins, (n + 1) / bins, groups[n]) for n in sorted(groups))
    error = sum(b.count * abs(b.sure - b.right) for b in found) / len(pairs) if pairs else 0.0
    bias = mean(sure - right for sure, right in pairs) if pairs else 0.0
    return Calibration(found, len(pairs), error, bias)


def _calibration_bin(low: float, high: float, pairs: Sequence[tuple[float, float]]) -> CalibrationBin:
    right = mean(score for _, score in pairs)
    return CalibrationBin(low, high, len(pairs), mean(sure for sure, _ in pairs), right, *wilson_interval(right, len(pairs)))


def count_streak(moments: Iterable[datetime], now: datetime, zone: tzinfo, minimum: int = 1) -> Streak:
    """Days in a row, in the learner's time zone, with at least `minimum` attempts or reviews."""
    counts: dict[date, int] = {}
    for moment in moments:
        day = moment.astimezone(zone).date()
        counts[day] = counts.get(day, 0) + 1
    today = now.astimezone(zone).date()
    days = {day for day, count in counts.items() if count >= minimum and day <= today}
    runs = {day: _run_ending(day, days) for day in days}
    current = runs.get(today) or runs.get(today - timedelta(days=1), 0)
    return Streak(current, max(runs.values(), default=0), counts.get(today, 0), minimum)


def _run_ending(day: date, days: set[date]) -> int:
    length = 0
    while day - length * DAY in days:
        length += 1
    return length


def group_uncovered(questions: Iterable[Uncovered]) -> list[UncoveredGroup]:
    """The map of what the notes cannot answer: by nearest topic, the most asked first."""
    groups: dict[int | None, list[Uncovered]] = {}
    for question in sorted(questions, key=lambda q: (-q.times, q.question)):
        groups.setdefault(question.topic, []).append(question)
    found = [UncoveredGroup(topic, sum(q.times for q in group), tuple(group)) for topic, group in groups.items()]
    return sorted(found, key=lambda group: -group.times)


def missed_points(attempts: Iterable[Attempt]) -> list[MissedPoint]:
    """Key points not met in the last graded attempt at their question, the most often missed first."""
    last: dict[str, Attempt] = {}
    times: dict[tuple[str, str], int] = {}
    for attempt in sorted(attempts, key=lambda attempt: attempt.created_at):
        if attempt.grade is not None:
            last[attempt.question_id] = attempt
            for criterion in _missed(attempt):
                key = (attempt.question_id, criterion["key_point"])
                times[key] = times.get(key, 0) + 1
    points = [
        MissedPoint(id_, attempt.question, attempt.topic, attempt.subtopic, c["key_point"], c["verdict"],
                    c.get("notes_anchor", ""), times[id_, c["key_point"]])
        for id_, attempt in last.items() for c in _missed(attempt)
    ]
    return sorted(points, key=lambda point: -point.times)


def _missed(attempt: Attempt) -> list[dict[str, str]]:
    criteria = attempt.grade["criteria"] if attempt.grade else ()
    return [c for c in criteria if c["verdict"] in ("missed", "contradicted", "partly")]


def find_gaps(attempts: Sequence[Attempt], limit: int = 10) -> list[Gap]:
    """The map of what the learner cannot: the weakest subtopics, each with the key points missed there.

    A subtopic is a gap when a point is missed there, or when its mastery is below `WEAK_MASTERY`.
    """
    missed = missed_points(attempts)
    gaps = [
        Gap(topic, subtopic, mastery, tuple(p for p in missed if (p.topic, p.subtopic) == (topic, subtopic)))
        for (topic, subtopic), mastery in subtopic_mastery(attempts).items()
    ]
    weak = [gap for gap in gaps if gap.missed or gap.mastery.score < WEAK_MASTERY]
    return sorted(weak, key=lambda gap: (gap.mastery.score, gap.mastery.high))[:limit]
