"""Metrics as pure functions of scores and labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Probability that a positive scores above a negative, ties counting half. Both must be non-empty.

    >>> auroc([0.9, 0.5], [0.5, 0.1])
    0.875
    """
    above = np.asarray(positives)[:, None] - np.asarray(negatives)[None, :]
    return float(np.mean((above > 0) + 0.5 * (above == 0)))


def expected_calibration_error(probabilities: Sequence[float], outcomes: Sequence[bool], bins: int = 10) -> float:
    """Mean gap between confidence and frequency over equal-width bins, weighted by their size.

    Source: Naeini, Cooper and Hauskrecht, AAAI 2015.

    >>> expected_calibration_error([0.8] * 5, [True] * 4 + [False])
    0.0
    """
    p, y = np.asarray(probabilities, float), np.asarray(outcomes, float)
    place = np.minimum((p * bins).astype(int), bins - 1)
    gaps = [abs(p[place == b].mean() - y[place == b].mean()) * np.mean(place == b) for b in np.unique(place)]
    return round(float(sum(gaps)), 12)


def reciprocal_rank(ranking: Sequence[str], relevant: set[str]) -> float:
    """1 / rank of the first relevant item, 0 when there is none.

    >>> reciprocal_rank(["a", "b"], {"b"})
    0.5
    """
    return next((1.0 / rank for rank, item in enumerate(ranking, 1) if item in relevant), 0.0)


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Normalised discounted cumulative gain at k with linear gain; 0 when nothing is relevant.

    Source: Järvelin and Kekäläinen, ACM TOIS 2002, doi:10.1145/582415.582418.

    >>> round(ndcg(["x", "a"], {"a": 1}, 10), 3)
    0.631
    """
    gains = [max(0, grades.get(item, 0)) / math.log2(rank + 1) for rank, item in enumerate(ranking[:k], 1)]
    ideal = sorted((max(0, grade) for grade in grades.values()), reverse=True)[:k]
    best = sum(grade / math.log2(rank + 1) for rank, grade in enumerate(ideal, 1))
    return sum(gains) / best if best else 0.0


def recall(ranking: Sequence[str], relevant: set[str], k: int) -> float:
    """Share of the relevant items among the first k; `relevant` must not be empty.

    >>> recall(["a", "x"], {"a", "b"}, 2)
    0.5
    """
    return len(relevant & set(ranking[:k])) / len(relevant)


def risk_coverage(confidences: Sequence[float], wrong: Sequence[bool]) -> list[tuple[float, float]]:
    """The curve of (coverage, risk): answering only the most confident share of the cases, which share of the answers is wrong.

    Cases of equal confidence are answered together, each at the risk of the whole group.
    Source: El-Yaniv and Wiener, JMLR 2010; Geifman and El-Yaniv, 2017, arXiv:1705.08500.

    >>> risk_coverage([0.9, 0.8, 0.1, 0.1], [False, True, True, True])
    [(0.25, 0.0), (0.5, 0.5), (0.75, 0.75), (1.0, 0.75)]
    """
    scores, errors = np.asarray(confidences, float), np.asarray(wrong, float)
    order = np.argsort(-scores, kind="stable")
    running = np.cumsum(errors[order]) / np.arange(1, len(order) + 1)
    group_end = np.searchsorted(-scores[order], -scores[order], side="right") - 1
    return [((place + 1) / len(order), float(running[end])) for place, end in enumerate(group_end)]
