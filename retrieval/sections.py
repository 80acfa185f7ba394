"""The sections of an index: runs of chunks of one document below one heading, addressed by anchors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from core.content import slugify
from core.types import Chunk
from retrieval.lexical import tokenize

MIN_HEADING_COVERAGE = 0.75  # of the query's terms, by the heading


class Sections:
    """Section numbers of chunks, and sections by anchor and by the terms of their heading."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        """`chunks` in document order, so that a section is one run."""
        keys = [(chunk.document, chunk.section) for chunk in chunks]
        first = [place == 0 or key != keys[place - 1] for place, key in enumerate(keys)]
        self.of_chunk: npt.NDArray[np.intp] = np.cumsum(first) - 1
        self.starts: npt.NDArray[np.intp] = np.flatnonzero(first)
        self.by_anchor: dict[str, int] = {}
        self._by_terms: dict[frozenset[str], list[int]] = {}
        for number, start in enumerate(self.starts):
            chunk = chunks[int(start)]
            if chunk.section:
                self.by_anchor.setdefault(section_anchor(chunk), number)
                if chunk.topic is not None:
                    self._by_terms.setdefault(frozenset(tokenize(chunk.section)), []).append(number)

    def __len__(self) -> int:
        return len(self.starts)

    def best(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The highest score in each section, from one score a chunk."""
        best: npt.NDArray[np.float32] = np.maximum.reduceat(scores, self.starts)
        return best

    def named(self, query: str) -> list[tuple[int, float]]:
        """Sections of topics whose heading is what the query asks for, with the share of the query's terms that it holds."""
        terms = frozenset(tokenize(query))
        return [
            (number, len(heading) / len(terms))
            for heading, numbers in self._by_terms.items()
            if heading and heading <= terms and len(heading) / len(terms) >= MIN_HEADING_COVERAGE
            for number in numbers
        ]


def section_anchor(chunk: Chunk) -> str:
    """`note#section`, as labels, questions and links spell it."""
    return f"{PurePosixPath(chunk.document).stem}#{slugify(chunk.section)}"
