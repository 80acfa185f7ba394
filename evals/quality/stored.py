"""How near are the cases to what the index already holds? The product stores questions that point at sections.

Cases and stored questions have authors of the same kind, so a case may be worded like a stored question. These figures say how
often, and how the search does on the cases that are far from all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.question_store import get_question_store
from core.settings import Settings
from evals.cases import Case
from evals.quality.figures import Figures, mean_figure
from evals.quality.retrieval import SCORES, Ranked
from retrieval.lexical import tokenize
from retrieval.retriever import Retriever

NEAR, FAR = 0.9, 0.75  # cosines
FAR_SCORES = ("right topic first", "right section in top 5", "MRR")


def stored_figures(settings: Settings, retriever: Retriever, found: Sequence[Ranked], unanswerable: Sequence[Case]) -> Figures:
    """Shares of cases in the words of a stored question, or near one; the search's scores on cases far from all; none without any."""
    stored, vectors = get_question_store(settings).load()
    if not stored:
        return {}
    wordings = {frozenset(tokenize(chunk.text)) for chunk in stored}
    figures: Figures = {}
    for kind, cases in (("answerable", [ranked.case for ranked in found]), ("unanswerable", list(unanswerable))):
        nearest = (retriever.encode([case.question for case in cases]) @ vectors.T).max(axis=1)
        same = [frozenset(tokenize(case.question)) in wordings for case in cases]
        figures[f"{kind}: the stems of a stored question"] = mean_figure(same, "lower")
        figures[f"{kind}: cosine to the nearest stored question"] = mean_figure(nearest.tolist(), "neither")
        figures[f"{kind}: nearest at {NEAR} or above"] = mean_figure((nearest >= NEAR).tolist(), "lower")
        far = [ranked for ranked, cosine in zip(found, nearest, strict=True) if cosine < FAR] if kind == "answerable" else []
        for name in FAR_SCORES if far else ():
            figures[f"{name}, nearest below {FAR}"] = mean_figure([SCORES[name](ranked) for ranked in far])
    return figures
