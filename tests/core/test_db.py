from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.db import UNDO_DAYS, Database, get_database, title_from
from core.errors import StorageError
from core.settings import Settings
from core.types import Answer, Source

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def an_answer() -> Answer:
    source = Source(1, "id", "knowledge/notes/a.md", "A", 5, "B > C", None, "quote", "a quote.")
    return Answer("q", "q?", "answered", 0.9, "text [1]", (source,), ("next?",), "extractive", {"total": 1.5}, trace=({"hits": []},))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return get_database(Settings(data_dir=tmp_path))


def test_an_answer_survives_a_reload_with_identical_citations(tmp_path: Path) -> None:
    database = get_database(Settings(data_dir=tmp_path))
    id_ = database.create_conversation("What is HNSW?", NOW)
    database.add_message(id_, "user", "What is HNSW?", NOW)
    database.add_message(id_, "assistant", "text [1]", NOW, an_answer())
    messages = get_database(Settings(data_dir=tmp_path)).messages(id_)
    assert [m.role for m in messages] == ["user", "assistant"]
    assert messages[1].answer == an_answer()


def test_conversations_are_listed_searched_and_renamed(database: Database) -> None:
    first = database.create_conversation("What is HNSW?", NOW)
    second = database.create_conversation("100% sure?", NOW + timedelta(minutes=1))
    database.add_message(first, "user", "tell me about graphs", NOW)
    assert [c.id for c in database.conversations()] == [second, first]
    assert [c.id for c in database.conversations("GRAPHS")] == [first]
    assert [c.id for c in database.conversations("0%")] == [second]
    database.rename_conversation(first, "  Graphs ")
    database.rename_conversation(second, "   ")
    assert {c.title for c in database.conversations()} == {"Graphs", "100% sure?"}


def test_a_deletion_can_be_undone_until_it_is_purged(database: Database) -> None:
    first = database.create_conversation("one", NOW)
    database.add_message(first, "user", "one", NOW)
    database.delete_conversation(first, NOW)
    assert database.conversations() == []
    assert database.conversation(first) is None
    database.restore_conversation(first)
    assert len(database.conversations()) == 1
    database.delete_conversation(first, NOW)
    other = database.create_conversation("two", NOW)
    database.delete_conversation(other, NOW + timedelta(days=UNDO_DAYS, hours=1))
    database.restore_conversation(first)
    assert database.conversations() == []
    assert database.messages(first) == []


def test_truncate_removes_a_message_and_what_follows(database: Database) -> None:
    id_ = database.create_conversation("one", NOW)
    ids = [database.add_message(id_, "user", str(n), NOW) for n in range(4)]
    database.truncate(id_, ids[2])
    assert [m.content for m in database.messages(id_)] == ["0", "1"]
    database.add_message(id_, "user", "new", NOW)
    assert [m.content for m in database.messages(id_)] == ["0", "1", "new"]


def test_feedback_and_preferences_are_kept(database: Database) -> None:
    id_ = database.create_conversation("one", NOW)
    message = database.add_message(id_, "assistant", "x", NOW)
    database.set_feedback(message, "down", "too long")
    stored = database.messages(id_)[0]
    assert (stored.feedback, stored.feedback_reason) == ("down", "too long")
    database.set_preferences(provider="ollama", model="m")
    database.set_preferences(model="n")
    assert (database.preference("provider"), database.preference("model"), database.preference("nothing")) == ("ollama", "n", "")


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be"):
        get_database(Settings(data_dir=tmp_path / "file" / "data"))


def test_a_damaged_database_is_explained(tmp_path: Path) -> None:
    (tmp_path / "groundwork.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError) as caught:
        get_database(Settings(data_dir=tmp_path))
    assert caught.value.help


def test_titles_are_cut_at_a_word() -> None:
    assert title_from("  What is\nHNSW? ") == "What is HNSW?"
    long = title_from("word " * 40)
    assert long.endswith("word…")
    assert len(long) <= 61
