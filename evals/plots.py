"""The report's plots as SVG, the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import GroundworkError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (6.4, 4.0)  # inches
COLOURS = {"development": "#8da0cb", "held-out": "#1f4e79", "stock": "#d08a4e"}
STYLE_SCORE = "by style: right section in top 5"


class PlotsUnavailableError(GroundworkError):
    """The plots cannot be drawn."""

    help = "Install the development requirements: make eval does it."


def draw_plots(measured: Mapping[str, Any], folder: Path) -> list[str]:
    """Write the plots that the measurement has data for; their names, in order.

    Raises:
        PlotsUnavailableError: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as Canvas
    except ImportError as error:
        raise PlotsUnavailableError("The plots need matplotlib.") from error
    plots = {"risk-coverage": _risk_coverage, "calibration": _calibration, "styles": _styles}
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    with mpl.rc_context({"svg.hashsalt": "groundwork", "svg.fonttype": "none", "font.family": "sans-serif"}):
        for name, draw in plots.items():
            canvas = Canvas(figsize=SIZE, layout="constrained")
            axes = canvas.add_subplot()
            axes.spines[["top", "right"]].set_visible(False)
            if draw(axes, measured):
                canvas.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
                drawn.append(name)
    return drawn


def _risk_coverage(axes: Axes, measured: Mapping[str, Any]) -> bool:
    for split, curves in measured["curves"].items():
        coverage, risk = zip(*curves["risk_coverage"], strict=True)
        axes.plot(coverage, risk, label=split, color=COLOURS[split])
    axes.set(
        xlabel="share of all questions answered, most confident first", ylabel="share of wrong answers", xlim=(0, 1),
        ylim=(0, None),
        title="Risk and coverage",
    )
    axes.legend(frameon=False)
    return bool(measured["curves"])


def _calibration(axes: Axes, measured: Mapping[str, Any]) -> bool:
    axes.plot((0, 1), (0, 1), color="#999999", linewidth=1, linestyle="--")
    for split, curves in measured["curves"].items():
        bins = curves["reliability"]
        axes.plot([b["confidence"] for b in bins], [b["answerable"] for b in bins], color=COLOURS[split], linewidth=1)
        axes.scatter(
            [b["confidence"] for b in bins], [b["answerable"] for b in bins], s=[12 + 2 * b["n"] for b in bins], label=split,
            color=COLOURS[split],
        )
    axes.set(
        xlabel="mean confidence in the bin", ylabel="share that the notes answer", xlim=(-0.02, 1.02), ylim=(-0.05, 1.05),
        title="Calibration (area of a dot: cases in the bin)",
    )
    axes.legend(frameon=False)
    return bool(measured["curves"])


def _styles(axes: Axes, measured: Mapping[str, Any]) -> bool:
    ours = measured["splits"].get("held-out", {}).get(STYLE_SCORE, {})
    stock = measured["stock"].get("splits", {}).get("held-out", {}).get(STYLE_SCORE, {})
    systems = ((ours, "Groundwork", COLOURS["held-out"]), (stock, "stock LangChain", COLOURS["stock"]))
    bars = [bar for bar in systems if bar[0]]
    width = 0.8 / max(len(bars), 1)
    for place, (figures, label, colour) in enumerate(bars):
        values = [figures[style]["value"] for style in ours]
        error = [
            [figures[style]["value"] - figures[style]["low"] for style in ours],
            [figures[style]["high"] - figures[style]["value"] for style in ours],
        ]
        at = [index + place * width for index in range(len(ours))]
        axes.bar(at, values, width, label=label, color=colour, yerr=error, ecolor="#444444", capsize=2)
    middle = width * (len(bars) - 1) / 2
    axes.set_xticks([index + middle for index in range(len(ours))], [style.replace("_", "-") for style in ours], fontsize=9)
    axes.set(ylim=(0, 1.02), ylabel="right section in the top 5", title="By the style of the question, held-out")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2)
    return bool(bars)
