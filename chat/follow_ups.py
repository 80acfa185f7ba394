"""Three follow-up questions under an answer: the bank's that rest on the cited sections, else from the sections' parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.content import Question, slugify
from core.types import Chunk, Source
from retrieval.lexical import tokenize

COUNT = 3
SAME_QUESTION = 0.7  # Jaccard overlap of terms above which two questions count as the same
_LEVELS = {"beginner": 0, "intermediate": 1, "advanced": 2, "expert": 3}
_PART_QUESTIONS = {
    "How it works": "How does {} work?", "Trade-offs": "What are the trade-offs of {}?",
    "Pitfalls": "What are the pitfalls of {}?", "Worked example": "Can you show a worked example of {}?",
}


@dataclass(frozen=True)
class FollowUps:
    """Suggests the next questions from the bank and the structure of the notes."""

    bank: Sequence[Question]
    chunks: Sequence[Chunk]

    def suggest(self, question: str, sources: Sequence[Source], asked: Sequence[str] = ()) -> tuple[str, ...]:
        """Up to three questions close to the sources, the easiest first, none that was asked already."""
        seen = [set(tokenize(text)) for text in (question, *asked)]
        chosen: list[str] = []
        for candidate in (*self._from_bank(sources), *self._from_bank(sources, topic_only=True), *self._from_parts(sources)):
            terms = set(tokenize(candidate))
            if all(_overlap(terms, other) < SAME_QUESTION for other in seen):
                chosen.append(candidate)
                seen.append(terms)
            if len(chosen) == COUNT:
                break
        return tuple(chosen)

    def nearest(self, chunks: Sequence[Chunk]) -> tuple[str, ...]:
        """Questions on the nearest topics, offered when the notes do not cover what was asked."""
        topics = list(dict.fromkeys(chunk.topic for chunk in chunks if chunk.topic is not None))[:COUNT]
        found = [next((q.question for q in self.bank if q.topic == topic), None) for topic in topics]
        return tuple(question for question in found if question)

    def _from_bank(self, sources: Sequence[Source], topic_only: bool = False) -> Iterator[str]:
        anchors = [(PurePosixPath(s.document).stem, slugify(s.heading.split(" > ")[0])) for s in sources]
        topics = {s.topic for s in sources[:1]}
        ranked = []
        for question in self.bank:
            rests_on = {tuple(anchor.split("--")[0].split("#", 1)) for anchor in question.notes}
            places = [i for i, anchor in enumerate(anchors) if anchor in rests_on]
            if places or (topic_only and question.topic in topics):
                ranked.append((min(places, default=len(anchors)), _LEVELS[question.level], question.id, question.question))
        # the first source's questions, one a level, then the others
        by_level: dict[tuple[int, int], int] = {}
        keyed = []
        for place, level, id_, text in sorted(ranked):
            turn = by_level.get((place, level), 0)
            by_level[place, level] = turn + 1
            keyed.append((place, turn, level, id_, text))
        yield from (text for *_, text in sorted(keyed))

    def _from_parts(self, sources: Sequence[Source]) -> Iterator[str]:
        for source in sources[:1]:
            section = source.heading.split(" > ")[0]
            parts = {c.part for c in self.chunks if c.document == source.document and c.section == section}
            if section:
                yield from (q.format(section) for part, q in _PART_QUESTIONS.items() if part in parts)


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0
