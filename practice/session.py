"""Today's session: due, then weakest, then new, under the daily cap; and the same rule played forward as a load forecast."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import chain, zip_longest
from typing import Literal

from core.records import Card, ReviewLog
from practice.schedule import DAY, Scheduler, expected_gain, is_learning, last_review, retrievability

WEAK_MASTERY = 0.6  # a subtopic below this is practised before its cards are due
NEW_SHARE = 0.75  # of the cap, at most, kept for new cards while an interview date nears
HORIZON = 30 * DAY  # without a date, a review is worth what it adds by then

Subtopic = tuple[int | None, str]


@dataclass(frozen=True)
class SessionItem:
    """A card to ask, and one sentence that says why."""

    card: Card
    kind: Literal["due", "weakest", "new"]
    reason: str


@dataclass(frozen=True)
class DayLoad:
    """Cards on a day of the plan: asked again, asked for the first time, and put off because of the cap."""

    day: date
    reviews: int
    new: int
    put_off: int


def todays_session(
    cards: Sequence[Card], scheduler: Scheduler, now: datetime, *, zone: tzinfo = UTC, done_today: int = 0,
    mastery: Mapping[Subtopic, float] | None = None,
) -> list[SessionItem]:
    """What to ask now: due cards, then cards of weak subtopics, then new ones, at most the cap less `done_today`.

    Cards that failed minutes ago come back on top of the cap. While an interview date nears, room is kept for new cards at
    the rate that meets all of them before the final pass. `mastery` is in [0, 1] by (topic, subtopic); `zone` is the
    learner's, whose midnight ends the day.
    """
    mastery = mastery or {}
    active = [card for card in cards if not card.suspended]
    due = due_cards(active, scheduler, now, zone)
    again = [card for card in due if is_learning(card)]
    due = [card for card in due if not is_learning(card)]
    new = _interleave(card for card in active if card.state is None)
    room = max(0, scheduler.daily_cap - done_today)
    due = due[: room - min(room, _new_quota(len(new), scheduler, now))]
    room -= len(due)
    weak = _weak_cards(active, {card.id for card in due + again}, mastery, now, zone)
    weak = weak[: max(0, room - max(_new_quota(len(new), scheduler, now), (room + 1) // 2)) if new else room]
    new = new[: room - len(weak)]
    return [
        *(SessionItem(card, "due", _due_reason(card, now)) for card in due + again),
        *(SessionItem(card, "weakest", _weak_reason(card, mastery)) for card in weak),
        *(SessionItem(card, "new", _new_reason(scheduler, now)) for card in new),
    ]


def count_done(logs: Iterable[ReviewLog], now: datetime, zone: tzinfo = UTC) -> int:
    """Cards that were reviewed since the learner's last midnight, each once."""
    start = _midnight(now, zone, 0)
    return len({log.card_id for log in logs if log.reviewed_at >= start})


def due_cards(cards: Iterable[Card], scheduler: Scheduler, now: datetime, zone: tzinfo = UTC) -> list[Card]:
    """Cards due before the learner's midnight, those whose review is worth most first."""
    when = scheduler.interview if scheduler.interview and scheduler.interview > now else now + HORIZON
    return sorted(_waiting(cards, now, zone), key=lambda card: (-expected_gain(card, now, when), card.id))


def load_forecast(
    cards: Sequence[Card], scheduler: Scheduler, now: datetime, days: int, *, zone: tzinfo = UTC, done_today: int = 0
) -> list[DayLoad]:
    """Cards a day from today on, if every session is done and every answer is good: failures add to it."""
    return [load for load, _ in follow_plan(cards, scheduler, now, days, zone=zone, done_today=done_today)]


def follow_plan(
    cards: Sequence[Card], scheduler: Scheduler, now: datetime, days: int, *, zone: tzinfo = UTC, done_today: int = 0
) -> Iterator[tuple[DayLoad, list[Card]]]:
    """Play the plan forward: each day's load and the cards after it. Stops at the interview date."""
    at = {card.id: card for card in cards}
    for offset in range(days):
        moment = now + offset * DAY
        if scheduler.interview and now < scheduler.interview <= moment:
            return
        at |= {card.id: card for card in scheduler.replan(at.values(), moment)}
        waiting = len(_waiting(at.values(), moment, zone))
        items = todays_session(list(at.values()), scheduler, moment, zone=zone, done_today=0 if offset else done_today)
        for item in items:
            at[item.card.id], _ = scheduler.review(item.card, "good", moment)
        reviews = sum(item.kind == "due" for item in items)
        new = len(items) - reviews
        yield DayLoad(moment.astimezone(zone).date(), reviews, new, waiting - reviews), list(at.values())


def _waiting(cards: Iterable[Card], now: datetime, zone: tzinfo) -> list[Card]:
    end = _midnight(now, zone, 1)
    return [card for card in cards if card.due is not None and card.due < end and not card.suspended]


def _new_quota(new: int, scheduler: Scheduler, now: datetime) -> int:
    """Room for new cards: what meets all of them before the final pass; none is kept without a date."""
    if scheduler.final_start is None or not new:
        return 0
    days = max(1, math.ceil((scheduler.final_start - now) / DAY))
    return min(new, math.ceil(new / days), int(NEW_SHARE * scheduler.daily_cap))


def _weak_cards(cards: Iterable[Card], taken: set[str], mastery: Mapping[Subtopic, float], now: datetime,
                zone: tzinfo) -> list[Card]:
    """Cards of weak subtopics that were not asked today, the weakest subtopic first and there the least remembered."""
    start = _midnight(now, zone, 0)
    weak = [
        card for card in cards
        if card.state is not None and card.id not in taken and last_review(card) < start
        and mastery.get((card.topic, card.subtopic), 1.0) < WEAK_MASTERY
    ]
    return sorted(weak, key=lambda card: (mastery[card.topic, card.subtopic], retrievability(card, now), card.id))


def _interleave(cards: Iterable[Card]) -> list[Card]:
    """One card of each topic in turn, in the order given within a topic."""
    topics: dict[int | None, list[Card]] = {}
    for card in cards:
        topics.setdefault(card.topic, []).append(card)
    return [card for card in chain.from_iterable(zip_longest(*topics.values())) if card is not None]


def _due_reason(card: Card, now: datetime) -> str:
    if is_learning(card):
        return "Again: the last answer missed it."
    ago = max(0, (now - last_review(card)).days)
    days = "less than a day ago" if ago == 0 else "a day ago" if ago == 1 else f"{ago} days ago"
    return f"Due: last asked {days}, predicted recall {retrievability(card, now):.0%}."


def _weak_reason(card: Card, mastery: Mapping[Subtopic, float]) -> str:
    return f"Weak: {card.subtopic} stands at {mastery[card.topic, card.subtopic]:.0%}."


def _new_reason(scheduler: Scheduler, now: datetime) -> str:
    if scheduler.interview is None or scheduler.interview <= now:
        return "New: not asked yet."
    days = math.ceil((scheduler.interview - now) / DAY)
    return f"New: not asked yet, {days} {'day' if days == 1 else 'days'} until the interview."


def _midnight(now: datetime, zone: tzinfo, days: int) -> datetime:
    """The learner's midnight that began today, or `days` later, in UTC."""
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(), zone).astimezone(UTC)
