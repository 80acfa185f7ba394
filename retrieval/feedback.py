"""Pseudo-relevance feedback: the first results lend the query their meaning and their terms.

Dense: the query moves toward the best passages (Rocchio, 1971). Lexical: it gains their strongest terms (RM3; Lavrenko and Croft, SIGIR
2001). Only the best candidates of the first pass are scored anew. Values chosen on Cranfield.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.models import Vectors
from core.types import Chunk
from retrieval.fusion import Scores, min_max
from retrieval.lexical import K1, LexicalIndex, tokenize

PASSAGES = 3
DENSE_WEIGHT = 0.5
TERMS, TERM_WEIGHT = 20, 0.3
MAX_FREQUENCY = 0.1  # of the passages hold a term that is lent: commoner ones say little and cost most
CANDIDATES = 1000


def apply_feedback(  # noqa: PLR0917 - one caller
    chunks: Sequence[Chunk], vectors: Vectors, lexical: LexicalIndex, vector: Scores, query: str, scores: Scores
) -> Scores:
    """Score the best candidates again with the query that the first PASSAGES make of it.

    Args:
        vector: the query's vector; `query`: its text; `scores`: the first pass, one value a chunk.

    Returns:
        One value a chunk: candidates above all others, each in its new order.
    """
    count = min(CANDIDATES, len(scores))
    candidates = np.argpartition(scores, len(scores) - count)[-count:]
    best = candidates[np.argsort(-scores[candidates], kind="stable")[:PASSAGES]]
    share = np.maximum(scores[best], 0)
    share /= max(float(share.sum()), 1e-9)
    moved = vector + DENSE_WEIGHT * (share @ vectors[best])
    dense = vectors[candidates] @ (moved / np.linalg.norm(moved)).astype(np.float32)
    words = lexical.weighted_scores(_lend_terms([chunks[i] for i in best], query, lexical))[candidates]
    fused = min_max(dense) + min_max(words)
    again: Scores = scores - (scores.max() - scores.min()) - 1
    again[candidates] = fused
    return again


def _lend_terms(passages: Sequence[Chunk], query: str, lexical: LexicalIndex) -> dict[str, float]:
    """The query's stems, each with its share, and the strongest stems of the passages with theirs."""
    strength: dict[str, float] = {}
    limit = MAX_FREQUENCY * lexical.size
    for passage in passages:
        for term, count in Counter(tokenize(f"{passage.title} {passage.heading} {passage.text}")).items():
            if lexical.document_frequency(term) <= limit:
                strength[term] = strength.get(term, 0.0) + lexical.idf(term) * count / (count + K1)
    lent = sorted(strength.items(), key=lambda pair: (-pair[1], pair[0]))[:TERMS]
    total = sum(weight for _, weight in lent) or 1.0
    own = Counter(tokenize(query))
    words = sum(own.values()) or 1
    weights = {term: count / words for term, count in own.items()}
    for term, weight in lent:
        weights[term] = weights.get(term, 0.0) + TERM_WEIGHT * weight / total
    return weights
