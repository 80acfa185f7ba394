"""Do the answers to the bank's questions state their key points? Presence is decided by a function that the report names.

`lexical_presence`: a run of up to three consecutive units (sentences, items, rows) of the answer holds 60 % of the point's stems
and all of its numbers. It rewards shared words: it cannot see a negation, and it misses what is said in other words.
`JudgePresence`: the trained judge calls one of the runs that share most with the point a support of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from chat.answering import Assistant
from chat.citations import CITATION
from chat.passages import split_units
from core.content import Question
from core.judge import Judge
from core.types import Answer
from evals.judge.texts import split_of
from evals.quality.figures import Figures, mean_figure
from retrieval.lexical import tokenize

RUN_UNITS = 3
COVERAGE = 0.6  # share of a key point's stems
JUDGED_RUNS = 3  # runs of units that the judge reads a key point
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
Presence = Callable[[Sequence[str], str], list[bool]]  # key points, answer -> present or not, one a key point


@dataclass(frozen=True)
class Run:
    """Consecutive units of an answer."""

    text: str

    @cached_property
    def terms(self) -> set[str]:
        """Its stems."""
        return set(tokenize(self.text))

    def coverage(self, point: str) -> float:
        """The share of a key point's stems in it, in [0, 1]."""
        terms = set(tokenize(point))
        return len(terms & self.terms) / len(terms) if terms else 0.0


def runs_of(text: str, units: int = RUN_UNITS) -> list[Run]:
    """Every run of up to `units` consecutive units of an answer, citation marks removed; only the longest at each start."""
    pieces = [
        piece for unit in split_units(CITATION.sub("", text))
        for piece in (unit.text.splitlines() if unit.kind == "table" else [unit.text]) if piece.strip()
    ]
    return [Run(" ".join(pieces[start : start + units])) for start in range(max(1, len(pieces) - units + 1))]


def lexical_presence(points: Sequence[str], answer: str) -> list[bool]:
    """Shared stems and numbers.

    >>> answer = "IVF scans the nearest clusters. HNSW has links."
    >>> lexical_presence(["IVF scans only the nearest clusters.", "HNSW takes 64 links."], answer)
    [True, False]
    """
    runs = runs_of(answer)
    return [any(run.coverage(point) >= COVERAGE and _numbers(point) <= _numbers(run.text) for run in runs) for point in points]


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(re.sub(r"(?<=\d),(?=\d{3})", "", text)))


class JudgePresence:
    """Presence by the judge."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def __call__(self, points: Sequence[str], answer: str) -> list[bool]:
        """True for each key point that one of the runs closest to it supports."""
        runs = runs_of(answer)
        pairs = [
            (place, (point, run.text))
            for place, point in enumerate(points)
            for run in sorted(runs, key=lambda run: -run.coverage(point))[:JUDGED_RUNS]
        ]
        judgements = self._judge.judge([pair for _, pair in pairs])
        present = {place for (place, _), judgement in zip(pairs, judgements, strict=True) if judgement.support == "supported"}
        return [place in present for place in range(len(points))]


def available_presences(judge: Judge | None) -> dict[str, Presence]:
    """The ways to decide presence by name, the most trusted first: the judge when there is one, and shared words."""
    lexical: dict[str, Presence] = {"shared words": lexical_presence}
    return {"judge": JudgePresence(judge), **lexical} if judge else lexical


def ask_bank(assistant: Assistant, questions: Sequence[Question]) -> list[Answer]:
    """Ask every question of the bank on its own."""
    return [assistant.answer(question.question, ()) for question in questions]


def key_point_figures(questions: Sequence[Question], answers: Sequence[Answer], name: str, presence: Presence) -> Figures:
    """Mean share of a question's key points in its answer: all, the required ones, and by weight; a refusal holds none."""
    shares, required, weighted, unseen = [], [], [], []
    for question, answer in zip(questions, answers, strict=True):
        points = question.key_points
        covered = answer.verdict != "not_covered"
        present = presence([point.text for point in points], answer.text) if covered else [False] * len(points)
        shares.append(sum(present) / len(points))
        weighted.append(sum(p.weight for p, there in zip(points, present, strict=True) if there) / sum(p.weight for p in points))
        if needed := [there for point, there in zip(points, present, strict=True) if point.required]:
            required.append(sum(needed) / len(needed))
        if split_of(question.id) == "test":
            unseen.append(shares[-1])
    figures = {
        f"key points present ({name})": mean_figure(shares), f"required ones ({name})": mean_figure(required),
        f"by weight ({name})": mean_figure(weighted),
    }
    if unseen and name == "judge":
        figures[f"of questions that the judge has not seen ({name})"] = mean_figure(unseen)
    return figures
