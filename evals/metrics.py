"""Metrics as pure functions of scores and labels."""

from __future__ import annotations

from collections.abc import Sequence

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
