"""Fusing the scores of several searches: scaled to one range, they are added (docs/decisions/0008-ranking.md)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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
