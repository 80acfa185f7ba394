"""Does a search lead to the sections that answer? Figures over the answerable cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from chat.answering import SEARCH_DEPTH
from core.types import Retrieval
from evals.cases import Case, ranked_sections
from evals.metrics import ndcg, recall, reciprocal_rank
from evals.quality.figures import Figure, Figures, mean_figure
from retrieval.retriever import Retriever

LEG_DEPTH = 200  # passages that a leg's ranking of sections is read off
STAGES = {"dense": "dense", "lexical": "lexical", "fused": "fused", "shipped": "scores"}  # arrays of `retrieval.retriever.Search`
TOP = 5


@dataclass(frozen=True)
class Ranked:
    """What a system found for a case: the topic of its first passage, and distinct sections, best first."""

    case: Case
    topic: int | None
    sections: list[str]


def search_cases(retriever: Retriever, cases: Sequence[Case], timings_ms: list[float] | None = None) -> list[Ranked]:
    """Search for every case as the chat does; `timings_ms` collects the duration of each search."""
    found = []
    for case in cases:
        retrieval = retriever.retrieve(case.question, SEARCH_DEPTH, None)
        if timings_ms is not None:
            timings_ms.append(sum(retrieval.timings_ms.values()))
        found.append(_ranked(case, retrieval))
    return found


def _ranked(case: Case, retrieval: Retrieval) -> Ranked:
    chunks = [hit.chunk for hit in retrieval.hits]
    return Ranked(case, chunks[0].topic if chunks else None, ranked_sections(chunks))


def topics_of(case: Case) -> set[int]:
    """The topics that hold a labelled section."""
    return {int(anchor[:2]) for anchor in case.sections}


SCORES: dict[str, Callable[[Ranked], float]] = {
    "right topic first": lambda r: float(r.topic in topics_of(r.case)),
    "best topic first": lambda r: float(r.topic == r.case.topic),
    "right section first": lambda r: float(bool(set(r.sections[:1]) & set(r.case.sections))),
    "right section in top 5": lambda r: float(bool(set(r.sections[:TOP]) & set(r.case.sections))),
    "recall@5": lambda r: recall(r.sections, set(r.case.sections), TOP),
    "MRR": lambda r: reciprocal_rank(r.sections, set(r.case.sections)),
    "nDCG@10": lambda r: ndcg(r.sections, dict.fromkeys(r.case.sections, 1), 10),
}


def ranking_figures(found: Sequence[Ranked]) -> Figures:
    """One figure a score. `right topic`: of any labelled section; `best topic`: the case's own. Ranks count distinct sections."""
    return {name: mean_figure([score(ranked) for ranked in found]) for name, score in SCORES.items()}


def difference_figures(ours: Sequence[Ranked], theirs: Sequence[Ranked]) -> Figures:
    """Our score minus theirs, case by case."""
    return {
        name: mean_figure([score(a) - score(b) for a, b in zip(ours, theirs, strict=True)]) for name, score in SCORES.items()
    }


def style_figures(found: Sequence[Ranked], score: str) -> Figures:
    """One score by the style in which the questions are worded."""
    styles = sorted({str(ranked.case.data["style"]) for ranked in found})
    return {
        style: mean_figure([SCORES[score](ranked) for ranked in found if ranked.case.data["style"] == style])
        for style in styles
    }


def leg_figures(retriever: Retriever, cases: Sequence[Case]) -> Figures:
    """nDCG@10 over sections of the dense leg, the lexical leg, their fusion and what ships; and their gain on the better leg."""
    scores: dict[str, list[float]] = {name: [] for name in STAGES}
    for case in cases:
        search = retriever.search(case.question)
        for name, stage in STAGES.items():
            order = np.argsort(-getattr(search, stage), kind="stable")[:LEG_DEPTH]
            sections = ranked_sections([retriever.chunks[place] for place in order])
            scores[name].append(ndcg(sections, dict.fromkeys(case.sections, 1), 10))
    figures: dict[str, Figure] = {name: mean_figure(values) for name, values in scores.items()}
    better = max(("dense", "lexical"), key=lambda name: figures[name].value)
    for name in ("fused", "shipped"):
        gain = np.asarray(scores[name]) - np.asarray(scores[better])
        figures[f"{name} minus the better leg"] = mean_figure(gain.tolist())
    return figures
