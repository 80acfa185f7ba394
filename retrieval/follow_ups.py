"""Which question of the bank comes next: how near it is to a gap, in the notes and in what its key points say.

Shared by the follow-ups under a chat answer and by the practice that hunts a missed key point.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from core.content import KeyPoint, Roadmap
from retrieval.lexical import tokenize

LEVELS = {"beginner": 0, "intermediate": 1, "advanced": 2, "expert": 3}
SAME_QUESTION = 0.7  # Jaccard overlap of terms above which two questions count as the same
MIN_CLOSENESS = 0.2
_PART, _SECTION, _SUBTOPIC, _TOPIC, _EARLIER = 1.0, 0.9, 0.6, 0.3, 0.2


class Askable(Protocol):
    """What a question must tell to be ranked: bank questions and practice questions both do."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def topic(self) -> int | None:
        """Its topic of the roadmap."""

    @property
    def subtopic(self) -> str:
        """Its subtopic."""

    @property
    def level(self) -> str:
        """One of `LEVELS`."""

    @property
    def question(self) -> str:
        """Its text."""

    @property
    def key_points(self) -> tuple[KeyPoint, ...]:
        """What an answer should state."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Anchors of the sections it rests on."""


Q = TypeVar("Q", bound=Askable)


@dataclass(frozen=True)
class Aim:
    """What the next question should be near.

    Attributes:
        text: the missed key point, or the question that was asked.
        anchors: sections or parts of the notes, the most important first.
        topic, subtopic: where on the roadmap.
        earlier: topics that come before `topic` on the roadmap, the nearest first.
    """

    text: str
    anchors: tuple[str, ...] = ()
    topic: int | None = None
    subtopic: str = ""
    earlier: tuple[int, ...] = ()


class QuestionMap(Generic[Q]):
    """A bank arranged for finding the next question."""

    def __init__(self, questions: Sequence[Q]) -> None:
        self.questions = tuple(questions)
        self._by_id = {question.id: question for question in questions}
        texts = [[set(tokenize(text)) for text in (q.question, *(p.text for p in q.key_points))] for q in questions]
        found = Counter(term for statements in texts for term in set().union(*statements))
        self._idf = {term: math.log(1 + len(texts) / count) for term, count in found.items()}
        self._norms: list[tuple[str, float]] = []
        self._postings: dict[str, list[int]] = {}
        for question, statements in zip(questions, texts, strict=True):
            for terms in statements:
                for term in terms:
                    self._postings.setdefault(term, []).append(len(self._norms))
                self._norms.append((question.id, self._norm(terms)))

    def get(self, question_id: str) -> Q | None:
        """The question with this id, or None."""
        return self._by_id.get(question_id)

    def rarity(self, word: str) -> float:
        """The highest inverse document frequency of a word's stems over the bank; 0 for a word that is nowhere in it."""
        return max((self._idf.get(term, 0.0) for term in tokenize(word)), default=0.0)

    def closeness(self, text: str) -> dict[str, float]:
        """Question id -> cosine in [0, 1] of a text with the nearest of its key points or its text, terms weighted by idf."""
        terms = {term for term in tokenize(text) if term in self._idf}
        shared: dict[int, float] = {}
        for term in terms:
            for place in self._postings[term]:
                shared[place] = shared.get(place, 0.0) + self._idf[term] ** 2
        length = self._norm(terms)
        best: dict[str, float] = {}
        for place, product in shared.items():
            id_, norm = self._norms[place]
            best[id_] = max(best.get(id_, 0.0), product / (norm * length))
        return best

    def rank(self, aim: Aim, floor: float = MIN_CLOSENESS) -> list[Q]:
        """Questions near an aim, the nearest first: near in words, and near in the notes or earlier on the roadmap.

        `floor` is the least sum of both, each in [0, 1]: 0.6 is the same subtopic, or the same topic with like words.
        """
        near = self.closeness(aim.text)
        scored = []
        for question in self.questions:
            score = near.get(question.id, 0.0) + _nearness(question, aim)
            if score >= floor:
                scored.append((-score, LEVELS[question.level], question.id))
        return [self._by_id[id_] for *_, id_ in sorted(scored)]

    def _norm(self, terms: Iterable[str]) -> float:
        return math.sqrt(sum(self._idf[term] ** 2 for term in terms)) or 1.0


def climb_levels(questions: Sequence[Q]) -> Iterator[Q]:
    """The nearest question of each level, the easiest first, then the second nearest of each, and so on."""
    rows: list[tuple[int, int, int]] = []
    taken: Counter[str] = Counter()
    for place, question in enumerate(questions):
        rows.append((taken[question.level], LEVELS[question.level], place))
        taken[question.level] += 1
    yield from (questions[place] for *_, place in sorted(rows))


def is_repeat(text: str, others: Iterable[str]) -> bool:
    """True when a question says nearly the same as one of the others."""
    terms = set(tokenize(text))
    return any(jaccard(terms, set(tokenize(other))) >= SAME_QUESTION for other in others)


def topics_before(roadmap: Roadmap, topic: int | None) -> tuple[int, ...]:
    """The topics whose arrows lead to a topic, the nearest first; none for a topic that is not on the roadmap."""
    found: list[int] = []
    waiting = [topic]
    while waiting:
        goal = waiting.pop(0)
        before = [t.number for t in roadmap.topics if goal in t.next and t.number not in (*found, topic)]
        found += before
        waiting += before
    return tuple(found)


def _nearness(question: Askable, aim: Aim) -> float:
    """In [0, 1]: 1 in the first part aimed at, less in its section, subtopic, topic and in the topics before it."""
    best = 0.0
    for place, anchor in enumerate(aim.anchors):
        fade = 1 / (1 + 0.25 * place)
        if anchor in question.notes:
            best = max(best, _PART * fade)
        elif any(note.split("--")[0] == anchor.split("--")[0] for note in question.notes):
            best = max(best, _SECTION * fade)
    if question.topic is None or question.topic != aim.topic:
        before = aim.earlier.index(question.topic) if question.topic in aim.earlier else None
        return max(best, 0.0 if before is None else _EARLIER / (1 + before))
    return max(best, _SUBTOPIC if question.subtopic == aim.subtopic else _TOPIC)


def jaccard(one: set[str], other: set[str]) -> float:
    """Shared terms over all terms; 1 for two empty sets."""
    return len(one & other) / len(one | other) if one | other else 1.0
