"""What will be remembered: readiness on a date and the curve of forgetting, predicted and observed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from core.records import Card, ReviewLog
from practice.intervals import wilson_interval
from practice.schedule import DAY, retrievability

ELAPSED_BINS = (0, 1, 3, 7, 14, 30, 60, 120)  # days between two reviews, lower edges


@dataclass(frozen=True)
class Readiness:
    """How much of a topic is predicted to be recalled at a moment, without another review before it.

    Attributes:
        topic: None for questions outside the roadmap.
        seen: cards asked at least once; `total` counts the others too.
        recall: mean retrievability of the seen cards; 0 when there are none.
        low, high: 95 % Wilson interval of the share of seen cards recalled. It holds the luck of the day and of few cards,
            not an error of the memory model itself.
    """

    topic: int | None
    seen: int
    total: int
    recall: float
    low: float
    high: float

    @property
    def coverage(self) -> float:
        """Share of the cards that were asked at least once."""
        return self.seen / self.total if self.total else 0.0

    @property
    def value(self) -> float:
        """Expected share of all cards that will be recalled: one never asked counts as not known."""
        return self.recall * self.coverage


@dataclass(frozen=True)
class RetentionPoint:
    """Mean predicted recall of the seen cards after so many days without a review, with a 95 % Wilson interval."""

    days: int
    recall: float
    low: float
    high: float


@dataclass(frozen=True)
class ObservedRetention:
    """Reviews after `from_days` up to `to_days` days (None: without end): how many, and the share not rated `again`."""

    from_days: int
    to_days: int | None
    reviews: int
    recall: float
    low: float
    high: float


def readiness(cards: Iterable[Card], when: datetime) -> dict[int | None, Readiness]:
    """Readiness at `when` by topic, in the order of topics. Suspended cards do not count."""
    topics: dict[int | None, list[Card]] = {}
    for card in cards:
        if not card.suspended:
            topics.setdefault(card.topic, []).append(card)
    return {topic: _readiness(topic, topics[topic], when) for topic in sorted(topics, key=lambda t: (t is None, t or 0))}


def overall_readiness(cards: Iterable[Card], when: datetime) -> Readiness:
    """Readiness at `when` over all cards."""
    return _readiness(None, [card for card in cards if not card.suspended], when)


def _readiness(topic: int | None, cards: Sequence[Card], when: datetime) -> Readiness:
    recall, low, high, seen = _mean_recall(cards, when)
    return Readiness(topic, seen, len(cards), recall, low, high)


def _mean_recall(cards: Iterable[Card], when: datetime) -> tuple[float, float, float, int]:
    values = [retrievability(card, when) for card in cards if card.state is not None]
    mean = sum(values) / len(values) if values else 0.0
    return (mean, *wilson_interval(mean, len(values)), len(values))


def retention_curve(cards: Sequence[Card], now: datetime, days: int) -> list[RetentionPoint]:
    """Predicted forgetting from now on if nothing is reviewed; empty when no card was ever asked."""
    seen = [card for card in cards if card.state is not None and not card.suspended]
    if not seen:
        return []
    return [RetentionPoint(n, *_mean_recall(seen, now + n * DAY)[:3]) for n in range(days + 1)]


def observed_retention(logs: Iterable[ReviewLog]) -> list[ObservedRetention]:
    """Recall by days since the card's review before, from the logs: the check of the prediction. Empty bins are left out."""
    by_card: dict[str, list[ReviewLog]] = {}
    for log in sorted(logs, key=lambda log: log.reviewed_at):
        by_card.setdefault(log.card_id, []).append(log)
    outcomes: dict[int, list[bool]] = {}
    for reviews in by_card.values():
        for before, after in pairwise(reviews):
            elapsed = (after.reviewed_at - before.reviewed_at).days
            outcomes.setdefault(max(edge for edge in ELAPSED_BINS if edge <= elapsed), []).append(after.rating != "again")
    return [_observed(edge, outcomes[edge]) for edge in ELAPSED_BINS if edge in outcomes]


def _observed(edge: int, recalled: Sequence[bool]) -> ObservedRetention:
    upper: Mapping[int, int] = dict(pairwise(ELAPSED_BINS))
    mean = sum(recalled) / len(recalled)
    return ObservedRetention(edge, upper.get(edge), len(recalled), mean, *wilson_interval(mean, len(recalled)))
