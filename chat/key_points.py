"""Quoting what an interviewer would look for: the runs of sentences that state the key points of a known question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chat.guard import hidden_spans
from chat.passages import Unit, split_units
from chat.spans import LEANS_ON_BEFORE, Span, span_of
from core.content import KeyPoint
from core.types import Chunk
from retrieval.lexical import tokenize

RUN_UNITS = 3  # sentences, items or tables that may state a point together
MIN_COVERAGE, ENOUGH_COVERAGE = 0.5, 0.8  # of a point's stems
NUMBER_COST = 0.3  # of coverage, when a number of the point is missing
WORD_COST, RANK_COST = 0.002, 0.004  # of coverage: short runs and passages close to the question come first
JOINED_GAP = 1  # units between two runs that are quoted along with them
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


@dataclass(frozen=True)
class _Said:
    """What a text says that can be compared: stems and numbers."""

    terms: set[str]
    numbers: set[str]

    @classmethod
    def read(cls, text: str) -> _Said:
        return cls(set(tokenize(text)), set(_NUMBER.findall(text)))


@dataclass(frozen=True)
class _Passage:
    """A chunk with its units and what each says; `quotable` says which units may be quoted."""

    chunk: Chunk
    units: Sequence[Unit]
    said: Sequence[_Said]
    quotable: Sequence[bool]

    @classmethod
    def read(cls, chunk: Chunk) -> _Passage:
        units, hidden = split_units(chunk.text), hidden_spans(chunk)
        quotable = [u.kind != "code" and not any(a <= u.start < b for a, b in hidden) for u in units]
        return cls(chunk, units, [_Said.read(u.text) for u in units], quotable)

    def runs(self) -> Iterator[tuple[int, int]]:
        """First and last unit of every run that may be quoted and does not begin in the middle of a thought."""
        for start, unit in enumerate(self.units):
            if start and LEANS_ON_BEFORE.match(unit.text):
                continue
            for end in range(start, min(start + RUN_UNITS, len(self.units))):
                if not self.quotable[end]:
                    break
                if not self.units[end].text.rstrip().endswith(":"):
                    yield start, end

    def words(self, start: int, end: int) -> int:
        return sum(unit.words for unit in self.units[start : end + 1])

    def coverage(self, point: _Said, start: int, end: int) -> float:
        """The share of a key point's stems in a run, less NUMBER_COST when a number is missing."""
        run = self.said[start : end + 1]
        held = set().union(*(said.terms for said in run))
        missing = point.numbers.difference(*(said.numbers for said in run))
        return len(point.terms & held) / max(1, len(point.terms)) - (NUMBER_COST if missing else 0.0)


def cover_points(points: Sequence[KeyPoint], chunks: Sequence[Chunk], max_words: int) -> list[Span]:
    """The spans that state key points, required and weighty ones first, in at most `max_words`; `chunks` best first.

    A point that nothing states, or that another point's span states already, adds nothing.
    """
    passages = [_Passage.read(chunk) for chunk in {chunk.id: chunk for chunk in chunks}.values()]
    taken: list[tuple[int, int, int]] = []  # passage, first unit, last unit
    words = 0
    for point in sorted(points, key=lambda point: (not point.required, -point.weight)):
        wanted = _Said.read(point.text)
        if any(passages[p].coverage(wanted, start, end) >= ENOUGH_COVERAGE for p, start, end in taken):
            continue
        run = _best_run(wanted, passages)
        if run and (longer := words + passages[run[0]].words(*run[1:])) <= max_words:
            taken.append(run)
            words = longer
    return [span_of(passages[p].chunk, passages[p].units, start, end) for p, start, end in _join(taken, passages)]


def _best_run(point: _Said, passages: Sequence[_Passage]) -> tuple[int, int, int] | None:
    best: tuple[float, tuple[int, int, int]] | None = None
    for rank, passage in enumerate(passages):
        for start, end in passage.runs():
            coverage = passage.coverage(point, start, end)
            worth = min(coverage, ENOUGH_COVERAGE) - WORD_COST * passage.words(start, end) - RANK_COST * rank
            if coverage >= MIN_COVERAGE and (best is None or worth > best[0]):
                best = worth, (rank, start, end)
    return best[1] if best else None


def _join(runs: Sequence[tuple[int, int, int]], passages: Sequence[_Passage]) -> list[tuple[int, int, int]]:
    """Runs in order of passage and place, those that overlap or nearly touch made one."""
    joined: list[tuple[int, int, int]] = []
    for passage, start, end in sorted(runs):
        gap = range(joined[-1][2] + 1, start) if joined and joined[-1][0] == passage else range(JOINED_GAP + 1)
        if len(gap) <= JOINED_GAP and all(passages[passage].quotable[unit] for unit in gap):
            joined[-1] = (passage, joined[-1][1], max(end, joined[-1][2]))
        else:
            joined.append((passage, start, end))
    return joined
