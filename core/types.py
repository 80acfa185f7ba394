"""The words every room shares: Document -> Chunk -> Hit -> Source -> Answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Verdict = Literal["answered", "partial", "not_covered"]
Engine = Literal["extractive", "generative", "none"]  # none: a courtesy, or questions to practise; the notes were not asked


def is_own(document: str) -> bool:
    """True for a document of the learner's own, by its id; false for what comes with Groundwork."""
    return not document.startswith("knowledge/")


def content_id(*parts: str) -> str:
    """The id of a chunk, 24 hex digits: the same for the same content, wherever it was made."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Document:
    """A text to ingest. `id` is its path (relative to the repository for shipped notes), `text` is Markdown."""

    id: str
    title: str
    text: str
    topic: int | None = None


@dataclass(frozen=True)
class Chunk:
    """A passage of a document, cut along its structure.

    Attributes:
        id: content hash of document, headings and text.
        document: the document's id; `title`: its title.
        headings: the heading path below the title, outermost first.
        text: the passage, verbatim from the document.
        position: order within the document, from 0.
        page: page of a paginated document, from 1.
    """

    id: str
    document: str
    title: str
    topic: int | None
    headings: tuple[str, ...]
    text: str
    position: int
    page: int | None = None

    @property
    def own(self) -> bool:
        """True when the document is the learner's own."""
        return is_own(self.document)

    @property
    def heading(self) -> str:
        """The heading path as one line, e.g. `Vector indexing structures > HNSW vs IVF`."""
        return " > ".join(self.headings)

    @property
    def section(self) -> str:
        """The outermost heading, or an empty string."""
        return self.headings[0] if self.headings else ""

    @property
    def part(self) -> str:
        """The heading below the section, or an empty string."""
        return self.headings[1] if len(self.headings) > 1 else ""

    @property
    def part_kind(self) -> str:
        """The part's name up to a colon: `Worked example: BLEU by hand` is a `Worked example`."""
        return self.part.partition(":")[0]


@dataclass(frozen=True)
class Hit:
    """A retrieved chunk. Ranks count from 1; None means that leg did not find it."""

    chunk: Chunk
    score: float
    dense_rank: int | None = None
    dense_score: float | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None


@dataclass(frozen=True)
class Retrieval:
    """What a query found: hits best first, a calibrated confidence in [0, 1] and how it came about.

    `query` is what was searched, typing errors corrected; `same_question` is the id of the bank's question that asks for the same, or
    an empty string.
    """

    query: str
    hits: tuple[Hit, ...]
    confidence: float
    features: Mapping[str, float] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    same_question: str = ""


@dataclass(frozen=True)
class Source:
    """A cited passage. `n` is its number in the answer; `quote` is a verbatim part of `text`."""

    n: int
    chunk_id: str
    document: str
    title: str
    topic: int | None
    heading: str
    page: int | None
    quote: str
    text: str


@dataclass(frozen=True)
class Answer:
    """A grounded answer. `text` is Markdown with `[n]` citations; `notice` says in one sentence what went wrong, if anything."""

    question: str
    standalone_question: str
    verdict: Verdict
    confidence: float
    text: str
    sources: tuple[Source, ...]
    follow_ups: tuple[str, ...]
    engine: Engine
    timings_ms: Mapping[str, float]
    notice: str = ""
    trace: tuple[Mapping[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy; `from_dict` is its inverse."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Answer:
        """Rebuild an answer from `to_dict`, with identical citations."""
        fields = dict(data)
        fields["sources"] = tuple(Source(**source) for source in data["sources"])
        fields["follow_ups"] = tuple(data["follow_ups"])
        fields["trace"] = tuple(data.get("trace", ()))
        return cls(**fields)


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: str
