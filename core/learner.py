"""The learner: cards, reviews, attempts, flags, interviews, uncovered questions and the plan, kept in the learner database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from core.db import Base, Database, get_database
from core.records import (
    Attempt,
    AttemptRow,
    Card,
    CardRow,
    Flag,
    FlagRow,
    Interview,
    InterviewRow,
    InterviewStatus,
    Plan,
    ReviewLog,
    ReviewLogRow,
    Uncovered,
    UncoveredRow,
)
from core.settings import Settings

T = TypeVar("T")


class Learner:
    """Everything a learner has done. Each call is one transaction; StorageError when it cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self.database = database
        database.create_tables()

    # cards

    def add_cards(self, cards: Iterable[Card]) -> int:
        """Keep cards that are not there yet; the others keep their schedule. Returns how many were added."""
        with self.database.session() as session:
            return _add_new(session, cards)

    def card(self, card_id: str) -> Card | None:
        """One card, or None."""
        with self.database.session() as session:
            row = session.get(CardRow, card_id)
            return _record(Card, row) if row else None

    def cards(self) -> list[Card]:
        """All cards, suspended ones too, in the order they were added."""
        with self.database.session() as session:
            return [_record(Card, row) for row in session.scalars(select(CardRow).order_by(CardRow.created_at, CardRow.id))]

    def save_cards(self, cards: Iterable[Card]) -> None:
        """Write cards as they are, e.g. after a new plan moved their due dates."""
        with self.database.session() as session:
            for card in cards:
                session.merge(CardRow(**_values(card)))

    def save_rating(self, attempt_id: str, card: Card, log: ReviewLog, missed: Iterable[Card] = ()) -> None:
        """Write a rated attempt: its rating, the reviewed card, its log and the cards of missed points; all of it or nothing."""
        with self.database.session() as session:
            if row := session.get(AttemptRow, attempt_id):
                row.rating = log.rating
            _write_review(session, card, log)
            _add_new(session, missed)

    def save_review(self, card: Card, log: ReviewLog) -> None:
        """Write a reviewed card (added if it was not there) and its log, both or neither."""
        with self.database.session() as session:
            _write_review(session, card, log)

    def suspend_card(self, card_id: str, now: datetime, suspended: bool = True) -> None:
        """Take a card out of the sessions, or back in."""
        with self.database.session() as session:
            if row := session.get(CardRow, card_id):
                row.suspended, row.updated_at = suspended, now

    def review_logs(self, card_id: str | None = None, since: datetime | None = None) -> list[ReviewLog]:
        """Reviews in order of time, of one card or of all."""
        query = select(ReviewLogRow).order_by(ReviewLogRow.reviewed_at, ReviewLogRow.id)
        if card_id is not None:
            query = query.where(ReviewLogRow.card_id == card_id)
        if since is not None:
            query = query.where(ReviewLogRow.reviewed_at >= since)
        with self.database.session() as session:
            return [_record(ReviewLog, row) for row in session.scalars(query)]

    # attempts

    def add_attempt(self, attempt: Attempt) -> str:
        """Keep a response. Returns its id. Raises ValueError when `sure` is not in [0, 1]."""
        if attempt.sure is not None and not 0 <= attempt.sure <= 1:
            raise ValueError(f"sure must be in [0, 1], not {attempt.sure}")
        with self.database.session() as session:
            session.add(AttemptRow(**_values(attempt)))
        return attempt.id

    def update_attempt(self, attempt_id: str, *, grade: dict[str, Any] | None = None, rating: str | None = None) -> None:
        """Write the grade or the rating that came after the response; None leaves what is there."""
        with self.database.session() as session:
            if row := session.get(AttemptRow, attempt_id):
                row.grade = grade if grade is not None else row.grade
                row.rating = rating if rating is not None else row.rating

    def attempts(self, question_id: str | None = None, parent_id: str | None = None) -> list[Attempt]:
        """Responses in order of time: all, those to one question, or those of one interview."""
        query = select(AttemptRow).order_by(AttemptRow.created_at, AttemptRow.id)
        if question_id is not None:
            query = query.where(AttemptRow.question_id == question_id)
        if parent_id is not None:
            query = query.where(AttemptRow.parent_id == parent_id)
        with self.database.session() as session:
            return [_record(Attempt, row) for row in session.scalars(query)]

    # flags and appeals

    def flag_question(self, question_id: str, text: str, now: datetime) -> str:
        """Keep "there is something wrong with this question". Returns the flag's id."""
        return self._add_flag(Flag("flag", question_id, text, now))

    def appeal_verdict(self, attempt: Attempt, text: str, now: datetime, key_point: str = "") -> str:
        """Keep an appeal against a grade, or against the verdict on one key point. Returns its id."""
        return self._add_flag(Flag("appeal", attempt.question_id, text, now, attempt.id, key_point))

    def _add_flag(self, flag: Flag) -> str:
        with self.database.session() as session:
            session.add(FlagRow(**_values(flag)))
        return flag.id

    def flags(self, question_id: str | None = None) -> list[Flag]:
        """Flags and appeals in order of time."""
        query = select(FlagRow).order_by(FlagRow.created_at, FlagRow.id)
        if question_id is not None:
            query = query.where(FlagRow.question_id == question_id)
        with self.database.session() as session:
            return [_record(Flag, row) for row in session.scalars(query)]

    # interviews

    def save_interview(self, interview: Interview) -> None:
        """Write an interview, new or continued."""
        with self.database.session() as session:
            session.merge(InterviewRow(**_values(interview)))

    def interview(self, interview_id: str) -> Interview | None:
        """One interview, or None."""
        with self.database.session() as session:
            row = session.get(InterviewRow, interview_id)
            return _record(Interview, row) if row else None

    def interviews(self, *statuses: InterviewStatus) -> list[Interview]:
        """Interviews, the last touched first; with `statuses` only those."""
        query = select(InterviewRow).order_by(InterviewRow.updated_at.desc(), InterviewRow.id)
        if statuses:
            query = query.where(InterviewRow.status.in_(statuses))
        with self.database.session() as session:
            return [_record(Interview, row) for row in session.scalars(query)]

    # uncovered questions

    def record_uncovered(self, question: str, now: datetime, topic: int | None = None) -> None:
        """Count a question that the notes did not answer; other case, spacing or end marks make no other question."""
        id_ = uncovered_id(question)
        with self.database.session() as session:
            counted = update(UncoveredRow).where(UncoveredRow.id == id_).values(times=UncoveredRow.times + 1, updated_at=now)
            if not cast("CursorResult[Any]", session.execute(counted)).rowcount:
                text = " ".join(question.split())
                session.add(UncoveredRow(id=id_, question=text, topic=topic, times=1, created_at=now, updated_at=now))

    def uncovered(self) -> list[Uncovered]:
        """Uncovered questions, the most asked first."""
        query = select(UncoveredRow).order_by(UncoveredRow.times.desc(), UncoveredRow.updated_at.desc(), UncoveredRow.id)
        with self.database.session() as session:
            return [_record(Uncovered, row) for row in session.scalars(query)]

    def forget_uncovered(self, question: str) -> None:
        """Drop a question that the notes answer by now."""
        with self.database.session() as session:
            if row := session.get(UncoveredRow, uncovered_id(question)):
                session.delete(row)

    # plan

    def plan(self) -> Plan:
        """The learner's plan; what is missing or unreadable is the default."""
        default, stored = Plan(), self.database.preference
        return Plan(
            interview=_parse_date(stored("interview_date")),
            daily_cap=_parse_count(stored("daily_cap"), default.daily_cap),
            streak_minimum=_parse_count(stored("streak_minimum"), default.streak_minimum),
            time_zone=_parse_zone(stored("time_zone"), default.time_zone),
        )

    def set_plan(self, plan: Plan) -> None:
        """Keep a plan. Raises ValueError when a count is below 1 or the time zone unknown."""
        if plan.daily_cap < 1 or plan.streak_minimum < 1:
            raise ValueError("the daily cap and the streak's minimum must be at least 1")
        if not _parse_zone(plan.time_zone, ""):
            raise ValueError(f"unknown time zone: {plan.time_zone}")
        self.database.set_preferences(
            interview_date=plan.interview.isoformat() if plan.interview else "", daily_cap=str(plan.daily_cap),
            streak_minimum=str(plan.streak_minimum), time_zone=plan.time_zone,
        )


def _add_new(session: Session, cards: Iterable[Card]) -> int:
    known = set(session.scalars(select(CardRow.id)))
    new = {card.id: card for card in cards if card.id not in known}
    session.add_all(CardRow(**_values(card)) for card in new.values())
    return len(new)


def _write_review(session: Session, card: Card, log: ReviewLog) -> None:
    session.merge(CardRow(**_values(card)))
    session.flush()
    session.merge(ReviewLogRow(**_values(log)))


def get_learner(settings: Settings) -> Learner:
    """Open the learner in the learner database, creating it on first use. Raises StorageError."""
    return Learner(get_database(settings))


def uncovered_id(question: str) -> str:
    """The id of an uncovered question: a hash of its words."""
    words = " ".join(question.casefold().split()).rstrip("?!. ")
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _values(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _record(kind: type[T], row: Base) -> T:
    return kind(**{field.name: getattr(row, field.name) for field in fields(kind)})  # type: ignore[arg-type]


def _parse_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _parse_count(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else default


def _parse_zone(text: str, default: str) -> str:
    try:
        return ZoneInfo(text).key if text else default
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default
