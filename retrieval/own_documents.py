"""Do the learner's own documents answer a question, or the notes? Own documents have no stored questions, so their passages are read.

The probability is fitted by `python -m evals.answerability fit --write`; the coefficients are in own_documents.json.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from core.answerability import Answerability, available_answerability
from core.types import Hit, Retrieval
from retrieval.confidence import load_coefficients
from retrieval.logistic import LogisticModel
from retrieval.retriever import Retriever

COEFFICIENTS_FILE = Path(__file__).with_name("own_documents.json")
READ, READ_AMONG = 3, 10  # so many of the learner's own passages are read, if among so many of the first
SMALLEST = 1e-3


@cache
def load_own_model(path: Path = COEFFICIENTS_FILE) -> LogisticModel:
    """The fitted probability that own documents answer, from `answer_features`."""
    return LogisticModel.load(path)


def answer_features(odds: Sequence[float]) -> dict[str, float]:
    """best: the logit of the highest of the passages' odds, which are those of `Answerability`."""
    best = min(max(*odds, SMALLEST), 1 - SMALLEST)
    return {"best": math.log(best / (1 - best))}


def own_passages(hits: Sequence[Hit]) -> list[Hit]:
    """The learner's own passages that are read, in the order found."""
    return [hit for hit in hits[:READ_AMONG] if hit.chunk.own][:READ]


def find(
    retriever: Retriever, query: str, k: int, topic: int | None = None,
    open_reader: Callable[[], Answerability | None] = available_answerability,
) -> Retrieval:
    """What `retriever` finds, with the learner's own passages read where they come first or where the notes are not sure to answer.

    When they answer, the one most likely to comes first, and the confidence is theirs. When they do not, and the notes alone do, these
    answer. Own passages that are near, but are not read to answer, are a partial answer at most: the reader misses too much to refuse.
    """
    found, floors = retriever.retrieve(query, k, topic), load_coefficients()
    own = own_passages(found.hits)
    own_first = bool(own) and found.hits[0].chunk.own
    if not own or (not own_first and found.confidence >= floors.answered_floor):
        return found
    if (reader := open_reader()) is None:
        return found
    odds = reader.odds(found.query, [hit.chunk for hit in own])
    likely = load_own_model().probability(answer_features(odds))
    if likely < floors.partial_floor:
        alone = retriever.retrieve(query, k, topic, notes_only=True)
        if alone.confidence >= floors.answered_floor:
            return _with_odds(alone, odds)
        if not own_first:
            return _with_odds(found, odds)
        likely = max(likely, min(found.confidence, floors.partial_floor))
    best = [hit for _, hit in sorted(zip(odds, own, strict=True), key=lambda pair: -pair[0])]
    rest = [hit for hit in found.hits if hit not in own]
    return _with_odds(replace(found, hits=(*best, *rest), confidence=likely), odds)


def _with_odds(found: Retrieval, odds: Sequence[float]) -> Retrieval:
    return replace(found, features={**found.features, "own_answers": max(odds)})
