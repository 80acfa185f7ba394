"""A fitted logistic regression over named features, kept as JSON beside the module that uses it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class LogisticModel:
    """An intercept and one weight a feature."""

    intercept: float
    weights: Mapping[str, float]

    @classmethod
    def load(cls, path: Path) -> Self:
        """The model that `save` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def save(self, path: Path) -> None:
        """Write the model. Raises OSError."""
        path.write_text(json.dumps(self.__dict__, indent=1) + "\n", encoding="utf-8")

    def logit(self, features: Mapping[str, float]) -> float:
        """The weighted sum of the features."""
        return self.intercept + sum(weight * features[name] for name, weight in self.weights.items())

    def probability(self, features: Mapping[str, float], more: float = 0.0) -> float:
        """The logistic function of the logit, of which `more` is a further part, in [0, 1]."""
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, self.logit(features) + more))))
