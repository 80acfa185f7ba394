"""How likely it is that the notes answer a query: features of the retrieval, and a logistic model fitted on labelled cases.

Fitted by `python -m evals.calibration` on the development split of `evals/cases` and on stored questions asked again; the coefficients
are in confidence.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.types import Hit
from retrieval.lexical import LexicalIndex, tokenize
from retrieval.logistic import LogisticModel
from retrieval.questions import Pointing

COEFFICIENTS_FILE = Path(__file__).with_name("confidence.json")
UNASKED_SHARE, UNASKED_AGREEMENT = 0.9, 0.6  # stand for `answered_share` and `agreement` in an index without stored questions
FEATURES = (
    "best_match", "dense_top", "dense_mean3", "coverage_top5", "rarest_term_found", "known_terms", "answered_share", "outside_margin",
    "agreement", "nowhere",
)


@dataclass(frozen=True)
class Coefficients(LogisticModel):
    """The logistic regression, and the floors that separate the verdicts."""

    answered_floor: float
    partial_floor: float


@cache
def load_coefficients(path: Path = COEFFICIENTS_FILE) -> Coefficients:
    """The fitted coefficients."""
    return Coefficients.load(path)


def confidence_features(
    query: str, hits: Sequence[Hit], places: Sequence[int], lexical: LexicalIndex, pointing: Pointing | None = None
) -> dict[str, float]:
    """Features of what a query found, in [0, 1] but for `outside_margin`, which is in [-1, 1]; `hits` are the passages at `places` of
    the lexical index.

    best_match: the cosine of the best passage or of the nearest stored question, whichever is higher (documents of the user's own
    have no questions); dense_top, dense_mean3: the best passage's cosine and the mean of the best three; coverage_top5: the share of
    the query's terms, weighted by idf, that the first five passages hold together; rarest_term_found: 1 when the query's rarest term
    is among them; known_terms: the share of the query's terms that any passage holds; answered_share: of the nearest stored
    questions, how many are answered; outside_margin: by how much the best match is nearer than the nearest question that nothing answers;
    agreement, nowhere: how likely the section model holds its first section, and that nothing answers.
    """
    if not hits:
        return dict.fromkeys(FEATURES, 0.0)
    dense = sorted((hit.dense_score or 0.0 for hit in hits), reverse=True)
    terms = set(tokenize(query))
    weights = {term: lexical.idf(term) for term in terms}
    total = sum(weights.values())
    held = {term for term in terms if lexical.holds(term, places[:5])}
    rarest = max(terms, key=lambda term: (weights[term], term), default="")
    best = max(dense[0], pointing.similarity) if pointing else dense[0]
    return {
        "best_match": best, "dense_top": dense[0], "dense_mean3": sum(dense[:3]) / len(dense[:3]),
        "coverage_top5": sum(weights[t] for t in terms & held) / total if total else 0.0,
        "rarest_term_found": float(rarest in held),
        "known_terms": sum(lexical.document_frequency(t) > 0 for t in terms) / len(terms) if terms else 0.0,
        "answered_share": pointing.answered_share if pointing else UNASKED_SHARE,
        "outside_margin": best - pointing.outside if pointing else 0.0,
        "agreement": pointing.agreement if pointing else UNASKED_AGREEMENT, "nowhere": pointing.nowhere if pointing else 0.0,
    }


def confidence(features: Mapping[str, float], coefficients: Coefficients | None = None) -> float:
    """The probability in [0, 1] that the notes answer the query."""
    return (coefficients or load_coefficients()).probability(features)
