"""Ratios with their spread, quantiles, and goals with the figure that decides them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

import numpy as np

from core.errors import GroundworkError


class BenchUnavailableError(GroundworkError):
    """Something cannot be measured here."""

    help = "Install the development requirements: make bench does it."


@dataclass(frozen=True)
class Figure:
    """The median of the rounds with the lowest and the highest of them; `n` is their number."""

    value: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, float]:
        """JSON-ready, as the report's tables read it."""
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4), "n": self.n}


def summarize(rounds: Sequence[float]) -> Figure:
    """One value a round, summed up.

    >>> summarize([3.0, 1.0, 2.0])
    Figure(value=2.0, low=1.0, high=3.0, n=3)
    """
    return Figure(float(median(rounds)), float(min(rounds)), float(max(rounds)), len(rounds))


def compare(measured: Sequence[float], floor: Sequence[float]) -> Figure:
    """The ratio of each round to the floor of the same round: what slows the machine down in one round slows both.

    >>> compare([2.0, 20.0], [1.0, 10.0])
    Figure(value=2.0, low=2.0, high=2.0, n=2)
    """
    return summarize([m / f for m, f in zip(measured, floor, strict=True)])


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies, interpolated.

    >>> quantile([1.0, 2.0, 3.0], 0.5)
    2.0
    """
    return float(np.quantile(values, share))


@dataclass(frozen=True)
class Goal:
    """A bound that a figure is to keep. `unit` is shown behind the numbers; ratios have none."""

    what: str
    bound: float
    direction: Literal["at most", "at least"] = "at most"
    unit: str = ""

    @property
    def text(self) -> str:
        """The bound as the tables show it, e.g. `<= 1.3`."""
        return f"{'<=' if self.direction == 'at most' else '>='} {self.bound:g}{f' {self.unit}' if self.unit else ''}"

    def judge(self, figure: Figure | None) -> str:
        """`met` or `not met` by the median, with a note when the rounds disagree; `not measured` without a figure."""
        if figure is None:
            return "not measured"
        verdict = "met" if self._keeps(figure.value) else "not met"
        agreed = self._keeps(figure.low) == self._keeps(figure.high)
        return verdict if agreed else f"{verdict}, not in all rounds"

    def _keeps(self, value: float) -> bool:
        return value <= self.bound if self.direction == "at most" else value >= self.bound


@dataclass(frozen=True)
class Measured:
    """What one measurement found: a figure for each goal (None: not measured) and everything else it saw, JSON-ready."""

    figures: Mapping[Goal, Figure | None]
    details: Mapping[str, Any] = field(default_factory=dict)

    def goal_rows(self) -> dict[str, dict[str, Any]]:
        """Goals by what they say, as the JSON file holds them."""
        return {
            goal.what: {
                "goal": goal.text, "measured": figure.to_dict() if figure else None, "rounds": figure.n if figure else None,
                "met": goal.judge(figure),
            }
            for goal, figure in self.figures.items()
        }
