"""Verbatim spans of passages: what the extractive engine quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chat.guard import hidden_spans
from chat.intents import Intent
from chat.passages import Unit, split_units
from core.types import Chunk
from retrieval.lexical import tokenize

SLACK = 1.3
ANNOUNCEMENT_WORDS = 12
_ANNOUNCES = re.compile(r"\b(?:two|three|four|five|six|seven|several|a few) (?:[\w-]+ ){0,2}[\w-]+\.$")  # "HNSW has three parameters."
_WANTS_CODE = re.compile(r"\b(code|python|implement|implementation|snippet|script|example)\b", re.IGNORECASE)
LEANS_ON_BEFORE = re.compile(
    r"(?:This|That|These|Those|It|They|Such|However|Therefore|Thus|Hence|Its|Their|Both|The same|In contrast|For example|"
    r"The (?:first|second|third|latter|former))\b"
)


@dataclass(frozen=True)
class Span:
    """A verbatim part of a chunk."""

    chunk: Chunk
    quote: str
    kind: str  # the kind of its last unit

    @property
    def words(self) -> int:
        """Number of words."""
        return len(self.quote.split())


def span_of(chunk: Chunk, units: Sequence[Unit], start: int, end: int) -> Span:
    """The span from one unit of a chunk to another, both included."""
    return Span(chunk, chunk.text[units[start].start : units[end].end], units[end].kind)


def pick_span(question: str, intent: Intent, chunk: Chunk, max_words: int) -> Span | None:
    """The contiguous run of units of a chunk that says most about the question within `max_words`."""
    units = split_units(chunk.text)
    if (words := sum(unit.words for unit in units)) <= SLACK * max_words:
        max_words = words  # a passage a little over the limit is quoted whole, not cut near its end
    wants_code = intent == "calculation" or bool(_WANTS_CODE.search(question))
    terms = set(tokenize(question))
    hidden = hidden_spans(chunk)
    best: tuple[float, int, int] | None = None
    for start in range(len(units)):
        words, gain = 0, 0.0
        if start and LEANS_ON_BEFORE.match(units[start].text):
            continue
        for end in range(start, len(units)):
            unit = units[end]
            if any(a <= unit.start < b for a, b in hidden) or (unit.kind == "code" and not wants_code):
                break
            words += unit.words
            if words > max_words and not (end == start and unit.kind == "table"):
                break
            gain += _gain(unit, terms)
            introduces = end + 1 < len(units) and unit.kind == "sentence" and (
                units[end + 1].kind != "sentence" or (unit.words <= ANNOUNCEMENT_WORDS and bool(_ANNOUNCES.search(unit.text)))
            )
            whole = not unit.text.rstrip().endswith(":") and not introduces
            score = gain - (0.5 if start else 0.0) - (1.0 if units[start].kind == "code" else 0.0)
            if whole and (best is None or score > best[0]):
                best = (score, start, end)
    if best is None:
        return None
    _, start, end = best
    return span_of(chunk, units, start, end)


def _gain(unit: Unit, terms: set[str]) -> float:
    return 0.4 + len(terms & set(tokenize(unit.text)))
