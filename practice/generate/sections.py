"""Sections: the stored chunks put back together by heading, the unit that questions are generated from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.content import GlossaryTerm, KeyPoint, Misconception, anchor_of
from core.types import Chunk
from practice.generate.wording import in_context
from practice.types import Format, PracticeQuestion, generated_id

ASIDE_PARTS = frozenset({"Sources", "What the interviewer is after", "What to say in 2, 10 and 45 minutes"})
SCENARIO_PARTS = frozenset({"Worked example", "Capacity arithmetic", "Cost", "Requirements", "Architecture", "Evaluation",
                             "Retrieval and model choices", "Capacity and cost", "Rollout and evaluation", "Failure modes"})
_SMALL_WORD = re.compile(r"(?<![\w`-])[a-z]+(?:-[a-z]+)*(?![\w`])")


@dataclass(frozen=True)
class Section:
    """A section of a document: its chunks in order.

    `name` is its heading, or the document's title when it has none; `words` are the small-letter words of the whole collection,
    `terms` the names of its glossary in small letters.
    """

    document: str
    title: str
    topic: int | None
    name: str
    chunks: tuple[Chunk, ...]
    words: frozenset[str] = frozenset()
    terms: frozenset[str] = frozenset()

    def anchor(self, part: str = "") -> str:
        """`file-stem#section` or `file-stem#section--part`."""
        return anchor_of(self.document, self.name, part)

    def parts(self) -> dict[str, list[Chunk]]:
        """Part heading -> its chunks in order; the text directly below the section's heading has the key ''."""
        parts: dict[str, list[Chunk]] = {}
        for chunk in self.chunks:
            if chunk.part_kind not in ASIDE_PARTS:
                parts.setdefault(chunk.part, []).append(chunk)
        return parts

    def general_chunks(self) -> Iterator[Chunk]:
        """Chunks whose sentences hold in general, without the scenario of a worked example."""
        return (c for chunks in self.parts().values() for c in chunks if c.part_kind not in SCENARIO_PARTS)

    @property
    def text(self) -> str:
        """The section's whole text."""
        return "\n\n".join(chunk.text for chunk in self.chunks)


def sections_of(
    chunks: Sequence[Chunk], topic: int | None = None, document: str | None = None, glossary: Sequence[GlossaryTerm] = ()
) -> list[Section]:
    """The sections of all chunks, or of one topic or document (its id or file name).

    A document's introduction above its first section is left out.
    """
    grouped: dict[tuple[str, str], list[Chunk]] = {}
    for chunk in chunks:
        if (topic is None or chunk.topic == topic) and (document is None or _is_named(chunk.document, document)):
            grouped.setdefault((chunk.document, chunk.section), []).append(chunk)
    words = frozenset(word for chunk in chunks for word in _SMALL_WORD.findall(chunk.text))
    terms = frozenset(name.lower() for term in glossary for name in term.names)
    headed = {name for name, section in grouped if section}
    return [
        Section(name, members[0].title, members[0].topic, section or members[0].title, tuple(members), words, terms)
        for (name, section), members in grouped.items()
        if section or name not in headed
    ]


def _is_named(document: str, name: str) -> bool:
    """True when a document has this id, or this file name."""
    return document == name or PurePosixPath(document).name == PurePosixPath(name).name


@dataclass(frozen=True)
class Draft:
    """What a builder says about a question; `to_question` adds where it comes from. `quotes` are verbatim in `passage`."""

    section: Section
    part: str
    passage: str
    format: Format
    kind: str
    level: str
    question: str
    short_answer: str
    quotes: tuple[str, ...]
    options: tuple[str, ...] = ()
    correct: int | None = None
    misconceptions: tuple[Misconception, ...] = ()

    def to_question(self) -> PracticeQuestion:
        """The practice question; its id is a hash of what it asks and of what it rests on."""
        section = self.section
        question = in_context(self.question, section.name.partition(": ")[0], self.part, section.words)
        return PracticeQuestion(
            id=generated_id(section.document, section.name, question, *self.options), origin="generated", format=self.format,
            topic=section.topic, subtopic=section.name, level=self.level, kind=self.kind, question=question,
            short_answer=self.short_answer, reference_answer=" ".join(self.quotes),
            key_points=tuple(KeyPoint(text=q, weight=2 if i == 0 else 1, required=i == 0) for i, q in enumerate(self.quotes)),
            misconceptions=self.misconceptions, notes=(section.anchor(self.part),), passage=self.passage,
            options=self.options, correct=self.correct,
        )
