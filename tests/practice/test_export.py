import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.archive import TABLES
from core.content import Misconception, load_questions
from core.db import Base
from core.errors import DocumentError, StorageError
from core.learner import Learner, get_learner
from core.records import Attempt, Interview, Plan
from core.settings import Settings
from core.types import Answer, Source
from practice.export import export_json, export_markdown, import_json
from practice.schedule import Scheduler, key_point_card, new_card
from practice.types import Criterion, FoundMisconception, Grade, from_bank

NOW = datetime(2026, 11, 23, 12, 0, 0, 987654, tzinfo=UTC)
DAY = timedelta(days=1)


def a_learner(folder: Path) -> Learner:
    return get_learner(Settings(data_dir=folder))


@pytest.fixture
def full(tmp_path: Path) -> Learner:
    """A learner who has used everything, with text that is hard to carry."""
    learner = a_learner(tmp_path / "full")
    question = replace(from_bank(load_questions()[0]), misconceptions=(Misconception(wrong="„Ümläut“ & <b>", correction="\u2028 $x^2$ 🦔"),))
    card = new_card(question, NOW)
    learner.add_cards([card, key_point_card(question, question.key_points[0].text, NOW), new_card(from_bank(load_questions()[1]), NOW)])
    learner.save_review(*Scheduler().review(card, "good", NOW, 12.25))
    criterion = Criterion(question.key_points[0].text, 2, True, "missed", notes_anchor="01#x", confidence=1 / 3)
    grade = Grade(question.id, 0.1 + 0.2, (criterion,), (FoundMisconception("w", "c", "q"),), "again")
    attempt = Attempt(question.id, question.question, question.topic, question.subtopic, "line\n\ttab \x00 \\ \"", NOW, 1, grade.to_dict(), "again")
    learner.add_attempt(attempt)
    learner.flag_question(question.id, "two answers fit", NOW)
    learner.appeal_verdict(attempt, "I said that", NOW, "ef")
    learner.save_interview(Interview("i1", "paused", {"turns": [], "seconds": 3.5, "none": None}, NOW, NOW))
    learner.record_uncovered("Who won in 2026?", NOW)
    learner.set_plan(Plan(date(2026, 12, 24), 12, 2, "Asia/Kolkata"))
    source = Source(1, "id", "knowledge/notes/a.md", "A", 5, "B > C", None, "quote", "a quote.")
    answer = Answer("q", "q?", "answered", 0.9, "text [1]", (source,), ("next?",), "extractive", {"total": 1.5}, trace=({"hits": []},))
    database = learner.database
    kept, deleted = (database.create_conversation(text, NOW, 5) for text in ("kept", "deleted"))
    database.add_message(kept, "user", "What?", NOW)
    database.set_feedback(database.add_message(kept, "assistant", "text [1]", NOW, answer), "down", "too long")
    database.add_message(deleted, "user", "gone", NOW)
    database.delete_conversation(deleted, NOW)
    return learner


def counts(learner: Learner) -> dict[str, int]:
    return {name: len(rows) for name, rows in json.loads(export_json(learner))["tables"].items()}


def test_export_import_export_is_byte_identical(full: Learner, tmp_path: Path) -> None:
    exported = export_json(full)
    empty = a_learner(tmp_path / "empty")
    added = import_json(empty, exported)
    assert export_json(empty) == exported
    assert added == counts(full)
    assert min(added.values()) > 0
    assert empty.cards() == full.cards()
    assert empty.attempts() == full.attempts()
    assert empty.plan() == full.plan()
    conversation = empty.database.conversations()[0].id
    assert empty.database.messages(conversation) == full.database.messages(conversation)


def test_importing_twice_or_at_home_adds_nothing(full: Learner, tmp_path: Path) -> None:
    exported = export_json(full)
    other = a_learner(tmp_path / "other")
    import_json(other, exported)
    for learner in (other, full):
        assert set(import_json(learner, exported).values()) == {0}
        assert export_json(learner) == exported


def test_the_later_state_of_a_card_wins_in_both_directions(full: Learner, tmp_path: Path) -> None:
    before = export_json(full)
    reviewed = next(card for card in full.cards() if card.state)
    card, log = Scheduler().review(reviewed, "easy", NOW + 3 * DAY)
    full.save_review(card, log)
    other = a_learner(tmp_path / "other")
    import_json(other, before)
    added = import_json(other, export_json(full))
    assert (added["cards"], added["review_logs"]) == (1, 1)
    assert set(import_json(other, before).values()) == {0}
    assert other.card(card.id) == card
    assert export_json(other) == export_json(full)


def test_a_rating_given_after_the_first_import_arrives_with_the_next(full: Learner, tmp_path: Path) -> None:
    attempt = full.add_attempt(Attempt("x", "X?", None, "", "mine", NOW))
    other = a_learner(tmp_path / "other")
    import_json(other, export_json(full))
    full.update_attempt(attempt, rating="good")
    assert import_json(other, export_json(full))["attempts"] == 1
    assert export_json(other) == export_json(full)


def test_a_review_survives_a_new_plan_on_another_machine(full: Learner, tmp_path: Path) -> None:
    other = a_learner(tmp_path / "other")
    import_json(other, export_json(full))
    card, log = Scheduler().review(next(card for card in full.cards() if card.state), "easy", NOW + DAY)
    full.save_review(card, log)
    moved = Scheduler(NOW + timedelta(hours=60)).replan(other.cards(), NOW + 2 * DAY)
    assert moved
    other.save_cards(moved)
    import_json(other, export_json(full))
    assert other.card(card.id).state == card.state


def test_every_table_is_part_of_an_export() -> None:
    assert set(TABLES) == set(Base.metadata.tables)


def test_an_import_into_a_used_database_keeps_what_is_there(full: Learner, tmp_path: Path) -> None:
    other = a_learner(tmp_path / "other")
    other.set_plan(Plan(daily_cap=7))
    mine = other.add_attempt(Attempt("x", "X?", None, "", "mine", NOW))
    import_json(other, export_json(full))
    assert other.plan().daily_cap == 7
    assert mine in {attempt.id for attempt in other.attempts()}
    assert len(other.attempts()) == 2


def test_an_empty_learner_can_be_exported_too(tmp_path: Path) -> None:
    exported = export_json(a_learner(tmp_path / "a"))
    b = a_learner(tmp_path / "b")
    import_json(b, exported)
    assert export_json(b) == exported


def change(path: str, value: Any) -> Callable[[dict], None]:
    """Set `table.column` of the first row, or remove it when value is `...`."""
    table, column = path.split(".")

    def apply(data: dict) -> None:
        row = next(row for row in data["tables"][table] if row[column] is not None)
        if value is ...:
            del row[column]
        else:
            row[column] = value

    return apply


BROKEN: dict[str, Callable[[dict], Any]] = {
    "another format": lambda data: data.update(format="anki"),
    "a later version": lambda data: data.update(version=2),
    "no tables": lambda data: data.update(tables=[]),
    "a table missing": lambda data: data["tables"].pop("flags"),
    "a table too many": lambda data: data["tables"].update(users=[]),
    "a row that is no row": lambda data: data["tables"]["preferences"].append(3),
    "a row twice": lambda data: data["tables"]["flags"].append(data["tables"]["flags"][0]),
    "a column missing": change("preferences.value", ...),
    "nothing where something must be": change("preferences.value", None),
    "a number where text must be": change("preferences.value", 3),
    "true where a number must be": change("uncovered.times", True),
    "a number too large": change("uncovered.times", 10**30),
    "text that is not Unicode": change("preferences.value", "\ud800"),
    "a date that is none": change("flags.created_at", "yesterday"),
    "a date without a zone": change("flags.created_at", "2026-11-23T12:00:00"),
    "a date before all dates": change("flags.created_at", "0001-01-01T00:00:00+14:00"),
    "a review of no card": change("review_logs.card_id", "nowhere"),
    "a message of no conversation": change("messages.conversation_id", "nowhere"),
    "an unknown rating": change("review_logs.rating", "perfect"),
    "a negative duration": change("review_logs.duration_seconds", -1.0),
    "a certainty above 1": change("attempts.sure", 1.5),
    "a grade without criteria": change("attempts.grade", {"score": 1}),
    "a card without its question": change("cards.question", {}),
    "a state that is none": change("cards.state", {"stability": 1}),
    "an unknown status": change("interviews.status", "lost"),
    "an answer that is none": change("messages.answer", "{}"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_imports_nothing_and_says_why(name: str, full: Learner, tmp_path: Path) -> None:
    data = json.loads(export_json(full))
    BROKEN[name](data)
    empty = a_learner(tmp_path / "empty")
    nothing = export_json(empty)
    with pytest.raises(DocumentError) as caught:
        import_json(empty, json.dumps(data).encode())
    assert "Nothing was imported." in caught.value.explain()
    assert export_json(empty) == nothing


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"null", b"[]", b"{}", b'{"format": "groundwork-learner", "version": 1}', b"[" * 100_000,
                                  b'{"format": NaN}'])
def test_what_is_no_export_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"^The (file|export)"):
        import_json(a_learner(tmp_path), data)


def test_every_cut_of_a_file_is_refused(full: Learner, tmp_path: Path) -> None:
    exported = export_json(full)
    empty = a_learner(tmp_path / "empty")
    for length in range(0, len(exported) - 2, 997):
        with pytest.raises(DocumentError):
            import_json(empty, exported[:length])
    assert sum(counts(empty).values()) == 0


def test_a_failure_while_writing_leaves_nothing(full: Learner, tmp_path: Path) -> None:
    exported = export_json(full)
    empty = a_learner(tmp_path / "empty")
    with empty.database.session() as session:
        session.connection().exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON uncovered BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(StorageError, match="disk full"):
        import_json(empty, exported)
    assert sum(counts(empty).values()) == 0


def test_markdown_holds_cards_answers_and_how_they_stand(full: Learner) -> None:
    question = load_questions()[0]
    text = export_markdown(full, {question.topic: "Basics"})
    assert text.startswith("# Groundwork: my cards\n\n## Basics\n")
    assert f"### {question.question}\n" in text
    assert question.answer_2min in text
    assert f"- {question.key_points[0].text}" in text
    assert "due 2026-11-25, 1 attempts, last score 30%" in text
    assert "- Who won in 2026? (asked 1 time)" in text
    assert "appeal" in text


def test_markdown_of_nothing_is_a_title(tmp_path: Path) -> None:
    assert export_markdown(a_learner(tmp_path), {}) == "# Groundwork: my cards\n"
