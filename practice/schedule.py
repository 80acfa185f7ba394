"""When to ask again: FSRS, aimed at an interview date.

FSRS keeps the predicted probability of recall (retrievability, R) above a desired retention at any time. Before an interview
only R on the day counts, which changes the rule:

1. No review is scheduled beyond the date.
2. The last review of a card moves R on the day most, because stability grows more when R has fallen and because little time
   is left to forget. So the last days before the date, as many as the daily cap needs to go once through all cards, are the
   *final pass*: a card whose next review would fall into it or beyond is asked exactly once more there, the least stable
   cards on the last day. A card that fails in the final pass comes back as FSRS says, as long as that is before the date.
3. Until then FSRS spaces the reviews. When more is due than the cap allows, the session takes what raises the expected R on
   the day most, and keeps room for new cards so that all are met before the final pass (`practice/session.py`).

Without a date, or after it, this is plain FSRS. In simulated learners a desired retention of 0.9 was as good as any other
between 0.7 and 0.95 once rules 2 and 3 held, so it is not tuned. FSRS: Ye, Su and Cao, 2022, doi:10.1145/3534678.3539081;
the formulas are those of the `fsrs` package, with its default parameters.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from core.records import Card, CardOrigin, ReviewLog
from practice.types import PracticeQuestion, Rating, generated_id

if TYPE_CHECKING:
    import fsrs

RETENTION = 0.9  # FSRS's default
DAY = timedelta(days=1)
STEP = timedelta(minutes=10)  # a failed card is asked again this soon


def new_card(question: PracticeQuestion, now: datetime) -> Card:
    """A card for a question, never asked so far."""
    return _card(question, question.origin, None, now)


def key_point_card(question: PracticeQuestion, key_point: str, now: datetime) -> Card:
    """A card for one key point that an answer missed: the same question, graded on that point alone. Raises ValueError."""
    point = next((p for p in question.key_points if p.text == key_point), None)
    if point is None:
        raise ValueError(f"not a key point of {question.id}: {key_point}")
    part = replace(
        question, id=generated_id(question.id, key_point), origin="generated", format="open", options=(), correct=None,
        question=f"{question.question} Name the point that your answer left out before.", short_answer=key_point,
        reference_answer=key_point, key_points=(point.model_copy(update={"required": True}),), misconceptions=(),
    )
    return _card(part, "key_point", question.id, now)


def _card(question: PracticeQuestion, origin: CardOrigin, parent: str | None, now: datetime) -> Card:
    return Card(
        id=question.id, origin=origin, topic=question.topic, subtopic=question.subtopic, question=question.to_dict(),
        parent=parent, created_at=now, updated_at=now,
    )


@dataclass(frozen=True)
class Scheduler:
    """Decides when a card is asked again.

    Attributes:
        interview: the moment that counts; None for plain FSRS.
        daily_cap: most cards a day.
        final_days: length of the final pass in days.
        retention: desired retention up to the final pass, in (0, 1).
    """

    interview: datetime | None = None
    daily_cap: int = 20
    final_days: int = 1
    retention: float = RETENTION

    @classmethod
    def aim(cls, cards: Iterable[Card], now: datetime, interview: datetime | None, daily_cap: int) -> Scheduler:
        """A scheduler for these cards. A date that has passed is none. Raises ValueError when the cap is below 1."""
        if daily_cap < 1:
            raise ValueError("the daily cap must be at least 1")
        if interview is None or interview <= now:
            return cls(daily_cap=daily_cap)
        active = sum(not card.suspended for card in cards)
        passes = math.ceil(active / daily_cap)
        return cls(interview=_utc(interview), daily_cap=daily_cap, final_days=max(1, min((interview - now).days, passes)))

    @property
    def final_start(self) -> datetime | None:
        """When the final pass begins."""
        return self.interview - self.final_days * DAY if self.interview else None

    def review(self, card: Card, rating: Rating, now: datetime, duration_seconds: float | None = None) -> tuple[Card, ReviewLog]:
        """The card after a review, and the log of it. The learner's rating alone moves the schedule.

        Raises:
            ValueError: `now` has no time zone.
        """
        now = _utc(now)
        memory, _ = _fsrs(self.retention).review_card(_memory(card, now), _rating(rating), now)
        reviewed = replace(card, state=dict(memory.to_dict()), due=_utc(memory.due), updated_at=now)
        log = ReviewLog(card_id=card.id, rating=rating, reviewed_at=now, duration_seconds=duration_seconds)
        return replace(reviewed, due=self._aim(reviewed, now)), log

    def replan(self, cards: Iterable[Card], now: datetime) -> list[Card]:
        """Cards whose due date the plan moves, with the new one: run it when a session starts or the plan changes.

        They do not count as updated, so that a review on another machine wins over a new plan on this one.
        """
        now = _utc(now)
        active = [card for card in cards if card.state is not None and not card.suspended]
        due = {card.id: self._aim(card, now) for card in active}
        due |= self._final_slots([card for card in active if self._awaits_final(card, now)])
        return [replace(card, due=due[card.id]) for card in active if card.due != due[card.id]]

    def _aim(self, card: Card, now: datetime) -> datetime:
        ideal = _ideal_due(card, self.retention)
        if self.interview is None or self.interview <= now or self.final_start is None:
            return ideal
        return self.final_start if self._awaits_final(card, now) else min(ideal, self.interview)

    def _awaits_final(self, card: Card, now: datetime) -> bool:
        """True when the card's next review is its final one: it falls into the final pass, and the last one did not."""
        if self.interview is None or self.final_start is None or self.interview <= now:
            return False
        return last_review(card) < self.final_start and self.final_start <= _ideal_due(card, self.retention)

    def _final_slots(self, cards: Sequence[Card]) -> dict[str, datetime]:
        """Days of the final pass, filled from the last one with the least stable cards, up to the cap."""
        if self.interview is None:
            return {}
        weakest_first = sorted(cards, key=lambda card: (stability(card), card.id))
        return {
            card.id: self.interview - min(n // self.daily_cap + 1, self.final_days) * DAY
            for n, card in enumerate(weakest_first)
        }


def review(card: Card, rating: Rating, now: datetime) -> tuple[Card, ReviewLog]:
    """Plain FSRS, without a date. Raises ValueError when `now` has no time zone."""
    return Scheduler().review(card, rating, now)


def retrievability(card: Card, when: datetime) -> float:
    """Predicted probability that the card is recalled at `when` without another review; 0 when it was never asked."""
    when = _utc(when)
    return float(_fsrs(RETENTION).get_card_retrievability(_memory(card, when), when))


def expected_gain(card: Card, now: datetime, when: datetime) -> float:
    """By how much a review now raises the expected retrievability at `when`, over recalling and failing it."""
    recalled = retrievability(card, now)
    after = {rating: retrievability(_reviewed(card, rating, now), when) for rating in ("good", "again")}
    return recalled * after["good"] + (1 - recalled) * after["again"] - retrievability(card, when)


def stability(card: Card) -> float:
    """Days until retrievability falls to 0.9; 0 when the card was never asked."""
    return float(card.state["stability"] or 0) if card.state else 0.0


def last_review(card: Card) -> datetime:
    """When the card was last asked. Raises ValueError when it never was."""
    if not card.state or not card.state["last_review"]:
        raise ValueError(f"card {card.id} was never reviewed")
    return _utc(datetime.fromisoformat(card.state["last_review"]))


def is_learning(card: Card) -> bool:
    """True when the last answer failed and the card waits for its repetition within minutes."""
    return bool(card.state) and _memory(card, last_review(card)).step is not None


def check_state(state: dict[str, object]) -> None:
    """Raise ValueError, TypeError or KeyError when a stored state is not one of the scheduler's."""
    import fsrs

    memory = fsrs.Card.from_dict(state)  # type: ignore[arg-type]
    if memory.last_review is None or not (memory.stability and memory.stability > 0 and memory.difficulty):
        raise ValueError("the state of a reviewed card needs a last review, a stability and a difficulty")
    _utc(memory.due), _utc(memory.last_review)


def _ideal_due(card: Card, retention: float) -> datetime:
    """What FSRS says: whole days until retrievability falls to `retention`, at least one; minutes after a failure."""
    scheduler = _fsrs(retention)
    if is_learning(card) and card.state:
        return _utc(datetime.fromisoformat(card.state["due"]))
    decay = -scheduler.parameters[20]
    factor = 0.9 ** (1 / decay) - 1
    days = round(stability(card) / factor * (retention ** (1 / decay) - 1))
    return last_review(card) + timedelta(days=min(max(days, 1), scheduler.maximum_interval))


def _reviewed(card: Card, rating: Rating, now: datetime) -> Card:
    memory, _ = _fsrs(RETENTION).review_card(_memory(card, now), _rating(rating), _utc(now))
    return replace(card, state=dict(memory.to_dict()))


@cache
def _fsrs(retention: float) -> fsrs.Scheduler:
    """Without fuzz: the same review gives the same date."""
    import fsrs

    return fsrs.Scheduler(desired_retention=retention, learning_steps=(STEP,), relearning_steps=(STEP,), enable_fuzzing=False)


def _memory(card: Card, now: datetime) -> fsrs.Card:
    import fsrs

    if card.state:
        return fsrs.Card.from_dict(card.state)  # type: ignore[arg-type]
    return fsrs.Card(card_id=int(hashlib.sha256(card.id.encode()).hexdigest()[:12], 16), due=now)


def _rating(rating: Rating) -> fsrs.Rating:
    import fsrs

    return {"again": fsrs.Rating.Again, "hard": fsrs.Rating.Hard, "good": fsrs.Rating.Good, "easy": fsrs.Rating.Easy}[rating]


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)
