"""Fusing ranked lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

RRF_K = 60


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
