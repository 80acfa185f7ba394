"""Cards to and from Anki packages (`.apkg`).

Stable ids. Anki recognises a note by its guid: here a hash of the question's id, so the same question is the same note in every
export. The note type and the decks have ids of their own that never change. When a package is imported again, Anki takes a
note with a known guid for the same note: its fields are replaced if the incoming `mod` (the moment of the export) is later, and
its card, with its schedule and history, stays as it is. So a second import duplicates nothing, brings corrected texts, and
keeps schedules; edits made in Anki to these notes do not survive it, and cards stay in the deck they were moved to. (Seen with
Anki 26.09, whose own exports are read here too.)

Every note carries its whole question in a field that no template shows, so that a package made here comes back unchanged.
"""

from __future__ import annotations

import hashlib
import html
import io
import itertools
import json
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from core.content import KeyPoint
from core.errors import DocumentError
from core.records import Card
from practice.schedule import new_card
from practice.types import PracticeQuestion, generated_id

if TYPE_CHECKING:
    import genanki

MODEL_ID = 1_607_392_319
FIELDS = ("Question", "Short answer", "Full answer", "Key points", "Misconceptions", "Id", "Data")
DECK = "Groundwork"
MAX_BYTES = 200_000_000  # of an unpacked collection
COLLECTIONS = ("collection.anki21", "collection.anki2")  # the first one found holds the notes
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
CSS = ".card { font-family: sans-serif; font-size: 18px; text-align: left; } .more { color: #666; font-size: 16px; }"
BACK = """{{FrontSide}}<hr id=answer>{{Short answer}}<br><br>{{Full answer}}
{{#Key points}}<div class=more><br>Key points:<br>{{Key points}}</div>{{/Key points}}
{{#Misconceptions}}<div class=more><br>Often said, but wrong:<br>{{Misconceptions}}</div>{{/Misconceptions}}"""
NO_ANKI_FILE = "In Anki choose File > Export, format .apkg, and upload that file."
OLDER_FORMAT = 'In Anki\'s export dialog tick "Support older Anki versions", export again and upload that file.'


@dataclass(frozen=True)
class AnkiNote:
    """A note of a package: its field values as HTML by field name, its tags and its guid."""

    guid: str
    fields: Mapping[str, str]
    tags: tuple[str, ...]


# export


def export_apkg(cards: Iterable[Card], topic_titles: Mapping[int, str], now: datetime) -> bytes:
    """The cards as an Anki package, a subdeck for each topic. Equal cards and `now` give equal bytes.

    Suspended cards are suspended in Anki too; schedules start there as new ones.
    """
    import genanki

    decks: dict[str, genanki.Deck] = {}
    model = _model()
    for card in sorted(cards, key=lambda card: card.id):
        name = _deck_name(card.topic, topic_titles)
        deck = decks.setdefault(name, genanki.Deck(_stable_id(name), name))
        deck.add_note(_note(card, model))
    decks = decks or {DECK: genanki.Deck(_stable_id(DECK), DECK)}
    return _package(genanki.Package([decks[name] for name in sorted(decks)]), now.timestamp())


def _package(package: genanki.Package, timestamp: float) -> bytes:
    """The package in memory: genanki's own writer leaves a temporary file behind."""
    with closing(sqlite3.connect(":memory:")) as connection:
        package.write_to_db(connection.cursor(), timestamp, itertools.count(int(timestamp * 1000)))
        connection.commit()
        collection = connection.serialize()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (("collection.anki2", collection), ("media", b"{}")):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _model() -> genanki.Model:
    import genanki

    fields = [{"name": name} for name in FIELDS]
    template = {"name": "Question", "qfmt": "{{Question}}", "afmt": BACK}
    return genanki.Model(MODEL_ID, "Groundwork question", fields=fields, templates=[template], css=CSS)


def _note(card: Card, model: genanki.Model) -> genanki.Note:
    import genanki

    question = PracticeQuestion.from_dict(card.question)
    options = [f"{letter}) {option}" for letter, option in zip("ABCDEFGHIJ", question.options, strict=False)]
    texts = (
        "\n".join([question.question, *options]), question.short_answer, question.reference_answer,
        "\n".join(f"- {point.text}" for point in question.key_points),
        "\n".join(f"- {m.wrong} Rather: {m.correction}" for m in question.misconceptions),
    )
    data = json.dumps(card.question, ensure_ascii=False, sort_keys=True)
    fields = [*map(_to_html, texts), html.escape(card.id), html.escape(data)]
    tags = [re.sub(r"\s+", "-", tag) for tag in ("groundwork", f"level-{question.level}", f"kind-{question.kind}")]
    note = genanki.Note(model=model, fields=fields, tags=tags, guid=genanki.guid_for("groundwork", card.id))
    for anki_card in note.cards:
        anki_card.suspend = card.suspended
    return note


def _deck_name(topic: int | None, titles: Mapping[int, str]) -> str:
    return f"{DECK}::{topic:02d} {titles.get(topic, 'Topic')}" if topic is not None else f"{DECK}::Other"


def _stable_id(name: str) -> int:
    """A deck's id: the same for the same name, in genanki's range."""
    return (1 << 30) + int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % (1 << 30)


def _to_html(text: str) -> str:
    r"""Escaped text with line breaks; `$x$` becomes `\(x\)`, Anki's form of a formula."""
    formulas = re.sub(r"(?<![\\$\w])\$(?![\s$])([^$\n]+?)(?<!\s)\$(?![\d$])", r"\\(\1\\)", text)
    return html.escape(formulas, quote=False).replace("\x1f", " ").replace("\n", "<br>")


# import


def import_apkg(data: bytes, now: datetime) -> list[Card]:
    """New cards for the notes of a package; add them with `Learner.add_cards`, which leaves known ones alone.

    Notes made here come back as the questions they were. Of others the first field is the question (of a cloze note: with its
    gaps) and the rest the answer; notes without both are left out. Their id is made of the guid: importing twice adds nothing.

    Raises:
        DocumentError: the file is not an Anki package, is damaged, or is in the newer compressed format.
    """
    questions = (question for note in read_notes(data) if (question := _to_question(note)))
    return list({question.id: new_card(question, now) for question in questions}.values())


def read_notes(data: bytes) -> list[AnkiNote]:
    """The notes of a package with their fields as HTML. Raises DocumentError."""
    collection = bytearray(_read_collection(data))
    collection[18:20] = b"\x01\x01"  # SQLite's file header: a write-ahead log has no file in memory
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(bytes(collection))
            return list(_iterate_notes(connection))
    except (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DocumentError(f"The Anki file is damaged ({error}).", help=NO_ANKI_FILE) from error


def _read_collection(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "collection.anki21b" in names:
                raise DocumentError("The Anki file is in the newer compressed format, which is not read here.", help=OLDER_FORMAT)
            name = next((name for name in COLLECTIONS if name in names), None)
            if name is None:
                raise DocumentError("The file is not an Anki deck: it holds no collection.", help=NO_ANKI_FILE)
            if archive.getinfo(name).file_size > MAX_BYTES:
                raise DocumentError("The Anki deck is too large to read.", help="Export it in parts.")
            return archive.read(name)
    except BROKEN_ZIP as error:
        raise DocumentError("The file is not an Anki deck, or it is damaged.", help=NO_ANKI_FILE) from error


def _iterate_notes(connection: sqlite3.Connection) -> Iterator[AnkiNote]:
    models = json.loads(connection.execute("SELECT models FROM col").fetchone()[0] or "{}")
    names = {
        int(key): [field["name"] for field in sorted(model["flds"], key=lambda field: field["ord"])]
        for key, model in models.items()
    }
    for guid, model, tags, values in connection.execute("SELECT guid, mid, tags, flds FROM notes ORDER BY id"):
        fields = values.split("\x1f")
        known = names.get(model, [])
        labels = [*known[: len(fields)], *(f"Field {n + 1}" for n in range(len(known), len(fields)))]
        yield AnkiNote(str(guid), dict(zip(labels, fields, strict=True)), tuple(tags.split()))


def _to_question(note: AnkiNote) -> PracticeQuestion | None:
    if set(FIELDS) <= set(note.fields):
        question = _own_question(html.unescape(note.fields["Data"]))
        if question is not None:
            return question
        note = AnkiNote(note.guid, {name: note.fields[name] for name in FIELDS[:3]}, note.tags)
    first, *others = note.fields.values()
    question_text, gaps = _open_gaps(to_text(first))
    answer = "\n".join(text for text in (gaps, *map(to_text, others)) if text)
    if not question_text or not answer:
        return None
    point = KeyPoint(text=answer, weight=2, required=True)
    return PracticeQuestion(
        id=generated_id("anki", note.guid), origin="generated", format="open", topic=None, subtopic="Anki", level="intermediate",
        kind="concept", question=question_text, short_answer=answer, reference_answer=answer, key_points=(point,), passage=answer,
    )


def _own_question(data: str) -> PracticeQuestion | None:
    try:
        values: Any = json.loads(data)
        return TypeAdapter(PracticeQuestion).validate_python(values)
    except (json.JSONDecodeError, ValidationError, RecursionError):
        return None


def _open_gaps(text: str) -> tuple[str, str]:
    """A cloze text with its gaps open, and its full text; a text without gaps and nothing."""
    gap = re.compile(r"\{\{c\d+::(.*?)(?:::(.*?))?\}\}", re.DOTALL)
    if not gap.search(text):
        return text, ""
    return gap.sub(lambda match: f"[{match[2] or '...'}]", text), gap.sub(lambda match: match[1], text)


class _Text(HTMLParser):
    """Collects the text of HTML; blocks become lines."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a line at a block; hide what is not text."""
        self.hidden += tag in ("style", "script")
        if tag in ("br", "div", "p", "li", "tr", "h1", "h2", "h3", "pre", "hr"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a block or what was hidden."""
        self.hidden = max(0, self.hidden - (tag in ("style", "script")))
        self.parts.append("\n" if tag in ("div", "p", "ul", "ol", "pre") else "")

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if not self.hidden:
            self.parts.append(data)


def to_text(value: str) -> str:
    r"""The text of a field's HTML: one line a block, formulas as `$x$`, without sounds."""
    parser = _Text()
    parser.feed(value)
    parser.close()
    text = re.sub(r"\[sound:[^\]]*\]", "", "".join(parser.parts))
    text = re.sub(r"\\\((.+?)\\\)", r"$\1$", text).replace("\xa0", " ")
    return "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)
