"""A measured figure with its 95 % interval, by resampling the cases it was measured on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from evals.tables import format_figure

RESAMPLES = 2000
SEED = 0
TAILS = (2.5, 97.5)  # percentiles
ONE_SIDED = 0.05
Better = Literal["higher", "lower", "neither"]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A value, its 95 % interval, the number of cases behind it, and which direction is better."""

    value: float
    low: float
    high: float
    n: int
    better: Better = "higher"

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy; `Figure(**...)` is its inverse."""
        return asdict(self)


Figures = dict[str, Figure]
Groups = dict[str, Figures]  # group -> name -> figure


def mean_figure(values: Sequence[float] | Sequence[bool], better: Better = "higher") -> Figure:
    """The mean of one value a case; of booleans, a share. `values` must not be empty.

    Where every case agrees a bootstrap has no width: the bound is then the share that would still give such a sample in one
    of twenty. Source: Hanley and Lippman-Hand, JAMA 1983 ("the rule of three").

    >>> mean_figure([True] * 58 + [False] * 2).value
    0.9667
    >>> mean_figure([True] * 60).low
    0.9513
    """
    sample = np.asarray(values, float)
    if len(set(sample.tolist())) == 1 and sample[0] in {0.0, 1.0}:
        reach = ONE_SIDED ** (1 / len(sample))
        low, high = (reach, 1.0) if sample[0] else (0.0, 1 - reach)
        return _figure(float(sample[0]), low, high, len(sample), better)
    random = np.random.default_rng(SEED)
    drawn = sample[random.integers(0, len(sample), (RESAMPLES, len(sample)), dtype=np.int32)].mean(axis=1)
    low, high = np.percentile(drawn, TAILS)
    return _figure(float(sample.mean()), float(low), float(high), len(sample), better)


def bootstrap(statistic: Callable[..., float], *samples: Sequence[float] | Values, better: Better = "higher") -> Figure:
    """A statistic of one or more samples; each is resampled on its own, so that the make-up of the cases stays.

    The interval is the percentile bootstrap's. Source: Efron and Tibshirani, 1993, chapter 13.

    >>> bootstrap(lambda a, b: a.mean() - b.mean(), [1.0, 1.0], [0.5, 0.5]).value
    0.5
    """
    random = np.random.default_rng(SEED)
    arrays = [np.asarray(sample, float) for sample in samples]
    drawn = [
        statistic(*(array[random.integers(0, len(array), len(array))] for array in arrays)) for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(drawn, TAILS)
    return _figure(float(statistic(*arrays)), float(low), float(high), sum(len(array) for array in arrays), better)


def paired_bootstrap(
    statistic: Callable[[Values, Values], float], scores: Sequence[float], outcomes: Sequence[float] | Sequence[bool],
    better: Better = "higher",
) -> Figure:
    """A statistic of pairs (score, outcome) that belong together; the pairs are resampled."""
    pairs = np.column_stack([np.asarray(scores, float), np.asarray(outcomes, float)])
    random = np.random.default_rng(SEED)
    drawn = []
    for _ in range(RESAMPLES):
        picked = pairs[random.integers(0, len(pairs), len(pairs))]
        drawn.append(statistic(picked[:, 0], picked[:, 1]))
    low, high = np.percentile(drawn, TAILS)
    return _figure(float(statistic(pairs[:, 0], pairs[:, 1])), float(low), float(high), len(pairs), better)


def percentile_figure(values: Sequence[float], percentile: float) -> Figure:
    """A percentile of timings."""
    return bootstrap(lambda sample: float(np.percentile(sample, percentile)), values, better="lower")


def _figure(value: float, low: float, high: float, n: int, better: Better) -> Figure:
    return Figure(round(value, 4), round(low, 4), round(high, 4), n, better)


def print_figures(figures: Figures, as_json: bool) -> None:
    """One group of figures on stdout: as one JSON object, or a line each."""
    if as_json:
        print(json.dumps({name: figure.to_dict() for name, figure in figures.items()}))
    else:
        width = max(map(len, figures)) + 2
        print("\n".join(f"{name:{width}}{format_figure(figure.to_dict())}" for name, figure in figures.items()))


def groups_to_dict(groups: Mapping[str, Mapping[str, Figure]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Groups of figures, JSON-ready."""
    return {group: {name: figure.to_dict() for name, figure in figures.items()} for group, figures in groups.items()}
