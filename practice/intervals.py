"""How sure a mean in [0, 1] is."""

from __future__ import annotations

import math

Z95 = 1.959964  # two-sided 95 %


def wilson_interval(mean: float, count: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a mean of `count` values in [0, 1]; (0, 1) without values.

    Exact in spirit for right or wrong, and on the safe side for part scores and for unequal probabilities, whose variance is
    at most `mean * (1 - mean)`. `count` may be a fraction (an effective number). Source: Wilson, 1927,
    doi:10.1080/01621459.1927.10502953.
    """
    if count <= 0:
        return 0.0, 1.0
    mean = min(max(mean, 0.0), 1.0)  # a mean of ones can exceed 1 by rounding
    scale = 1 + z * z / count
    centre = (mean + z * z / (2 * count)) / scale
    half = z / scale * math.sqrt(mean * (1 - mean) / count + z * z / (4 * count * count))
    return max(0.0, centre - half), min(1.0, centre + half)
