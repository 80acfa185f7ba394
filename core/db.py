"""Learner state: conversations, their messages and preferences, through SQLAlchemy (SQLite by default)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Engine, ForeignKey, Text, create_engine, delete, event, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from core.errors import StorageError
from core.settings import Settings
from core.types import Answer

TITLE_CHARACTERS = 60
UNDO_DAYS = 7  # a deleted conversation can be restored for this long


class Base(DeclarativeBase):
    """Declarative base of all tables."""


class ConversationRow(Base):
    """A conversation; `deleted_at` marks one that can still be restored."""

    __tablename__ = "conversations"
    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text, default="")
    topic: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    deleted_at: Mapped[datetime | None]


class MessageRow(Base):
    """A message. `answer` holds the whole `Answer` as JSON, so that citations are identical after a reload."""

    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    place: Mapped[int]
    role: Mapped[str]
    content: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    feedback: Mapped[str | None]
    feedback_reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class PreferenceRow(Base):
    """A choice of the learner that outlives the process. Never a key or a password."""

    __tablename__ = "preferences"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True)
class Conversation:
    """A conversation as shown in lists."""

    id: str
    title: str
    topic: int | None
    updated_at: datetime


@dataclass(frozen=True)
class Message:
    """A stored message; `answer` is set on complete assistant turns and None on stopped ones and the user's."""

    id: str
    role: Literal["user", "assistant"]
    content: str
    answer: Answer | None
    feedback: str | None = None
    feedback_reason: str | None = None


class Database:
    """Conversations and preferences. Every method raises StorageError when the database cannot be read or written."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.create_tables()

    def create_tables(self) -> None:
        """Create the tables that do not exist yet."""
        with self.session():
            Base.metadata.create_all(self._engine)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any error. Raises StorageError."""
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except (SQLAlchemyError, json.JSONDecodeError) as error:
            cause = getattr(error, "orig", None) or error
            raise StorageError(f"The learner database cannot be used ({cause}).") from error

    # conversations

    def create_conversation(self, first_question: str, now: datetime, topic: int | None = None) -> str:
        """Start a conversation titled after its first question. Returns its id."""
        with self.session() as session:
            row = ConversationRow(
                id=uuid4().hex, title=title_from(first_question), topic=topic, created_at=_naive(now), updated_at=_naive(now)
            )
            session.add(row)
            return row.id

    def conversations(self, search: str = "", limit: int = 200) -> list[Conversation]:
        """Conversations, the last used first; `search` looks in titles and messages."""
        query = select(ConversationRow).where(ConversationRow.deleted_at.is_(None))
        if search.strip():
            pattern = f"%{_escape_like(search.strip())}%"
            inside = select(MessageRow.conversation_id).where(MessageRow.content.ilike(pattern, escape="\\"))
            query = query.where(or_(ConversationRow.title.ilike(pattern, escape="\\"), ConversationRow.id.in_(inside)))
        with self.session() as session:
            rows = session.scalars(query.order_by(ConversationRow.updated_at.desc()).limit(limit))
            return [Conversation(r.id, r.title, r.topic, _aware(r.updated_at)) for r in rows]

    def conversation(self, conversation_id: str) -> Conversation | None:
        """One conversation, or None when it does not exist or is deleted."""
        with self.session() as session:
            r = session.get(ConversationRow, conversation_id)
            return Conversation(r.id, r.title, r.topic, _aware(r.updated_at)) if r and r.deleted_at is None else None

    def rename_conversation(self, conversation_id: str, title: str) -> None:
        """Give a conversation another title; an empty one is ignored."""
        with self.session() as session:
            row = session.get(ConversationRow, conversation_id)
            if row and title.strip():
                row.title = title.strip()

    def delete_conversation(self, conversation_id: str, now: datetime) -> None:
        """Hide a conversation; `restore_conversation` brings it back within UNDO_DAYS, after which it is purged."""
        with self.session() as session:
            if row := session.get(ConversationRow, conversation_id):
                row.deleted_at = _naive(now)
            expired = ConversationRow.deleted_at < _naive(now - timedelta(days=UNDO_DAYS))
            session.execute(delete(MessageRow).where(
                MessageRow.conversation_id.in_(select(ConversationRow.id).where(expired))
            ))
            session.execute(delete(ConversationRow).where(expired))

    def restore_conversation(self, conversation_id: str) -> None:
        """Undo a deletion."""
        with self.session() as session:
            if row := session.get(ConversationRow, conversation_id):
                row.deleted_at = None

    # messages

    def add_message(self, conversation_id: str, role: Literal["user", "assistant"], content: str, now: datetime,
                    answer: Answer | None = None) -> str:
        """Append a message. Returns its id."""
        with self.session() as session:
            place = session.scalar(
                select(func.coalesce(func.max(MessageRow.place), -1) + 1)
                .where(MessageRow.conversation_id == conversation_id)
            )
            row = MessageRow(
                id=uuid4().hex, conversation_id=conversation_id, place=place, role=role, content=content,
                answer=json.dumps(answer.to_dict()) if answer else None, created_at=_naive(now),
            )
            session.add(row)
            if conversation := session.get(ConversationRow, conversation_id):
                conversation.updated_at = _naive(now)
            return row.id

    def messages(self, conversation_id: str) -> list[Message]:
        """The messages of a conversation in order."""
        with self.session() as session:
            rows = session.scalars(
                select(MessageRow).where(MessageRow.conversation_id == conversation_id).order_by(MessageRow.place)
            )
            return [_to_message(row) for row in rows]

    def truncate(self, conversation_id: str, message_id: str) -> None:
        """Remove a message and everything after it (regenerate, edit and resend)."""
        with self.session() as session:
            row = session.get(MessageRow, message_id)
            if row and row.conversation_id == conversation_id:
                session.execute(delete(MessageRow).where(
                    MessageRow.conversation_id == conversation_id, MessageRow.place >= row.place
                ))

    def set_feedback(self, message_id: str, feedback: Literal["up", "down"] | None, reason: str = "") -> None:
        """Keep a thumb and its reason."""
        with self.session() as session:
            if row := session.get(MessageRow, message_id):
                row.feedback, row.feedback_reason = feedback, reason or None

    # preferences

    def preference(self, name: str, default: str = "") -> str:
        """A stored preference."""
        with self.session() as session:
            row = session.get(PreferenceRow, name)
            return row.value if row else default

    def set_preferences(self, **values: str) -> None:
        """Store preferences. Keys and passwords do not belong here."""
        with self.session() as session:
            for name, value in values.items():
                session.merge(PreferenceRow(name=name, value=value))


def get_database(settings: Settings) -> Database:
    """Open the learner database, creating it on first use. Raises StorageError."""
    if settings.database_url is None:
        try:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"The data folder {settings.data_dir} cannot be written: {error.strerror}.") from error
    engine = create_engine(settings.sqlalchemy_url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return Database(engine)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def title_from(question: str) -> str:
    """A conversation's title: its first question, cut at a word."""
    text = " ".join(question.split())
    if len(text) <= TITLE_CHARACTERS:
        return text
    return text[:TITLE_CHARACTERS].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _to_message(row: MessageRow) -> Message:
    return Message(
        id=row.id, role="user" if row.role == "user" else "assistant", content=row.content,
        answer=Answer.from_dict(json.loads(row.answer)) if row.answer else None,
        feedback=row.feedback, feedback_reason=row.feedback_reason,
    )


def _escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _naive(moment: datetime) -> datetime:
    """UTC without a zone, as SQLite stores it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
