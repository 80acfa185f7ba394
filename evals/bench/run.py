"""Run measurements, print the goals, and write `docs/measurements/bench.json` and the plot."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import GroundworkError
from core.settings import REPOSITORY, Settings
from evals.bench.figures import Measured
from evals.bench.plot import PLOT_FILE, draw_sizes
from evals.bench.workspace import Workspace, say
from evals.quality.measure import describe_commit
from evals.tables import format_figure, text_table

MEASUREMENTS = {  # name -> module, which has `measure(workspace) -> Measured`
    "retrieval": "search", "ingest": "ingestion", "cold-start": "cold_start", "ask": "command", "reruns": "reruns",
    "memory": "memory",
}
DOCS = REPOSITORY / "docs"
NOTE = (
    "Ratios to a floor measured in the same run: the median of the rounds with the lowest and the highest. "
    "Measured and floor take turns."
)


def run_bench(settings: Settings, only: Sequence[str] = (), quick: bool = False, docs: Path = DOCS) -> dict[str, Any]:
    """Measure everything, or what is named in `only`, each written down when it is done; a quick run, on two topics, writes nothing.

    What is not measured now, or not yet when the run is stopped, keeps its place in the file, with the commit it was measured at.
    """
    target = docs / "measurements" / "bench.json"
    result = {} if quick else read_previous(target)
    with tempfile.TemporaryDirectory(prefix="groundwork-bench-", ignore_cleanup_errors=True) as folder:
        workspace = Workspace(Path(folder), settings.knowledge_dir, quick)
        for name in only or MEASUREMENTS:
            result = merge(result, name, *measure_one(name, workspace))
            if not quick:
                write_result(result, target, docs / "plots" / PLOT_FILE)
    return result


def measure_one(name: str, workspace: Workspace) -> tuple[dict[str, Any], dict[str, Any]]:
    """The goals and the rest of one measurement, with what the machine had to do besides. A failure is written down."""
    say(f"Measuring: {name}")
    module = importlib.import_module(f"evals.bench.{MEASUREMENTS[name]}")
    started, load = time.perf_counter(), os.getloadavg()[0]
    measured, problem = Measured({}), {}
    try:
        measured = module.measure(workspace)
    except GroundworkError as error:
        print(error.explain(), file=sys.stderr)
        problem = {"not measured": str(error)}
    figures = {goal: measured.figures.get(goal) for goal in module.GOALS}
    return Measured(figures).goal_rows(), {
        "commit": describe_commit(), "took, seconds": round(time.perf_counter() - started, 1), "load before": round(load, 2),
        **problem, **measured.details,
    }


def merge(result: Mapping[str, Any], name: str, goals: Mapping[str, Any], details: Mapping[str, Any]) -> dict[str, Any]:
    """A result with one measurement replaced or added, everything in the order of MEASUREMENTS."""
    sections = {key: value for key, value in result.items() if key in MEASUREMENTS} | {name: details}
    kept = {what: row for what, row in result.get("goals", {}).items() if row["measurement"] != name}
    rows = kept | {what: {**row, "measurement": name} for what, row in goals.items()}
    order = list(MEASUREMENTS)
    return {
        "about": NOTE, "machine": describe_machine(),
        "goals": dict(sorted(rows.items(), key=lambda row: order.index(row[1]["measurement"]))),
        **{key: sections[key] for key in order if key in sections},
    }


def read_previous(target: Path) -> dict[str, Any]:
    """The last result, or nothing."""
    try:
        found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    goals = {what: row for what, row in found.get("goals", {}).items() if row["measurement"] in MEASUREMENTS}
    return {key: found[key] for key in found if key in MEASUREMENTS} | {"goals": goals}


def write_result(result: Mapping[str, Any], target: Path, plot: Path) -> None:
    """Write the JSON file and the plot; without matplotlib the plot that is there stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    try:
        if rows := result.get("retrieval", {}).get("chunks"):
            draw_sizes(rows, plot)
    except GroundworkError as error:
        print(error.explain(), file=sys.stderr)


def describe_machine() -> dict[str, Any]:
    """What it ran on."""
    return {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count()}


def format_goals(result: Mapping[str, Any]) -> str:
    """The goals as a table for a terminal."""
    rows = [(what, row["goal"], format_figure(row["measured"]), row["met"]) for what, row in result["goals"].items()]
    problems = [f"{name}: {result[name]['not measured']}" for name in MEASUREMENTS if "not measured" in result.get(name, {})]
    return "\n".join([text_table(("what", "goal", "median [lowest, highest]", "goal met?"), rows), *problems])
