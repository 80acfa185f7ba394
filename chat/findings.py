"""What the search found for each part of a question, and whether that answers it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from chat import definitions
from chat.definitions import Definition
from chat.intents import Depth, classify
from core.types import Chunk, Hit, Retrieval, Verdict
from retrieval.confidence import load_coefficients
from retrieval.lexical import tokenize

TERM_DEPTH = 3  # of the best passages, one must hold the term that is asked for
MAX_PARTS = 3
_REFERS_BACK = re.compile(r"\b(?:it|its|they|them|their|this|that|these)\b")
_PART_BREAK = re.compile(r"\?\s+|;\s+|,?\s+and (?:also )?(?=(?:what|how|why|when|which|who|where)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """A part of the question and what was found for it."""

    question: str
    retrieval: Retrieval
    depth: Depth = "normal"
    definition: Definition | None = None  # of the term that is all the question names

    @property
    def asks_meaning(self) -> bool:
        """True when the question asks what a term of the glossary means."""
        return self.definition is not None and classify(self.question) == "definition"

    @cached_property
    def found(self) -> bool:
        """True when the passages answer it; to a question about a term, those that do not even hold the term do not."""
        if self.definition and self.asks_meaning:
            best = (hit.chunk for hit in self.retrieval.hits[:TERM_DEPTH])
            if not any(self.definition.named_in(f"{chunk.heading}\n{chunk.text}") for chunk in best):
                return False
        return self.retrieval.confidence >= load_coefficients().answered_floor

    @property
    def confidence(self) -> float:
        """How likely the notes, the glossary among them, answer it."""
        if self.found or not self.definition:
            return self.retrieval.confidence
        return definitions.CONFIDENCE if self.asks_meaning else load_coefficients().partial_floor

    @property
    def verdict(self) -> Verdict:
        """Whether that confidence is enough for an answer, or for a partial one."""
        floors = load_coefficients()
        if self.confidence >= floors.answered_floor:
            return "answered"
        return "partial" if self.confidence >= floors.partial_floor else "not_covered"


def split_parts(question: str) -> list[str]:
    """The parts of a multi-part question; a part too short to stand alone keeps the question whole.

    >>> split_parts("What is HNSW? How do I choose a chunk size?")
    ['What is HNSW', 'How do I choose a chunk size?']
    """
    parts = [part.strip() for part in _PART_BREAK.split(question) if part.strip()]
    stands_alone = all(tokenize(part) and not _REFERS_BACK.search(part) for part in parts)
    return parts if 1 < len(parts) <= MAX_PARTS and stands_alone else [question]


def overall_verdict(findings: Sequence[Finding]) -> Verdict:
    """The verdict on a question of several parts: `partial` when they differ."""
    verdicts = {f.verdict for f in findings}
    if verdicts == {"not_covered"}:
        return "not_covered"
    return "answered" if verdicts == {"answered"} else "partial"


def nearest_topics(findings: Sequence[Finding], count: int = 3) -> list[Chunk]:
    """The best passages of different topics, by meaning."""
    hits: list[Hit] = sorted((h for f in findings for h in f.retrieval.hits), key=lambda h: -(h.dense_score or 0.0))
    topics: dict[int, Chunk] = {}
    for hit in hits:
        if hit.chunk.topic is not None:
            topics.setdefault(hit.chunk.topic, hit.chunk)
    return list(topics.values())[:count]


def trace(findings: Sequence[Finding]) -> tuple[dict[str, object], ...]:
    """What the "why this answer" panel shows."""
    return tuple(
        {
            "question": f.question, "searched": f.retrieval.query, "confidence": round(f.retrieval.confidence, 4),
            "features": {k: round(v, 3) for k, v in f.retrieval.features.items()},
            "timings_ms": dict(f.retrieval.timings_ms),
            "hits": [
                {
                    "title": h.chunk.title, "heading": h.chunk.heading, "chunk_id": h.chunk.id, "score": round(h.score, 5),
                    "dense_rank": h.dense_rank, "dense_score": round(h.dense_score or 0.0, 3),
                    "lexical_rank": h.lexical_rank, "lexical_score": round(h.lexical_score or 0.0, 2),
                }
                for h in f.retrieval.hits[:10]
            ],
        }
        for f in findings
    )
