"""Does the assistant know what the notes do not hold? Figures over answerable and unanswerable cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chat.answering import Assistant
from core.types import Answer
from evals.cases import Case
from evals.metrics import auroc, expected_calibration_error, risk_coverage
from evals.quality.figures import Figures, Values, bootstrap, mean_figure, paired_bootstrap
from evals.quality.retrieval import TOP, Ranked

BINS = 10


@dataclass(frozen=True)
class Reply:
    """An answer to a case."""

    case: Case
    answer: Answer

    @property
    def answerable(self) -> bool:
        """True when the notes hold the answer."""
        return bool(self.case.sections)

    @property
    def refused(self) -> bool:
        """True when the assistant says that the notes do not hold the answer."""
        return self.answer.verdict == "not_covered"


def ask_cases(assistant: Assistant, cases: Sequence[Case]) -> list[Reply]:
    """Ask every case's question on its own."""
    return [Reply(case, assistant.answer(case.question, ())) for case in cases]


def abstention_figures(replies: Sequence[Reply]) -> Figures:
    """AUROC and calibration error of the confidence; wrong answers and wrong refusals by the verdict, overall and by kind."""
    yes, no = [r for r in replies if r.answerable], [r for r in replies if not r.answerable]
    figures = {
        "AUROC": _auroc(yes, no),
        "ECE": paired_bootstrap(_ece, [r.answer.confidence for r in replies], [r.answerable for r in replies], "lower"),
        "wrong refusals": mean_figure([r.refused for r in yes], "lower"),
        "answerable but only partial": mean_figure([r.answer.verdict == "partial" for r in yes], "lower"),
        "wrong answers": mean_figure([r.answer.verdict == "answered" for r in no], "lower"),
        "wrong answers, partial ones included": mean_figure([not r.refused for r in no], "lower"),
    }
    for kind in ("off_domain", "near_miss"):
        own = [r for r in no if r.case.data["kind"] == kind]
        figures[f"AUROC, {kind}"] = _auroc(yes, own)
        figures[f"wrong answers, {kind}"] = mean_figure([r.answer.verdict == "answered" for r in own], "lower")
        figures[f"wrong answers, partial ones included, {kind}"] = mean_figure([not r.refused for r in own], "lower")
    return figures


def plain_figures(assistant: Assistant, cases: Sequence[Case]) -> Figures:
    """Verdicts on short questions as an interviewer asks them: of the field, and of other fields and everyday life."""
    replies = ask_cases(assistant, cases)
    inside, outside = ([r for r in replies if r.case.data["in_scope"] is side] for side in (True, False))
    own = [r.case.topic in {source.topic for source in r.answer.sources} for r in inside]
    return {
        "of the field, refused": mean_figure([r.refused for r in inside], "lower"),
        "of the field, only partial": mean_figure([r.answer.verdict == "partial" for r in inside], "lower"),
        "of the field, the asker's topic among the sources": mean_figure(own, "neither"),
        "of other fields, answered": mean_figure([r.answer.verdict == "answered" for r in outside], "lower"),
        "of other fields, answered or partial": mean_figure([not r.refused for r in outside], "lower"),
    }


def _auroc(yes: Sequence[Reply], no: Sequence[Reply]) -> Any:
    return bootstrap(auroc, [r.answer.confidence for r in yes], [r.answer.confidence for r in no])


def _ece(scores: Values, outcomes: Values) -> float:
    return expected_calibration_error(scores.tolist(), outcomes.astype(bool).tolist(), BINS)


def wrong_if_answered(replies: Sequence[Reply], found: Sequence[Ranked]) -> list[bool]:
    """Which replies would be wrong if they were given: the notes hold no answer, or no labelled section is in the top 5."""
    sections = {ranked.case.id: ranked.sections[:TOP] for ranked in found}
    return [not r.answerable or not set(sections[r.case.id]) & set(r.case.sections) for r in replies]


def area_figures(replies: Sequence[Reply], wrong: Sequence[bool]) -> Figures:
    """The area under the risk-coverage curve."""
    confidences = [r.answer.confidence for r in replies]
    return {"area under risk-coverage": paired_bootstrap(_area, confidences, wrong, "lower")}


def _area(scores: Values, wrong: Values) -> float:
    return float(np.mean([risk for _, risk in risk_coverage(scores.tolist(), wrong.astype(bool).tolist())]))


def abstention_curves(replies: Sequence[Reply], wrong: Sequence[bool]) -> dict[str, Any]:
    """Data to plot: the risk-coverage curve, and the reliability of the confidence in equal-width bins."""
    confidences = [r.answer.confidence for r in replies]
    p, y = np.asarray(confidences), np.asarray([r.answerable for r in replies], float)
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    return {
        "risk_coverage": [[round(c, 4), round(r, 4)] for c, r in risk_coverage(confidences, wrong)],
        "reliability": [
            {
                "confidence": round(float(p[place == b].mean()), 4), "answerable": round(float(y[place == b].mean()), 4),
                "n": int(np.sum(place == b)),
            }
            for b in np.unique(place)
        ],
    }
