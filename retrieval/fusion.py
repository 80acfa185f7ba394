"""Fusing the scores of several searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

RRF_K = 60
Scores = npt.NDArray[np.float32]


def min_max(scores: Scores) -> Scores:
    """Scores scaled to [0, 1]; zeros when all are equal. Source: Bruch, Gai and Ingber, 2022, arXiv:2210.11934.

    >>> min_max(np.array([2.0, 4.0, 3.0], np.float32)).tolist()
    [0.0, 1.0, 0.5]
    """
    low, high = scores.min(), scores.max()
    if high <= low:
        return np.zeros_like(scores)
    scaled: Scores = (scores - low) * np.float32(1.0 / (high - low))
    return scaled


def reciprocal_rank_fusion(rankings: Sequence[Sequence[str]], k: int = RRF_K) -> dict[str, float]:
    """Score each id by the sum over rankings of 1 / (k + rank), ranks from 1.

    Source: Cormack, Clarke and Büttcher, SIGIR 2009.

    >>> reciprocal_rank_fusion([["a", "b"], ["b"]], k=1) == {"a": 1 / 2, "b": 1 / 3 + 1 / 2}
    True
    """
    fused: dict[str, float] = {}
    for ranking in rankings:
        for rank, id_ in enumerate(ranking, 1):
            fused[id_] = fused.get(id_, 0.0) + 1.0 / (k + rank)
    return fused


def best_first(scores: Mapping[str, float]) -> list[str]:
    """Ids by falling score, ties in id order so that results are reproducible."""
    return sorted(scores, key=lambda id_: (-scores[id_], id_))
