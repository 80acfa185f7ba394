import contextlib
import io
import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.content import KeyPoint, Misconception, load_questions
from core.errors import DocumentError
from core.learner import get_learner
from core.records import Card
from core.settings import Settings
from practice import anki
from practice.anki import export_apkg, import_apkg, read_notes, to_text
from practice.schedule import new_card, review
from practice.types import PracticeQuestion, from_bank

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TITLES = {5: "Vector DB", 2: "RAG"}
SCHEMA = """CREATE TABLE col (models text); CREATE TABLE notes (id integer, guid text, mid integer, tags text, flds text);"""


def a_question(**changes: object) -> PracticeQuestion:
    question = PracticeQuestion(
        "05-hnsw", "bank", "open", 5, "Indexing", "expert", "concept", "Is a < b & $x^2 < y$?\nSay <why>; it costs $5 or $6.", "yes",
        "yes, \x1f because", (KeyPoint(text="a {{c1::b}}", weight=2, required=True),),
        (Misconception(wrong="„no“", correction="🦔"),),
    )
    return replace(question, **changes)


def a_card(**changes: object) -> Card:
    return new_card(a_question(**changes), NOW)


def rows(package: bytes, query: str) -> list[tuple]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive, closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(archive.read("collection.anki2"))
        return connection.execute(query).fetchall()


def a_package(notes: list[tuple[str, int, str]], models: dict, name: str = "collection.anki21") -> bytes:
    """A package as Anki writes it: (guid, model, fields)."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO col VALUES (?)", (json.dumps(models),))
        connection.executemany("INSERT INTO notes VALUES (?, ?, ?, ' a b ', ?)", [(n, *note) for n, note in enumerate(notes)])
        connection.commit()
        data = connection.serialize()
    return a_zip({name: data})


def a_zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


BASIC = {"7": {"flds": [{"name": "Back", "ord": 1}, {"name": "Front", "ord": 0}]}}


def test_questions_come_back_unchanged() -> None:
    cards = [a_card(), a_card(id="g-1", origin="generated", topic=None, format="multiple_choice", options=("a", "b"), correct=1)]
    assert import_apkg(export_apkg(cards, TITLES, NOW), NOW) == cards


def test_the_whole_bank_comes_back_unchanged() -> None:
    cards = sorted((new_card(from_bank(question), NOW) for question in load_questions()), key=lambda card: card.id)
    assert import_apkg(export_apkg(cards, {}, NOW), NOW) == cards


def test_a_later_export_has_the_same_ids_so_that_anki_knows_its_notes() -> None:
    """Anki matches notes by guid and note type, and takes the fields of the later `mod`."""
    query = "SELECT guid, mid FROM notes ORDER BY guid"
    first = export_apkg([a_card(), a_card(id="b")], TITLES, NOW)
    changed = a_card(question="Another wording?", short_answer="no")
    second = export_apkg([a_card(id="c"), changed, a_card(id="b")], TITLES, NOW + timedelta(days=30))
    assert set(rows(first, query)) < set(rows(second, query))
    assert len(set(rows(second, query))) == 3
    assert rows(first, "SELECT DISTINCT mod FROM notes") == [(NOW.timestamp(),)]
    assert rows(second, "SELECT DISTINCT mod FROM notes") == [((NOW + timedelta(days=30)).timestamp(),)]
    assert rows(first, "SELECT DISTINCT did FROM cards") == rows(second, "SELECT DISTINCT did FROM cards")


def test_a_reviewed_card_is_the_same_note_and_starts_anew_in_anki() -> None:
    reviewed, _ = review(a_card(), "good", NOW)
    assert rows(export_apkg([reviewed], TITLES, NOW), "SELECT guid FROM notes") == rows(export_apkg([a_card()], TITLES, NOW), "SELECT guid FROM notes")
    assert rows(export_apkg([reviewed], TITLES, NOW), "SELECT type, ivl, reps FROM cards") == [(0, 0, 0)]


def test_equal_cards_give_equal_bytes_and_leave_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cards = [a_card(), a_card(id="b")]
    assert export_apkg(cards, TITLES, NOW) == export_apkg(reversed(cards), TITLES, NOW)
    assert list(tmp_path.iterdir()) == []


def test_topics_are_subdecks_and_suspended_cards_stay_suspended() -> None:
    cards = [a_card(), replace(a_card(id="b", topic=2), suspended=True), a_card(id="c", topic=None)]
    package = export_apkg(cards, TITLES, NOW)
    decks = {deck["name"] for deck in json.loads(rows(package, "SELECT decks FROM col")[0][0]).values()}
    assert decks == {"Default", "Groundwork::02 RAG", "Groundwork::05 Vector DB", "Groundwork::Other"}
    assert sorted(rows(package, "SELECT queue FROM cards")) == [(-1,), (0,), (0,)]
    assert import_apkg(export_apkg([], TITLES, NOW), NOW) == []


def test_text_is_escaped_and_formulas_are_in_ankis_form() -> None:
    question = read_notes(export_apkg([a_card()], TITLES, NOW))[0].fields["Question"]
    assert question == r"Is a &lt; b &amp; \(x^2 &lt; y\)?<br>Say &lt;why&gt;; it costs $5 or $6."


def test_importing_twice_adds_nothing_and_keeps_the_schedule(tmp_path: Path) -> None:
    learner = get_learner(Settings(data_dir=tmp_path))
    package = export_apkg([a_card(), a_card(id="b")], TITLES, NOW)
    assert learner.add_cards(import_apkg(package, NOW)) == 2
    reviewed, log = review(learner.card("b"), "good", NOW)
    learner.save_review(reviewed, log)
    assert learner.add_cards(import_apkg(package, NOW + timedelta(days=1))) == 0
    assert learner.card("b") == reviewed


@pytest.mark.parametrize("name", ["collection.anki21", "collection.anki2"])
def test_notes_of_others_become_questions_in_both_formats(name: str) -> None:
    notes = [
        ("g1", 7, "What is <b>RAG</b>?&nbsp;\x1f<div>Retrieval</div><ul><li>augmented</li></ul>[sound:a.mp3]<style>x</style> \\(x\\)"),
        ("g2", 7, "A {{c1::dense}} index of {{c2::vectors::objects}}.\x1f"), ("g3", 7, "no answer\x1f "), ("g4", 7, "<img src=x>\x1fno question"),
    ]
    cards = import_apkg(a_package(notes, BASIC, name), NOW)
    questions = [PracticeQuestion.from_dict(card.question) for card in cards]
    assert [(q.question, q.short_answer) for q in questions] == [
        ("What is RAG?", "Retrieval\naugmented\n$x$"), ("A [...] index of [objects].", "A dense index of vectors."),
    ]
    assert all(q.key_points and q.id.startswith("g-") and q.topic is None for q in questions)
    assert [card.id for card in cards] == [card.id for card in import_apkg(a_package(notes, BASIC, name), NOW + timedelta(days=1))]


def test_the_newer_of_two_collections_is_read() -> None:
    """Anki puts a note `please update` into the older one."""
    old, new = (a_package([(text, 7, f"{text}?\x1f{text}")], BASIC, name) for text, name in (("old", "collection.anki2"), ("new", "collection.anki21")))
    with zipfile.ZipFile(io.BytesIO(old)) as one, zipfile.ZipFile(io.BytesIO(new)) as two:
        both = a_zip({"collection.anki2": one.read("collection.anki2"), "collection.anki21": two.read("collection.anki21")})
    assert [note.guid for note in read_notes(both)] == ["new"]


def test_a_forged_question_of_ours_is_read_as_plain_text() -> None:
    models = {"7": {"flds": [{"name": name, "ord": n} for n, name in enumerate(anki.FIELDS)]}}
    for data in ("{}", "no json", '{"id": 3}', "[" * 50_000):
        cards = import_apkg(a_package([("g", 7, "\x1f".join(["Q?", "A", "", "", "", "id", data]))], models), NOW)
        assert [(card.question["question"], card.question["short_answer"]) for card in cards] == [("Q?", "A")]


def test_the_compressed_format_is_refused_with_the_way_out() -> None:
    with pytest.raises(DocumentError, match="newer compressed format") as caught:
        import_apkg(a_zip({"collection.anki21b": b"\x28\xb5\x2f\xfd", "collection.anki2": b""}), NOW)
    assert "Support older Anki versions" in caught.value.help


GOOD = export_apkg([a_card()], TITLES, NOW)


@pytest.mark.parametrize("data", [
    b"", b"not a zip", a_zip({}), a_zip({"media": b"{}"}), a_zip({"collection.anki2": b""}), a_zip({"collection.anki2": b"x" * 5000}),
    GOOD[: len(GOOD) // 2], GOOD[:-30], a_package([("g", 7, "a\x1fb")], {"seven": {}}), a_package([("g", 7, "a\x1fb")], {"7": {}}),
    a_package([("g", 7, "a\x1fb")], []), a_package([("g", 7, "a\x1fb")], {"7": {"flds": [3]}}), a_package([("g", 7, None)], BASIC),
])
def test_a_broken_file_is_explained(data: bytes) -> None:
    with pytest.raises(DocumentError, match="Anki") as caught:
        import_apkg(data, NOW)
    assert caught.value.help


def test_a_flipped_byte_is_explained_or_harmless() -> None:
    for place in range(0, len(GOOD), 37):
        data = bytearray(GOOD)
        data[place] ^= 0xFF
        with contextlib.suppress(DocumentError):
            import_apkg(bytes(data), NOW)


def test_a_deck_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anki, "MAX_BYTES", 1000)
    with pytest.raises(DocumentError, match="too large"):
        import_apkg(GOOD, NOW)


def test_html_becomes_lines_of_text() -> None:
    assert to_text("a<br>b<p>c</p><script>bad()</script>&lt;d&gt; &amp; e") == "a\nb\nc\n<d> & e"
