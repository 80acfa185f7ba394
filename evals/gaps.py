"""What a simulated candidate knows: texts that state each key point in other words, and gaps planted where a learner has them."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from core.content import KeyPoint, load_glossary, load_questions
from evals.judge.texts import load_texts
from practice.types import Criterion, FoundMisconception, Grade, PracticeQuestion, from_bank
from retrieval.lexical import tokenize

MIN_QUESTIONS, MAX_QUESTIONS = 3, 12  # that a planted gap shows in
Point = tuple[str, int]  # question, place of the key point in it
GapKind = Literal["section", "term"]
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class PlantedGap:
    """Key points that a candidate does not know: all of a section never read, or all that name a term never understood."""

    kind: GapKind
    name: str
    points: frozenset[Point]


class Phrases:
    """How key points are said: the texts of `evals/judge/pairs` where they exist, else sentences of the reference answers."""

    def __init__(self, questions: Sequence[PracticeQuestion]) -> None:
        texts = {(t.question, t.index): t for t in load_texts()}
        self._right: dict[Point, tuple[str, ...]] = {}
        self._wrong: dict[Point, tuple[str, ...]] = {}
        for question in questions:
            for place, point in enumerate(question.key_points):
                found = texts.get((question.id, place))
                self._right[question.id, place] = found.right if found else (_nearest_sentence(question, point),)
                self._wrong[question.id, place] = found.false if found else ()
        self.in_other_words = sum(1 for key in self._right if key in texts) / len(self._right) if self._right else 0.0

    def right(self, point: Point) -> tuple[str, ...]:
        """Texts that state a key point."""
        return self._right[point]

    def wrong(self, point: Point) -> tuple[str, ...]:
        """Texts that contradict a key point; perhaps none."""
        return self._wrong[point]


class KnowingGrader:
    """A grader that recognises the texts of `Phrases`; a share of its verdicts is wrong, always the same ones for a seed."""

    def __init__(self, phrases: Phrases, error_rate: float = 0.0, seed: int = 0) -> None:
        self._phrases = phrases
        self._error_rate = error_rate
        self._seed = seed

    def grade(self, question: PracticeQuestion, response: str) -> Grade:
        """Met, missed or contradicted for each key point; the score is the share met."""
        criteria = tuple(self._decide(question, place, point, response) for place, point in enumerate(question.key_points))
        score = sum(c.verdict == "met" for c in criteria) / len(criteria)
        wrong = tuple(FoundMisconception(m.wrong, m.correction, m.wrong) for m in question.misconceptions if m.wrong in response)
        rating: Literal["good", "hard", "again"] = "good" if score >= 0.75 else "hard" if score >= 0.45 else "again"
        return Grade(question.id, score, criteria, wrong, rating)

    def _decide(self, question: PracticeQuestion, place: int, point: KeyPoint, response: str) -> Criterion:
        said = next((text for text in self._phrases.right((question.id, place)) if text in response), "")
        denied = next((text for text in self._phrases.wrong((question.id, place)) if text in response), "")
        errs = bool(response) and random.Random(f"{self._seed} {question.id} {place}").random() < self._error_rate  # noqa: S311
        met = bool(said) != errs
        quote = said or denied
        verdict: Literal["met", "contradicted", "missed"] = "met" if met else "contradicted" if denied else "missed"
        return Criterion(point.text, point.weight, point.required, verdict, quote, notes_anchor=question.notes[0])


@cache
def bank_questions() -> tuple[PracticeQuestion, ...]:
    """The shipped bank as practice questions."""
    return tuple(from_bank(question) for question in load_questions())


def plant_gaps(pool: Sequence[PracticeQuestion], kinds: Iterable[GapKind], random_: random.Random) -> tuple[PlantedGap, ...]:
    """One gap of each kind named, drawn from those that show in MIN_QUESTIONS to MAX_QUESTIONS questions of the pool."""
    found: list[PlantedGap] = []
    for kind in kinds:
        possible = _sections(pool) if kind == "section" else _terms(pool)
        taken = {gap.name for gap in found}
        fitting = [g for g in possible if g.name not in taken and MIN_QUESTIONS <= _spread(g) <= MAX_QUESTIONS]
        if fitting:
            found.append(random_.choice(fitting))
    return tuple(found)


def _spread(gap: PlantedGap) -> int:
    return len({question for question, _ in gap.points})


def _sections(pool: Sequence[PracticeQuestion]) -> list[PlantedGap]:
    """Every section that questions rest on first, with all their key points."""
    points: dict[str, set[Point]] = {}
    for question in pool:
        own = {(question.id, place) for place in range(len(question.key_points))}
        points.setdefault(question.notes[0].split("--")[0], set()).update(own)
    return [PlantedGap("section", name, frozenset(found)) for name, found in sorted(points.items())]


def _terms(pool: Sequence[PracticeQuestion]) -> list[PlantedGap]:
    """Every term of the glossary that key points name, with these key points."""
    stems = {(q.id, i): " ".join(tokenize(p.text)) for q in pool for i, p in enumerate(q.key_points)}
    gaps = []
    for term in load_glossary():
        name = " ".join(tokenize(term.term))
        found = frozenset(point for point, text in stems.items() if f" {name} " in f" {text} ") if name else frozenset()
        gaps.append(PlantedGap("term", term.term, found))
    return gaps


def _nearest_sentence(question: PracticeQuestion, point: KeyPoint) -> str:
    """The sentence of the reference answers that shares most terms with a key point."""
    terms = set(tokenize(point.text))
    sentences = _SENTENCE.split(f"{question.reference_answer} {question.short_answer}")
    shared = Counter({sentence: len(terms & set(tokenize(sentence))) for sentence in sentences})
    return shared.most_common(1)[0][0]
