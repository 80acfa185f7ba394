"""A grader whose verdicts follow simple rules, so that the pages can be driven without the judge."""

from __future__ import annotations

import re

from practice.evidence import split_response, terms_of
from practice.grading import finish_grade
from practice.types import Criterion, FoundMisconception, Grade, PointVerdict, PracticeQuestion


class ScriptedGrader:
    """A point is met when a sentence holds half of its words, contradicted when that sentence says `never`, unsure with `maybe`."""

    def grade(self, question: PracticeQuestion, response: str) -> Grade:
        pieces = split_response(response)
        criteria = [self._decide(point.text, point.weight, point.required, pieces, question.notes) for point in question.key_points]
        wrong = [
            FoundMisconception(m.wrong, m.correction, piece)
            for m in question.misconceptions for piece in pieces if _share(m.wrong, piece) > 0.8
        ]
        return finish_grade(question, criteria, wrong)

    def _decide(self, text: str, weight: int, required: bool, pieces: list[str], notes: tuple[str, ...]) -> Criterion:
        best = max(pieces, key=lambda piece: _share(text, piece), default="")
        verdict: PointVerdict = "missed"
        if best and _share(text, best) >= 0.5:
            verdict = "contradicted" if "never" in best else "unsure" if "maybe" in best else "met"
        anchor = notes[0] if notes else ""
        quote = "" if verdict == "missed" else best
        return Criterion(text, weight, required, verdict, quote, f"The notes put it so: {re.sub(r'[.]$', '', text)}.", anchor)


def _share(text: str, piece: str) -> float:
    terms = terms_of(text)
    return len(terms & terms_of(piece)) / len(terms)
