"""From the judge's reading of a response to one verdict a key point: a multinomial logistic model over what was read.

The judge alone leans toward "contradicted" on answers unlike its training; the response as a whole, shared terms and numbers correct
it. Fitted by `python -m evals.grading --fit`; the coefficients are in verdicts.json.
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
SUPPORTED, PARTLY, UNRELATED, CONTRADICTED = range(4)  # places in core.judge.SUPPORTS
UNSURE_BELOW = 0.5  # probability of the likeliest verdict
SMALLEST = 1e-3  # a probability counts as at least this much
ABOUT_FLOOR = 0.3
NEAR = 0.4  # cosine from which a text is on the subject of a key point
WORDS_SCALE = 100
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What the judge and the encoder read of a response. Odds are the judge's probabilities of SUPPORTS.

    Attributes:
        window_odds: each key point against each window of the response, shape (points, windows, 4).
        piece_odds: each key point against each piece, shape (points, pieces, 4).
        stated_odds: the other way round, each piece against the text of each key point, shape (points, pieces, 4).
        reference_odds: each piece against the reference answer, shape (pieces, 4).
        piece_cosines, window_cosines: shape (points, pieces) and (points, windows).
    """

    window_odds: Floats
    piece_odds: Floats
    stated_odds: Floats
    reference_odds: Floats
    piece_cosines: Floats
    window_cosines: Floats

    def speaking(self, point: int) -> int:
        """The piece that the judge finds least unrelated to a key point."""
        return int(np.argmin(self.piece_odds[point, :, UNRELATED]))


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


def verdict_features(points: Sequence[str], pieces: Sequence[str], reading: Reading) -> list[list[float]]:
    """What the verdicts depend on, one row a key point: readings of the point, the words and numbers it shares with the response, and how
    far the response as a whole agrees with the points and the reference answer (errors seldom come alone)."""
    windows, speaking, stated = map(_least_unrelated, (reading.window_odds, reading.piece_odds, reading.stated_odds))
    nearest = np.array([odds[np.argmax(cosines)] for odds, cosines in zip(reading.piece_odds, reading.piece_cosines, strict=True)])
    rows = [
        _point_features(number, point, pieces, reading, (windows[number], nearest[number], speaking[number], stated[number]))
        for number, point in enumerate(points)
    ]
    about = 1 - windows[:, UNRELATED]
    margins = [_margin(odds) for odds in (windows, nearest, speaking)]
    whole = [
        _mean(_margin(reading.stated_odds), 1 - reading.stated_odds[..., UNRELATED]),
        _mean(_margin(reading.reference_odds), 1 - reading.reference_odds[:, UNRELATED]),
        float(reading.reference_odds[:, CONTRADICTED].mean()), float(reading.reference_odds[:, SUPPORTED].mean()),
        *(_mean(margin, about) for margin in margins),
        float(about.mean()), float(windows[:, CONTRADICTED].mean()), float(windows[:, SUPPORTED].mean()),
    ]
    for number, row in enumerate(rows):
        others = np.where(np.arange(len(points)) == number, 0, about)
        elsewhere = _mean(margins[0], others)
        row += [
            *whole, elsewhere, _mean(margins[1] + margins[2], others), float(about[number]) * elsewhere,
            float(about[number] * margins[0][number]),
        ]
    return rows


def _least_unrelated(table: Floats) -> Floats:
    """Of each key point's rows the one that speaks of it most; shape (points, texts, 4) -> (points, 4)."""
    return np.array([odds[np.argmin(odds[:, UNRELATED])] for odds in table])


def _point_features(
    number: int, point: str, pieces: Sequence[str], reading: Reading, odds: Sequence[Floats]
) -> list[float]:
    """The judge's log probabilities at the rows in `odds`, extremes, cosines, shared terms, numbers, length; and support from afar: the
    judge has not learnt to read gibberish."""
    own, stated = reading.piece_odds[number], reading.stated_odds[number]
    terms = terms_of(point)
    said = " ".join(pieces)
    overlaps = [len(terms & terms_of(piece)) / max(1, len(terms)) for piece in pieces]
    wanted = find_quantities(point)
    missing = missing_quantities(wanted, find_quantities(said))
    near_piece, near_window = float(reading.piece_cosines[number].max()), float(reading.window_cosines[number].max())
    far = max(0.0, NEAR - max(near_piece, near_window))
    supported = float(own[:, SUPPORTED].max())
    return [
        *(float(value) for row in odds for value in _log(row)),
        supported, float(own[:, CONTRADICTED].max()), float(own[:, PARTLY].max()), float(own[:, UNRELATED].min()),
        float(stated[:, SUPPORTED].max()), float(stated[:, CONTRADICTED].max()),
        _mean(_margin(stated), 1 - stated[:, UNRELATED]),
        near_piece, near_window,
        max(overlaps), len(terms & terms_of(said)) / max(1, len(terms)), float(bool(wanted)),
        len(missing) / max(1, len(wanted)), len(said.split()) / WORDS_SCALE, far, far * max(float(odds[0][SUPPORTED]), supported),
    ]


def _log(odds: Floats) -> Floats:
    logs: Floats = np.log(odds + SMALLEST)
    return logs


def _margin(odds: Floats) -> Floats:
    """By how much support is likelier than contradiction, as a difference of logarithms."""
    margin: Floats = _log(odds[..., SUPPORTED]) - _log(odds[..., CONTRADICTED])
    return margin


def _mean(margin: Floats, about: Floats) -> float:
    """The mean margin of what speaks of the subject; near 0 when little does."""
    return float((about * margin).sum() / (about.sum() + ABOUT_FLOOR))


def decide_verdicts(points: Sequence[str], pieces: Sequence[str], reading: Reading) -> list[tuple[PointVerdict, float]]:
    """The likeliest verdict of each key point and its probability; `unsure` when that is low."""
    model = load_verdict_model()
    decided: list[tuple[PointVerdict, float]] = []
    for features in verdict_features(points, pieces, reading):
        probabilities = model.probabilities(features)
        best = int(np.argmax(probabilities))
        confidence = float(probabilities[best])
        decided.append((VERDICTS[best] if confidence >= UNSURE_BELOW else "unsure", confidence))
    return decided
