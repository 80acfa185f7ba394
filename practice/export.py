"""Everything a learner has, as JSON that can be read back, and what there is to study as Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from core.archive import HELP, Rows, dump_tables, load_tables
from core.errors import DocumentError
from core.learner import Learner
from core.records import Attempt, AttemptParent, Card, CardOrigin, Flag, FlagKind, InterviewStatus, Uncovered
from core.types import Answer
from practice.progress import score_of
from practice.schedule import check_state
from practice.types import Grade, PracticeQuestion, Rating

FORMAT = "groundwork-learner"
VERSION = 1
RATINGS = get_args(Rating)


def export_json(learner: Learner) -> bytes:
    """Cards, reviews, attempts, flags, interviews, uncovered questions, preferences and conversations, as UTF-8 JSON.

    Equal contents give equal bytes: there is no date of export, and rows are sorted by key.
    """
    data = {"format": FORMAT, "version": VERSION, "tables": dump_tables(learner.database)}
    return (json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n").encode()


def import_json(learner: Learner, data: bytes) -> dict[str, int]:
    """Add an export to the learner's data, all of it or nothing. Returns the rows added or replaced, by table.

    What is there already stays, unless the file holds a later state of the same card, conversation, interview or uncovered
    question: importing twice adds nothing.

    Raises:
        DocumentError: the file is broken, or not an export of a version known here; nothing was imported.
        StorageError: the database cannot be written; nothing was imported.
    """
    tables = _parse_export(data)
    for name, check in CHECKS.items():
        for number, row in enumerate(tables.get(name, ()), 1):
            try:
                check(row)
            except (ValidationError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                raise DocumentError(f"Row {number} of {name} in the file is damaged.", help=HELP) from error
    return load_tables(learner.database, tables)


def _parse_export(data: bytes) -> dict[str, Rows]:
    try:
        content = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise DocumentError("The file is not complete JSON.", help=HELP) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DocumentError("The file is not an export of Groundwork.", help=HELP)
    if content.get("version") != VERSION:
        message = f"The export has version {content.get('version')}; this Groundwork reads version {VERSION}."
        raise DocumentError(message, help="Nothing was imported. Update Groundwork and try again.")
    tables = content.get("tables")
    if not isinstance(tables, dict) or not all(isinstance(rows, list) for rows in tables.values()):
        raise DocumentError("The export holds no tables.", help=HELP)
    return tables


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _check_card(row: Mapping[str, Any]) -> None:
    question = PracticeQuestion.from_dict(row["question"])
    TypeAdapter(PracticeQuestion).validate_python(row["question"])
    _expect(question.id == row["id"] and row["origin"] in get_args(CardOrigin))
    _expect((row["state"] is None) == (row["due"] is None))
    if row["state"] is not None:
        check_state(row["state"])


def _check_review(row: Mapping[str, Any]) -> None:
    _expect(row["rating"] in RATINGS)
    _check_number(row["duration_seconds"], 0, math.inf)


def _check_attempt(row: Mapping[str, Any]) -> None:
    _expect(row["parent"] in get_args(AttemptParent) and row["rating"] in (*RATINGS, None))
    _check_number(row["sure"], 0, 1)
    if row["grade"] is not None:
        TypeAdapter(Grade).validate_python(row["grade"])
        _check_number(Grade.from_dict(row["grade"]).score, 0, 1)


def _check_message(row: Mapping[str, Any]) -> None:
    _expect(row["role"] in ("user", "assistant") and row["feedback"] in ("up", "down", None))
    if row["answer"] is not None:
        answer = json.loads(row["answer"])
        TypeAdapter(Answer).validate_python(answer)
        Answer.from_dict(answer)


def _check_flag(row: Mapping[str, Any]) -> None:
    _expect(row["kind"] in get_args(FlagKind))


def _check_interview(row: Mapping[str, Any]) -> None:
    _expect(row["status"] in get_args(InterviewStatus) and isinstance(row["state"], dict))


def _check_uncovered(row: Mapping[str, Any]) -> None:
    _expect(row["times"] >= 1)


CHECKS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "cards": _check_card, "review_logs": _check_review, "attempts": _check_attempt, "messages": _check_message,
    "flags": _check_flag, "interviews": _check_interview, "uncovered": _check_uncovered,
}


def _check_number(value: float | None, low: float, high: float) -> None:
    _expect(value is None or low <= value <= high)


def _expect(condition: bool) -> None:
    if not condition:
        raise ValueError("a value that does not occur in an export")


# Markdown


def export_markdown(learner: Learner, topic_titles: Mapping[int, str]) -> str:
    """The cards with answers, dates and last scores by topic, then flags and what the notes could not answer."""
    return format_markdown(learner.cards(), learner.attempts(), learner.flags(), learner.uncovered(), topic_titles=topic_titles)


def format_markdown(cards: Sequence[Card], attempts: Sequence[Attempt], flags: Sequence[Flag], uncovered: Sequence[Uncovered],
                    *, topic_titles: Mapping[int, str]) -> str:
    """See `export_markdown`."""
    parts = ["# Groundwork: my cards\n"]
    for topic in sorted({card.topic for card in cards}, key=lambda t: (t is None, t or 0)):
        parts.append(f"## {topic_titles.get(topic, f'Topic {topic}') if topic is not None else 'Other'}\n")
        parts += [_card_markdown(card, attempts) for card in cards if card.topic == topic]
    if flags:
        parts.append("## Flags and appeals\n")
        parts += [f"- {flag.created_at:%Y-%m-%d}, {flag.kind}, `{flag.question_id}`: {_one_line(flag.text)}" for flag in flags]
        parts.append("")
    if uncovered:
        parts.append("## What the notes could not answer\n")
        parts += [f"- {_one_line(q.question)} (asked {q.times} {'time' if q.times == 1 else 'times'})" for q in uncovered]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _card_markdown(card: Card, attempts: Sequence[Attempt]) -> str:
    question = PracticeQuestion.from_dict(card.question)
    lines = [f"### {_one_line(question.question)}", ""]
    lines += [*(f"- {option}" for option in question.options), ""] if question.options else []
    for answer in dict.fromkeys((question.short_answer, question.reference_answer)):
        lines += [answer, ""]
    lines += [f"- {point.text}{'' if point.required else ' (extra)'}" for point in question.key_points]
    lines += [f"- Wrong: {m.wrong} Rather: {m.correction}" for m in question.misconceptions]
    return "\n".join([*lines, "", f"*{_card_standing(card, attempts)}*", ""])


def _card_standing(card: Card, attempts: Sequence[Attempt]) -> str:
    own = [attempt for attempt in attempts if attempt.question_id == card.id]
    scores = [score for attempt in own if (score := score_of(attempt)) is not None]
    due = f"due {card.due:%Y-%m-%d}" if card.due else "not asked yet"
    standing = [card.subtopic, "suspended" if card.suspended else due, f"{len(own)} attempts" if own else ""]
    return ", ".join(part for part in (*standing, f"last score {scores[-1]:.0%}" if scores else "") if part)


def _one_line(text: str) -> str:
    return " ".join(text.split())
