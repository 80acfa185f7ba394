"""The state of a mock interview: plain data that turns into JSON and back, so that an interrupted interview resumes exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from practice.follow_ups import Hunt
from practice.hints import HINT_COST
from practice.roles import ROLES, Role
from practice.types import Grade, PracticeQuestion

LENGTHS_MINUTES = (15, 30, 45)
Status = Literal["running", "paused", "finished"]
Speaker = Literal["interviewer", "candidate"]
LineKind = Literal["question", "remark", "hint", "answer", "closing"]


@dataclass(frozen=True)
class Setup:
    """What the learner chose. No topics means "surprise me"; the seed decides what chance decides.

    Raises:
        ValueError: an unknown role, level or length.
    """

    role: str
    level: str
    minutes: int
    topics: tuple[int, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"unknown role {self.role!r}; known are {', '.join(ROLES)}")
        if self.level not in ("beginner", "intermediate", "advanced", "expert"):
            raise ValueError(f"unknown level {self.level!r}")
        if self.minutes not in LENGTHS_MINUTES:
            raise ValueError(f"an interview lasts {', '.join(map(str, LENGTHS_MINUTES))} minutes, not {self.minutes}")

    @property
    def mix(self) -> Role:
        """The role's mix of topics and kinds."""
        return ROLES[self.role]


@dataclass(frozen=True)
class Timer:
    """Counts down while it runs. `started` is when it last began to run; None while it is paused."""

    total_seconds: float
    used_seconds: float = 0.0
    started: datetime | None = None

    def remaining_seconds(self, now: datetime) -> float:
        """Seconds left at `now`, never below 0."""
        return max(0.0, self.total_seconds - self.elapsed_seconds(now))

    def elapsed_seconds(self, now: datetime) -> float:
        """Seconds used up at `now`; a clock that was set back takes nothing away."""
        running = (now - self.started).total_seconds() if self.started else 0.0
        return self.used_seconds + max(0.0, running)

    def pause(self, now: datetime) -> Timer:
        """Stop counting."""
        return replace(self, used_seconds=self.elapsed_seconds(now), started=None)

    def resume(self, now: datetime) -> Timer:
        """Count on; a running timer is left as it is."""
        return self if self.started else replace(self, started=now)


@dataclass(frozen=True)
class Line:
    """Something that was said. `at` is the time on the interview's clock, in seconds."""

    speaker: Speaker
    kind: LineKind
    text: str
    at: float


@dataclass(frozen=True)
class Exchange:
    """One question with all that was said about it; `grade` is None until it is answered, `hints` counts what was given.

    `move` tells why it was asked: opening, new, prerequisite, variant or deeper. `nudges` counts calm replies to no answer.
    """

    question: PracticeQuestion
    move: str
    lines: tuple[Line, ...] = ()
    response: str = ""
    grade: Grade | None = None
    hints: int = 0
    nudges: int = 0

    @property
    def score(self) -> float:
        """The grade's score less what the hints cost, in [0, 1]; 0 without a grade."""
        return max(0.0, self.grade.score - HINT_COST * self.hints) if self.grade else 0.0

    @property
    def said(self) -> tuple[str, ...]:
        """What the interviewer said here, in order."""
        return tuple(line.text for line in self.lines if line.speaker == "interviewer")


@dataclass(frozen=True)
class Interview:
    """A mock interview. Functions of `practice.interview` return new ones; `seen_at` is the moment of the last of them."""

    id: str
    setup: Setup
    timer: Timer
    started_at: datetime
    seen_at: datetime
    status: Status = "running"
    exchanges: tuple[Exchange, ...] = ()
    hunt: Hunt | None = None
    closing: str = ""

    @property
    def current(self) -> Exchange | None:
        """The question that waits for an answer; None before the first and after the end."""
        last = self.exchanges[-1] if self.exchanges else None
        return last if last and last.grade is None and self.status != "finished" else None

    @property
    def answered(self) -> tuple[Exchange, ...]:
        """The exchanges that have a grade, in order."""
        return tuple(e for e in self.exchanges if e.grade is not None)

    @property
    def said(self) -> tuple[str, ...]:
        """Everything the interviewer said so far, in order."""
        return (*(text for e in self.exchanges for text in e.said), *((self.closing,) if self.closing else ()))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy; `from_dict` is its inverse."""
        return {
            "id": self.id, "setup": asdict(self.setup), "status": self.status, "closing": self.closing,
            "timer": {**asdict(self.timer), "started": _written(self.timer.started)},
            "started_at": _written(self.started_at), "seen_at": _written(self.seen_at),
            "exchanges": [_exchange_to_dict(exchange) for exchange in self.exchanges],
            "hunt": self.hunt.to_dict() if self.hunt else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Interview:
        """Rebuild an interview from `to_dict`. Raises KeyError or ValueError when it is not one."""
        return cls(
            id=data["id"], setup=Setup(**{**data["setup"], "topics": tuple(data["setup"]["topics"])}), status=data["status"],
            timer=Timer(**{**data["timer"], "started": _read(data["timer"]["started"])}), closing=data["closing"],
            started_at=datetime.fromisoformat(data["started_at"]), seen_at=datetime.fromisoformat(data["seen_at"]),
            exchanges=tuple(_exchange_from_dict(e) for e in data["exchanges"]),
            hunt=Hunt.from_dict(data["hunt"]) if data["hunt"] else None,
        )


def add_lines(exchange: Exchange, lines: Sequence[Line]) -> Exchange:
    """The exchange with more said in it."""
    return replace(exchange, lines=(*exchange.lines, *lines))


def _exchange_to_dict(exchange: Exchange) -> dict[str, Any]:
    return {
        "question": exchange.question.to_dict(), "move": exchange.move, "lines": [asdict(line) for line in exchange.lines],
        "response": exchange.response, "grade": exchange.grade.to_dict() if exchange.grade else None,
        "hints": exchange.hints, "nudges": exchange.nudges,
    }


def _exchange_from_dict(data: Mapping[str, Any]) -> Exchange:
    return Exchange(
        question=PracticeQuestion.from_dict(data["question"]), move=data["move"], lines=tuple(Line(**x) for x in data["lines"]),
        response=data["response"], grade=Grade.from_dict(data["grade"]) if data["grade"] else None, hints=data["hints"],
        nudges=data["nudges"],
    )


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
