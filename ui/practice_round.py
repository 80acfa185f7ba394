"""A round of practice under way: its questions, where the learner is and what was answered. A reload returns to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from core.db import Database
from practice.follow_ups import Hunt
from practice.session import SessionItem
from practice.types import PracticeQuestion

PREFERENCE = "practice_round"
ASIDE = f"{PREFERENCE}_aside"
OPEN = "round"  # in the address while a round is open, so that a reload returns to it
MAX_SECONDS = 3600.0  # a question left open for longer says nothing about how long the answer took

Bank = Mapping[str, PracticeQuestion]


@dataclass(frozen=True)
class Entry:
    """A question of the round and one sentence that says why it is asked."""

    question: PracticeQuestion
    reason: str = ""


@dataclass(frozen=True)
class Round:
    """Questions in order.

    Attributes:
        title: what it is called on the page.
        place: of the question that is asked, from 0; the number of entries when the round is over.
        opened: when that question was first shown.
        attempt: id of the attempt at that question; empty as long as it is not answered.
        done: ids of the attempts that were rated.
        hunt: the gap that is being looked into.
    """

    title: str
    entries: tuple[Entry, ...]
    opened: datetime
    place: int = 0
    attempt: str = ""
    done: tuple[str, ...] = ()
    hunt: Hunt | None = None

    @property
    def current(self) -> Entry | None:
        """The question that is asked; None when the round is over."""
        return self.entries[self.place] if self.place < len(self.entries) else None

    def answered(self, attempt_id: str) -> Round:
        """The question has an attempt."""
        return replace(self, attempt=attempt_id)

    def advanced(self, now: datetime, hunt: Hunt | None = None) -> Round:
        """Go on to the next question; an attempt at this one is done."""
        done = (*self.done, self.attempt) if self.attempt else self.done
        return replace(self, place=self.place + 1, attempt="", done=done, opened=now, hunt=hunt)

    def followed_by(self, entry: Entry) -> Round:
        """The round with a question after the current one; where it comes later anyway, it comes now."""
        later = tuple(e for e in self.entries[self.place + 1 :] if e.question.id != entry.question.id)
        return replace(self, entries=(*self.entries[: self.place + 1], entry, *later))

    def seconds(self, now: datetime) -> float | None:
        """How long the question has been open; None when that cannot have been thinking time."""
        passed = (now - self.opened).total_seconds()
        return passed if 0 <= passed <= MAX_SECONDS else None


def begin_round(title: str, items: Sequence[SessionItem], bank: Bank, now: datetime) -> Round:
    """A round over the cards of a session."""
    return Round(title, tuple(Entry(question_of(item.card.question, bank), item.reason) for item in items), now)


def question_of(stored: Mapping[str, Any], bank: Bank) -> PracticeQuestion:
    """The question of a card: as the bank has it today, else as it was stored."""
    return bank.get(stored["id"]) or PracticeQuestion.from_dict(stored)


@dataclass(frozen=True)
class RoundStore:
    """Keeps the round under way among the preferences of the learner database, and one unfinished round that another was begun over."""

    database: Database
    bank: Bank = field(repr=False)

    def load(self, slot: str = PREFERENCE) -> Round | None:
        """The stored round; None when there is none or it cannot be read. Raises StorageError."""
        try:
            return _from_dict(json.loads(self.database.preference(slot) or "null"), self.bank)
        except (ValueError, KeyError, TypeError):
            return None

    def save(self, round_: Round | None, slot: str = PREFERENCE) -> None:
        """Write the round; None forgets it. Raises StorageError."""
        data = _to_dict(round_, self.bank) if round_ else None
        self.database.set_preferences(**{slot: json.dumps(data)})

    def begin(self, round_: Round) -> None:
        """Write a round that begins or goes on; another one that is not finished is put aside. Raises StorageError."""
        before, aside = self.load(), self.load(ASIDE)
        if aside and aside.entries == round_.entries:
            self.save(None, ASIDE)
        if before and before.current and before.entries != round_.entries:
            self.save(before, ASIDE)
        self.save(round_)


def _to_dict(round_: Round, bank: Bank) -> dict[str, Any]:
    """Questions of the bank by id, the others whole."""
    return {
        "title": round_.title, "place": round_.place, "attempt": round_.attempt, "done": list(round_.done),
        "opened": round_.opened.isoformat(), "hunt": round_.hunt.to_dict() if round_.hunt else None,
        "entries": [
            {"reason": e.reason, "question": {"id": e.question.id} if e.question.id in bank else e.question.to_dict()}
            for e in round_.entries
        ],
    }


def _from_dict(data: Mapping[str, Any] | None, bank: Bank) -> Round | None:
    if data is None:
        return None
    entries = tuple(Entry(question_of(e["question"], bank), e["reason"]) for e in data["entries"])
    return Round(
        title=data["title"], entries=entries, opened=datetime.fromisoformat(data["opened"]), place=data["place"],
        attempt=data["attempt"], done=tuple(data["done"]), hunt=Hunt.from_dict(data["hunt"]) if data["hunt"] else None,
    )
