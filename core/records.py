"""What a learner does, as rows and as plain records: cards, review logs, attempts, flags, interviews, uncovered questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from core.db import Base

CardOrigin = Literal["bank", "generated", "key_point"]
AttemptParent = Literal["practice", "interview"]
InterviewStatus = Literal["running", "paused", "finished", "abandoned"]
FlagKind = Literal["flag", "appeal"]


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored as UTC without a zone. A naive one is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return value.replace(tzinfo=UTC) if value else None


class CardRow(Base):
    """A question on its way into memory."""

    __tablename__ = "cards"
    id: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[str]
    topic: Mapped[int | None]
    subtopic: Mapped[str] = mapped_column(Text)
    question: Mapped[dict[str, Any]] = mapped_column(JSON)
    parent: Mapped[str | None]
    state: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    due: Mapped[datetime | None] = mapped_column(Moment, index=True)
    suspended: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class ReviewLogRow(Base):
    """One review of a card."""

    __tablename__ = "review_logs"
    id: Mapped[str] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"), index=True)
    rating: Mapped[str]
    reviewed_at: Mapped[datetime] = mapped_column(Moment, index=True)
    duration_seconds: Mapped[float | None]


class AttemptRow(Base):
    """One response of the learner, with the advice on it."""

    __tablename__ = "attempts"
    id: Mapped[str] = mapped_column(primary_key=True)
    question_id: Mapped[str] = mapped_column(index=True)
    question: Mapped[str] = mapped_column(Text)
    topic: Mapped[int | None]
    subtopic: Mapped[str] = mapped_column(Text)
    response: Mapped[str] = mapped_column(Text)
    sure: Mapped[float | None]
    grade: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    rating: Mapped[str | None]
    parent: Mapped[str]
    parent_id: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)


class FlagRow(Base):
    """A doubt of the learner about a question or a verdict."""

    __tablename__ = "flags"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    question_id: Mapped[str] = mapped_column(index=True)
    attempt_id: Mapped[str | None]
    key_point: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)


class InterviewRow(Base):
    """A mock interview; its state is enough to resume it."""

    __tablename__ = "interviews"
    id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(index=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class UncoveredRow(Base):
    """A question that the notes did not answer."""

    __tablename__ = "uncovered"
    id: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    topic: Mapped[int | None]
    times: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


def new_id() -> str:
    """A random id."""
    return uuid4().hex


@dataclass(frozen=True)
class Card:
    """A question and what is known about its place in memory.

    Attributes:
        id: the question's id.
        question: the whole question, JSON-ready.
        parent: for a missed key point, the id of the question it belongs to.
        state: the scheduler's state, JSON-ready; None as long as the card was never reviewed.
        due: when it should be asked again; None as long as it was never reviewed.
    """

    id: str
    origin: CardOrigin
    topic: int | None
    subtopic: str
    question: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    parent: str | None = None
    state: dict[str, Any] | None = None
    due: datetime | None = None
    suspended: bool = False


@dataclass(frozen=True)
class ReviewLog:
    """One review: the learner's rating (again, hard, good, easy), when, and how long it took."""

    card_id: str
    rating: str
    reviewed_at: datetime
    duration_seconds: float | None = None
    id: str = field(default_factory=new_id)


@dataclass(frozen=True)
class Attempt:
    """One response. `sure` in [0, 1] was said before the grade was shown; `parent_id` names the interview or the message."""

    question_id: str
    question: str
    topic: int | None
    subtopic: str
    response: str
    created_at: datetime
    sure: float | None = None
    grade: dict[str, Any] | None = None
    rating: str | None = None
    parent: AttemptParent = "practice"
    parent_id: str | None = None
    id: str = field(default_factory=new_id)


@dataclass(frozen=True)
class Flag:
    """A flag on a question, or an appeal against a verdict (then with the attempt and, if only one is meant, the key point)."""

    kind: FlagKind
    question_id: str
    text: str
    created_at: datetime
    attempt_id: str | None = None
    key_point: str = ""
    id: str = field(default_factory=new_id)


@dataclass(frozen=True)
class Interview:
    """A mock interview. `state` is JSON-ready and enough to resume."""

    id: str
    status: InterviewStatus
    state: dict[str, Any]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Uncovered:
    """A question asked in chat that the notes do not answer, how often and when first and last; `topic` is the nearest one."""

    id: str
    question: str
    topic: int | None
    times: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Plan:
    """What the learner set: interview day, cards a day, reviews that make a day count for the streak, and a time zone name."""

    interview: date | None = None
    daily_cap: int = 20
    streak_minimum: int = 1
    time_zone: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The learner's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def interview_at(self) -> datetime | None:
        """The start of the interview day, in UTC: what is to be known by then is reviewed the day before at the latest."""
        return datetime.combine(self.interview, time(), self.zone).astimezone(UTC) if self.interview else None
