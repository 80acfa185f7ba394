"""Choosing questions from the bank."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from core.content import Question
from core.errors import GroundworkError
from practice.types import PracticeQuestion, from_bank


class NoQuestionsError(GroundworkError):
    """No question fits the filters."""

    help = "Relax a filter."


def choose_questions(
    bank: Sequence[Question], count: int, *, topic: int | None = None, level: str | None = None, kind: str | None = None,
    seen: Collection[str] = (), seed: int = 0,
) -> list[PracticeQuestion]:
    """Up to `count` questions of the bank that fit every filter and are not among the `seen` ids, in an order set by `seed`.

    Raises:
        NoQuestionsError: nothing fits; the message says which filters to relax.
    """
    seen = frozenset(seen)
    fitting = [q for q in bank if fits(q, topic, level, kind) and q.id not in seen]
    if not fitting:
        raise _nothing(bank, topic, level, kind, seen)
    random.Random(seed).shuffle(fitting)  # noqa: S311 - a repeatable order, not a secret
    return [from_bank(question) for question in fitting[:count]]


def fits(question: Question | PracticeQuestion, topic: int | None, level: str | None, kind: str | None) -> bool:
    """True when a question passes the filters; None lets everything through."""
    wanted = ((topic, question.topic), (level, question.level), (kind, question.kind))
    return all(filter_ is None or filter_ == value for filter_, value in wanted)


def _nothing(
    bank: Sequence[Question], topic: int | None, level: str | None, kind: str | None, seen: Collection[str]
) -> NoQuestionsError:
    filters: dict[str, int | str | None] = {"topic": topic, "level": level, "kind": kind}
    named = ", ".join(f"{name} {value}" for name, value in filters.items() if value is not None)
    advice = []
    for name in (name for name, value in filters.items() if value is not None):
        relaxed = {**filters, name: None}
        count = sum(fits(q, relaxed["topic"], relaxed["level"], relaxed["kind"]) and q.id not in seen for q in bank)  # type: ignore[arg-type]
        if count:
            advice.append(f"leave out the {name} ({count} question{'s' if count > 1 else ''})")
    again = sum(fits(q, topic, level, kind) for q in bank)
    if again:
        advice.append(f"allow questions you have seen ({again})")
    if not advice:
        advice.append("leave out more than one filter" if named else "add questions to the bank")
    text = " or ".join(advice)
    return NoQuestionsError(f"No new question of the bank fits {named or 'the quiz'}.", help=f"{text[0].upper()}{text[1:]}.")
