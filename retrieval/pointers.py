"""Two short rankings that point at whole sections: by their heading, and by similar questions of the bank."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from core.content import slugify
from core.models import Vectors
from core.types import Chunk
from retrieval.lexical import tokenize

CHUNKS_PER_SECTION = 3
SIMILAR_QUESTIONS = 8
MIN_SIMILARITY = 0.4
MIN_HEADING_COVERAGE = 0.75  # of the query's terms, by the heading


class SectionLeg:
    """Sections by anchor (`note#section`, `note#section--part`) and by the terms of their heading."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._by_anchor: dict[str, list[int]] = {}
        self._by_terms: dict[frozenset[str], list[int]] = {}
        for index, chunk in enumerate(chunks):
            if not chunk.section:
                continue
            anchor = f"{PurePosixPath(chunk.document).stem}#{slugify(chunk.section)}"
            self._by_anchor.setdefault(anchor, []).append(index)
            self._by_terms.setdefault(frozenset(tokenize(chunk.section)), []).append(index)
            if chunk.part:
                self._by_anchor.setdefault(f"{anchor}--{slugify(chunk.part)}", []).append(index)

    def chunks_of(self, anchor: str) -> list[int]:
        """Indices of the chunks below an anchor; none when it does not exist."""
        return self._by_anchor.get(anchor, [])

    def ranking(self, query: str, dense: Vectors, allowed: np.ndarray) -> list[int]:
        """The chunks of the sections whose heading is what the query asks for, definition first."""
        terms = frozenset(tokenize(query))
        found = [
            (len(terms & heading) / len(terms), indices)
            for heading, indices in self._by_terms.items()
            if heading and heading <= terms and len(heading) / len(terms) >= MIN_HEADING_COVERAGE
        ]
        ranked = [i for _, indices in sorted(found, key=lambda pair: -pair[0]) for i in indices if allowed[i]]
        return ranked[: 2 * CHUNKS_PER_SECTION]


class QuestionLeg:
    """The bank's questions and short answers as vectors, each pointing at the sections that answer it."""

    def __init__(self, questions: Sequence[Chunk], vectors: Vectors) -> None:
        """`questions` are the chunks of the question store: `document` is the question's id, `headings` its anchors."""
        self._questions = list(questions)
        self._vectors = vectors

    def similarity(self, query: Vectors) -> float:
        """The cosine of the most similar question or short answer."""
        return float((self._vectors @ query).max())

    def ranking(self, query: Vectors, sections: SectionLeg, dense: Vectors, allowed: np.ndarray) -> list[int]:
        """The best chunks of the sections that the most similar questions rest on, in order of similarity."""
        similarity = self._vectors @ query
        ranked: dict[int, None] = {}
        seen: set[str] = set()
        for place in np.argsort(-similarity, kind="stable"):
            if similarity[place] < MIN_SIMILARITY or len(seen) == SIMILAR_QUESTIONS:
                break
            question = self._questions[place]
            if question.document in seen:
                continue
            seen.add(question.document)
            for anchor in question.headings:
                chunks = [i for i in sections.chunks_of(anchor) if allowed[i]]
                ranked |= dict.fromkeys(sorted(chunks, key=lambda i: -dense[i])[:CHUNKS_PER_SECTION])
        return list(ranked)
