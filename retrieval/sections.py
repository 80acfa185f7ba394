"""The sections of an index: runs of chunks of one document below one heading, addressed by anchors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.content import anchor_of
from core.types import Chunk
from retrieval.lexical import tokenize

MIN_HEADING_COVERAGE = 0.75  # of the query's terms, by the heading


class Sections:
    """Section numbers of chunks, and sections by anchor and by the terms of their heading."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        """`chunks` in document order, so that a section is one run."""
        keys = [(chunk.document, chunk.section) for chunk in chunks]
        first = [place == 0 or key != keys[place - 1] for place, key in enumerate(keys)]
        self.starts: npt.NDArray[np.intp] = np.flatnonzero(first)
        self._lengths: npt.NDArray[np.intp] = np.diff(self.starts, append=len(chunks))
        self.by_anchor: dict[str, int] = {}
        by_terms: dict[frozenset[str], list[int]] = {}
        for number, start in enumerate(self.starts):
            chunk = chunks[int(start)]
            if chunk.section:
                self.by_anchor.setdefault(section_anchor(chunk), number)
                if chunk.topic is not None:
                    by_terms.setdefault(frozenset(tokenize(chunk.section)), []).append(number)
        self._headings: dict[str, list[tuple[frozenset[str], list[int]]]] = {}  # by one of the heading's terms
        for terms, numbers in by_terms.items():
            if terms:
                self._headings.setdefault(min(terms), []).append((terms, numbers))

    def __len__(self) -> int:
        return len(self.starts)

    def places(self, anchor: str) -> range:
        """The places of a section's chunks; none for an unknown anchor."""
        number = self.by_anchor.get(anchor.split("--", maxsplit=1)[0])
        return range(0) if number is None else range(int(self.starts[number]), int(self.starts[number] + self._lengths[number]))

    def best(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The highest score in each section, from one score a chunk."""
        best: npt.NDArray[np.float32] = np.maximum.reduceat(scores, self.starts)
        return best

    def spread(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """One value a chunk, from one a section."""
        of_chunks: npt.NDArray[np.float32] = np.repeat(values, self._lengths)
        return of_chunks

    def named(self, query: str) -> list[tuple[int, float]]:
        """Sections of topics whose heading is what the query asks for, with the share of the query's terms that it holds."""
        terms = frozenset(tokenize(query))
        return [
            (number, len(heading) / len(terms))
            for term in terms
            for heading, numbers in self._headings.get(term, ())
            if heading <= terms and len(heading) / len(terms) >= MIN_HEADING_COVERAGE
            for number in numbers
        ]


def section_anchor(chunk: Chunk) -> str:
    """The anchor of the section that a chunk belongs to; of a document without headings its title stands for one."""
    return anchor_of(chunk.document, chunk.section or chunk.title)
