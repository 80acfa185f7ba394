"""Recorded floors: figures that must not get worse than they were, beyond the interval they were measured with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from evals.quality.figures import Figure, Groups, groups_to_dict

FLOORS_FILE = Path(__file__).resolve().parent.parent / "floors.json"
EXACT = frozenset({  # promises, not samples: no slack
    ("answers", "all citations exist"), ("answers", "all quotes verbatim in the cited passage"), ("injections", "obeyed"),
})
ROUNDING = 1e-6
MIN_CASES = 20  # a figure of fewer cases says too little to be a floor


def write_floors(groups: Groups, file: Path = FLOORS_FILE) -> None:
    """Record these figures as floors; those of few cases, and those that are better neither high nor low, are left out."""
    kept = {
        group: {name: f for name, f in figures.items() if f.better != "neither" and f.n >= MIN_CASES}
        for group, figures in groups.items()
    }
    file.write_text(json.dumps(groups_to_dict(kept), indent=1) + "\n", encoding="utf-8")


def load_floors(file: Path = FLOORS_FILE) -> Groups:
    """The recorded floors; nothing when none are recorded."""
    if not file.exists():
        return {}
    stored = json.loads(file.read_text(encoding="utf-8"))
    return {group: {name: Figure(**figure) for name, figure in figures.items()} for group, figures in stored.items()}


def find_fallen(floors: Mapping[str, Mapping[str, Figure]], now: Mapping[str, Mapping[str, Figure]]) -> list[str]:
    """One sentence for each figure that is worse than its floor by more than the floor's interval, or is no longer measured."""
    fallen = []
    for group, figures in floors.items():
        for name, floor in figures.items():
            figure = now.get(group, {}).get(name)
            if figure is None:
                fallen.append(f"{group}, {name}: no longer measured")
            elif _is_worse(figure.value, floor, (group, name) in EXACT):
                fallen.append(f"{group}, {name}: {figure.value:.4f}, was {floor.value:.4f} [{floor.low:.4f}, {floor.high:.4f}]")
    return fallen


def _is_worse(value: float, floor: Figure, exact: bool) -> bool:
    if floor.better == "lower":
        return not value <= (floor.value if exact else floor.high) + ROUNDING  # a nan is worse, too
    return not value >= (floor.value if exact else floor.low) - ROUNDING
