"""From the judge's reading of a response to one verdict a key point: a multinomial logistic model over what was read.

The judge alone leans toward "contradicted" on answers unlike its training; similarity, shared terms and numbers correct it. Fitted by
`python -m evals.grading --fit` on the development answers; the coefficients are in verdicts.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from practice.evidence import terms_of
from practice.quantities import find_quantities, missing_quantities
from practice.types import PointVerdict

COEFFICIENTS_FILE = Path(__file__).with_name("verdicts.json")
VERDICTS: tuple[PointVerdict, ...] = ("met", "partly", "missed", "contradicted")
UNSURE_BELOW = 0.42  # probability of the likeliest verdict
WORDS_SCALE = 100
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What was read of one key point: the judge's probabilities and the cosines, one row a piece and one a window of the response."""

    piece_odds: Floats
    window_odds: Floats
    piece_cosines: Floats
    window_cosines: Floats

    @property
    def nearest(self) -> int:
        """The piece closest in meaning."""
        return int(np.argmax(self.piece_cosines))

    @property
    def speaking(self) -> int:
        """The piece that the judge finds least unrelated."""
        return int(np.argmin(self.piece_odds[:, 2]))


@dataclass(frozen=True)
class VerdictModel:
    """Scaling of the features, and weights (features, verdicts) with an intercept a verdict."""

    mean: Sequence[float]
    scale: Sequence[float]
    weights: Sequence[Sequence[float]]
    intercepts: Sequence[float]

    def probabilities(self, features: Sequence[float]) -> Floats:
        """The probability of each of VERDICTS."""
        scaled = (np.asarray(features) - np.asarray(self.mean)) / np.asarray(self.scale)
        logits = scaled @ np.asarray(self.weights) + np.asarray(self.intercepts)
        odds: Floats = np.exp(logits - logits.max())
        share: Floats = odds / odds.sum()
        return share


@cache
def load_verdict_model(path: Path = COEFFICIENTS_FILE) -> VerdictModel:
    """The fitted model."""
    data: Mapping[str, list[float]] = json.loads(path.read_text(encoding="utf-8"))
    return VerdictModel(**data)  # type: ignore[arg-type]


def verdict_features(key_point: str, pieces: Sequence[str], reading: Reading) -> list[float]:
    """What the verdict depends on: the judge's log probabilities at the best window and at two pieces, their extremes, cosines, shared
    terms, and whether the key point's numbers were said."""
    window = reading.window_odds[int(np.argmin(reading.window_odds[:, 2]))]
    odds = [window, reading.piece_odds[reading.nearest], reading.piece_odds[reading.speaking]]
    terms = terms_of(key_point)
    said = " ".join(pieces)
    overlaps = [len(terms & terms_of(piece)) / max(1, len(terms)) for piece in pieces]
    wanted = find_quantities(key_point)
    missing = missing_quantities(wanted, find_quantities(said))
    return [
        *(float(value) for row in odds for value in np.log(row + 1e-3)),
        float(reading.piece_odds[:, 0].max()), float(reading.piece_odds[:, 3].max()), float(reading.piece_odds[:, 1].max()),
        float(reading.piece_odds[:, 2].min()), float(reading.piece_cosines.max()), float(reading.window_cosines.max()),
        max(overlaps), len(terms & terms_of(said)) / max(1, len(terms)), float(bool(wanted)),
        len(missing) / max(1, len(wanted)), len(said.split()) / WORDS_SCALE,
    ]


def decide_verdict(key_point: str, pieces: Sequence[str], reading: Reading) -> tuple[PointVerdict, float]:
    """The likeliest verdict and its probability; `unsure` when that is low."""
    probabilities = load_verdict_model().probabilities(verdict_features(key_point, pieces, reading))
    best = int(np.argmax(probabilities))
    confidence = float(probabilities[best])
    return (VERDICTS[best] if confidence >= UNSURE_BELOW else "unsure"), confidence
