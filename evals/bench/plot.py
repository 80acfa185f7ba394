"""The plot of retrieval over corpus size, as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.bench.figures import BenchUnavailableError

SIZE = (6.4, 4.0)  # inches
PLOT_FILE = "retrieval-speed.svg"
LINES = {
    "p95 ms": ("search, p95", "#1f4e79", "--"), "p50 ms": ("search, p50", "#1f4e79", "-"),
    "floor p95 ms": ("floor, p95", "#d08a4e", "--"), "floor p50 ms": ("floor, p50", "#d08a4e", "-"),
}


def draw_sizes(rows: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Milliseconds of a search and of its floor, by number of chunks. Raises BenchUnavailableError without matplotlib."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as Canvas
    except ImportError as error:
        raise BenchUnavailableError("The plot needs matplotlib.") from error
    sizes = [int(size) for size in rows]
    with mpl.rc_context({"svg.hashsalt": "groundwork", "svg.fonttype": "none", "font.family": "sans-serif"}):
        canvas = Canvas(figsize=SIZE, layout="constrained")
        axes = canvas.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        for name, (label, colour, style) in LINES.items():
            axes.plot(sizes, [row[name] for row in rows.values()], style, color=colour, label=label, marker="o", markersize=3)
        axes.set(xscale="log", xlabel="chunks", ylabel="milliseconds", ylim=(0, None), title="Search over corpus size")
        axes.set_xticks(sizes, [f"{size / 1000:g}k" for size in sizes])
        axes.minorticks_off()
        axes.legend(frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        canvas.savefig(path, metadata={"Date": None, "Creator": None})
