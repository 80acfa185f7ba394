"""Three follow-up questions under an answer: the bank's that are nearest to it, else from the sections' parts; under one from a document
of the learner's own or a study plan, on its other sections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, zip_longest

from core.content import Question, QuestionLevel, anchor_of
from core.types import Chunk, Source, is_own
from retrieval.follow_ups import LEVELS, Aim, QuestionMap, climb_levels, is_repeat

COUNT = 3
_NUMBER = re.compile(r"^\d+(?:\.\d+)*[.)]?\s+")
POOL = 9  # nearest questions from which one a level is offered
_PART_QUESTIONS = {
    "How it works": "How does {} work?", "Trade-offs": "What are the trade-offs of {}?",
    "Pitfalls": "What are the pitfalls of {}?", "Worked example": "Can you show a worked example of {}?",
}


@dataclass(frozen=True)
class FollowUps:
    """Suggests the next questions from the bank and the structure of the notes."""

    bank: Sequence[Question]
    chunks: Sequence[Chunk]

    @cached_property
    def _map(self) -> QuestionMap[Question]:
        return QuestionMap(self.bank)

    def suggest(self, question: str, sources: Sequence[Source], asked: Sequence[str] = ()) -> tuple[str, ...]:
        """Up to three questions close to the sources, the easiest first, none that was asked already."""
        chosen: list[str] = []
        apart = bool(sources) and (is_own(sources[0].document) or sources[0].topic is None)  # the bank has no questions on it
        own = self._from_sections(sources[0]) if apart else ()
        for candidate in chain(own, self._from_bank(question, sources), self._from_parts(sources)):
            if not is_repeat(candidate, (question, *asked, *chosen)):
                chosen.append(candidate)
            if len(chosen) == COUNT:
                break
        return tuple(chosen)

    def questions(
        self, subject: str, chunks: Sequence[Chunk], said: str, count: int, levels: Sequence[QuestionLevel] = ()
    ) -> list[Question]:
        """Questions of the bank on a subject and the passages found for it, the nearest of each level first; without a subject one a topic.

        `said` is what was said before: a question in it is not offered again. Only those of `levels`, the nearest first, if any.
        """
        if not subject:
            by_topic: dict[int, list[Question]] = {}
            for question in sorted(self.bank, key=lambda q: LEVELS[q.level]):
                if question.question not in said and (not levels or question.level in levels):
                    by_topic.setdefault(question.topic, []).append(question)
            return [question for row in zip_longest(*by_topic.values()) for question in row if question][:count]
        anchors = tuple(dict.fromkeys(anchor_of(chunk.document, *chunk.headings[:2]) for chunk in chunks))
        aim = Aim(subject, anchors, next((chunk.topic for chunk in chunks), None))
        ranked = [q for q in self._near(aim) if q.question not in said]
        if wanted := [q for q in ranked if q.level in levels]:
            return wanted[:count]
        return sorted(list(climb_levels(ranked[: max(POOL, count)]))[:count], key=lambda q: LEVELS[q.level])

    def nearest(self, chunks: Sequence[Chunk]) -> tuple[str, ...]:
        """Questions on the nearest topics, offered when the notes do not cover what was asked."""
        topics = list(dict.fromkeys(chunk.topic for chunk in chunks if chunk.topic is not None))[:COUNT]
        found = [next((q.question for q in self.bank if q.topic == topic), None) for topic in topics]
        return tuple(question for question in found if question)

    def _near(self, aim: Aim) -> list[Question]:
        """Questions on the sections or on the topic of an aim, the nearest first."""
        return [q for q in self._map.rank(aim) if _rests_on(q, aim.anchors) or q.topic == aim.topic]

    def _from_bank(self, question: str, sources: Sequence[Source]) -> Iterator[str]:
        """One of each level among the nearest questions on the sources or on the first one's topic, then the others."""
        topic = next((s.topic for s in sources), None)
        aim = Aim(question, tuple(dict.fromkeys(_anchor(s) for s in sources)), topic)
        places = self._near(aim)
        yield from (q.question for q in climb_levels(places[:POOL]))
        yield from (q.question for q in places[POOL:])

    def _from_parts(self, sources: Sequence[Source]) -> Iterator[str]:
        for source in sources[:1]:
            section = source.heading.split(" > ")[0]
            parts = {c.part for c in self.chunks if c.document == source.document and c.section == section}
            if section:
                yield from (q.format(section) for part, q in _PART_QUESTIONS.items() if part in parts)

    def _from_sections(self, source: Source) -> Iterator[str]:
        """On the sections of a source's document, those behind the cited one first."""
        sections = list(dict.fromkeys(c.section for c in self.chunks if c.document == source.document and c.section))
        cited = source.heading.split(" > ")[0]
        after = sections.index(cited) + 1 if cited in sections else 0
        others = [name for name in sections[after:] + sections[:after] if name not in {cited, source.title}]
        title = source.title.split(": ")[0]
        yield from (f"What does {title} say about {_NUMBER.sub('', name)}?" for name in others)


def _anchor(source: Source) -> str:
    """The anchor of the section, or of its part, that a source stands in."""
    return anchor_of(source.document, *source.heading.split(" > ")[:2])


def _rests_on(question: Question, anchors: Sequence[str]) -> bool:
    sections = {anchor.split("--")[0] for anchor in anchors}
    return any(note.split("--")[0] in sections for note in question.notes)
