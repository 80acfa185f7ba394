"""The quality report: measure, print, and write `docs/quality-report.md` with its plots and `docs/measurements/quality.json`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import GroundworkError
from core.settings import REPOSITORY, Settings
from evals.bench.plot import PLOT_FILE
from evals.goals import Outcome, judge_goals
from evals.plots import PlotsUnavailableError, draw_plots
from evals.tables import describe_json, format_figure, format_number, markdown_table, text_table

DOCS = REPOSITORY / "docs"
ALT_TEXTS = {
    "risk-coverage": "Risk-coverage curve of both splits", "calibration": "Reliability of the confidence in ten bins",
    "styles": "Right section in the top 5 by style, against the stock pipeline",
}
OTHER_SECTIONS = {  # measurements of other commands, shown when their file is there
    "judge": "The judge: unseen topics", "ir": "Retrieval on public collections", "ablation": "Ablations", "bench": "Speed",
}
SPEED_TEXT = "Milliseconds of a search and of its floor over the number of chunks"
DETAILS = {
    "legs": "Legs on the notes, nDCG@10 over sections", "by style: right section in top 5": "Right section in top 5, by style",
    "by style: MRR": "MRR, by style",
}
WHOLE = {
    "key points": "### Key points of the bank's questions in their answers", "support": "### Support of generated sentences",
    "judge": "### The judge, on questions it has not seen", "interviews": "### Mock interviews with simulated candidates",
    "interviews, graded by the judge": "### The same, graded by the judge",
}
SUPPORT = (
    "Planted faults are sentences of the notes with one word or number changed, against their own passage: comparing words finds "
    "most of them. The paraphrases are right and wrong statements in other words, and closer to what a chat model writes."
)
GRADING = (
    "300 answers to 60 questions in eight styles and five levels, and 90 that try to fool the grader. One language model wrote the "
    "answers and labelled them, apart from the grader; others wrote the judge's training data, to other questions."
)
LIMITS = """\
- Questions, labels, notes, key points and planted texts are all written by language models. No learner has been observed, and no
  question comes from a published list. What people ask will differ.
- A label lists sections; another section may answer as well. The lists were made generously, and some are surely incomplete.
- Nothing was tuned on the held-out split. It has the same author and make-up as the development split, so it says little about
  other wordings, other notes or a learner's own documents.
- The balance of 2 answerable questions to 1 unanswerable is a choice. The calibration error and the risk-coverage curve hold
  for that balance.
- The answers to the bank's questions are found with the bank in the index, as the product ships; a new question has no such
  pointer.
- Presence of a key point is decided by a program, not by a person; each row names which.
- Intervals are percentile bootstraps over the cases (2,000 resamples); they do not cover the choice of cases. Where all cases
  agree, the bound of a share is the one that would still give such a sample one time in twenty; other figures at their limit, such
  as an AUROC of 1, show no width.
- Durations are of the machine named above and of whatever else it was doing."""


class MeasurementMissingError(GroundworkError):
    """There is no saved measurement to render."""

    help = "Run: python -m evals report"


def run_report(
    settings: Settings, quick: bool = False, saved: bool = False, search: bool = False, docs: Path = DOCS
) -> dict[str, Any]:
    """Measure (or read the last measurement) and write the report; a quick measurement writes nothing, one of the `search` keeps what the
    judge alone decides.

    Raises:
        MeasurementMissingError: `saved` or `search`, and nothing has been measured.
        IndexUnavailableError, ModelIntegrityError and what else opening the assistant raises.
    """
    from evals.quality.measure import measure_all, measure_quick, open_bench

    if saved:
        return render_saved(docs)
    last = _read_last(docs) if search else None
    bench = open_bench(settings)
    if quick:
        return measure_quick(bench)
    measured = measure_all(bench, last)
    target = docs / "measurements" / "quality.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_report(measured, docs)
    return measured


def render_saved(docs: Path = DOCS) -> dict[str, Any]:
    """Write the report again from `measurements/quality.json`, so that it shows what other commands have measured since."""
    measured = _read_last(docs)
    write_report(measured, docs)
    return measured


def _read_last(docs: Path) -> dict[str, Any]:
    try:
        measured: dict[str, Any] = json.loads((docs / "measurements" / "quality.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MeasurementMissingError("No measurement of the quality is saved.") from error
    return measured


def write_report(measured: Mapping[str, Any], docs: Path = DOCS) -> None:
    """Write the plots and the Markdown. Without matplotlib the plots that are there stay."""
    try:
        plots = draw_plots(measured, docs / "plots")
    except PlotsUnavailableError as error:
        print(error.explain(), file=sys.stderr)
        plots = [name for name in ALT_TEXTS if (docs / "plots" / f"{name}.svg").exists()]
    (docs / "quality-report.md").write_text(format_markdown(measured, plots, docs / "measurements"), encoding="utf-8")


def format_markdown(measured: Mapping[str, Any], plots: Sequence[str], measurements: Path) -> str:
    """The report as Markdown."""
    shown = {name: f"![{ALT_TEXTS[name]}](plots/{name}.svg)" for name in plots}
    parts = [
        "# Quality report",
        "Written by `make eval` (`python -m evals report`); do not edit. All figures are with the extractive engine and no "
        "reranker. `[a, b]` is the 95 % interval.",
        _conditions(measured), "## Goals", goals_table(measured, markdown_table),
        "*Not met* and *met* judge the measured value; *within the interval* says that the interval holds the goal's bound too, "
        "so that other cases might have decided otherwise.",
        "## Retrieval, against the stock pipeline", *_retrieval(measured), shown.get("styles", ""),
        *_stored(measured), "## Knowing what the notes do not hold", _splits_table(measured, "abstention"), *_stock_abstention(measured),
        shown.get("risk-coverage", ""),
        "An answer counts as wrong in the curve when the notes do not hold it, or when no labelled section is in the top five.",
        shown.get("calibration", ""),
        "### Short questions, as an interviewer asks them",
        "Written from the roadmap alone, without a look at the notes, about 300 of the field and 115 of other fields a split.",
        _splits_table(measured, "plain questions"),
        "### Details, each of one passage",
        "Four questions a passage of some topics, by writers who saw the notes: as typed into a chat, as an interviewer asks, in everyday "
        "words, and why, when or how much. Another note may answer as well, which counts as a miss.",
        _splits_table(measured, "details"),
        "### A learner's own documents, added beside the notes",
        "Eight documents a split, on other subjects, by writers who knew nothing of the notes; eight questions that each answers, "
        "and four on its subject that it does not.",
        _splits_table(measured, "own documents"),
        "## Follow-ups", _splits_table(measured, "follow-ups"), "## Answers", _splits_table(measured, "answers"),
        *_whole(measured), "## Grading", GRADING, _splits_table(measured, "grading"),
        "## Injections", _splits_table(measured, "injections"), "## Latency, in milliseconds",
        _splits_table(measured, "latency"), *_others(measurements), "## Limits", LIMITS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _conditions(measured: Mapping[str, Any]) -> str:
    rows = [("commit", str(measured["commit"]))]
    if kept := measured.get("kept"):
        rows.append(("commit of grading, key points, support, judge and interviews", str(kept["commit"])))
    rows += [(name, format_number(value)) for part in ("models", "data", "machine") for name, value in measured[part].items()]
    return markdown_table(("measured", ""), rows)


def goals_table(measured: Mapping[str, Any], table: Any) -> str:
    """Goals with the measured figure and whether they are met, in the form that `table` makes."""
    header = ("what", "goal", "measured on", "cases", "value", "goal met?")
    return str(table(header, [_goal_row(outcome) for outcome in judge_goals(measured)]))


def _goal_row(outcome: Outcome) -> list[str]:
    goal = outcome.goal
    sign = ">=" if goal.direction == "at least" else "<="
    whole = f"{'>' if goal.direction == 'at least' else '<'} 0, with the interval"
    bound = whole if goal.whole_interval else f"{sign} {goal.bound:.2f}"
    borderline = outcome.figure is not None and not goal.whole_interval and not outcome.sure
    cases = "-" if outcome.figure is None else str(outcome.figure["n"])
    measured_on = {"all": {"key points": "bank", "support": "notes"}.get(goal.group, "")}.get(goal.where, goal.where)
    if outcome.figure is not None and "(" in outcome.name:
        measured_on += f", by {outcome.name.partition('(')[2].rstrip(')')}"
    state = outcome.state + (", within the interval" if borderline else "")
    return [goal.what, bound, measured_on, cases, format_figure(outcome.figure), state]


def _splits_table(measured: Mapping[str, Any], group: str, only: str | None = None) -> str:
    """A group of figures, one column a split."""
    splits = {split: groups.get(group, {}) for split, groups in measured["splits"].items() if only in (None, split)}
    names = list(dict.fromkeys(name for figures in splits.values() for name in figures))
    if not names:
        return ""
    return markdown_table(
        ("", *splits), [(name, *(format_figure(figures.get(name)) for figures in splits.values())) for name in names]
    )


def _retrieval(measured: Mapping[str, Any]) -> list[str]:
    """Each split beside the stock pipeline, the legs, and the styles."""
    parts: list[str] = []
    for split, groups in measured["splits"].items():
        stock = measured["stock"].get("splits", {}).get(split, {})
        columns = {"Groundwork": groups["retrieval"]}
        if stock:
            columns |= {
                "stock LangChain, top 4": stock["retrieval"], "stock, ranking of 20": stock["retrieval, longer ranking"],
                "Groundwork minus stock, top 4": stock["product minus stock"],
                "minus stock, ranking of 20": stock["product minus stock, longer ranking"],
            }
        rows = [(name, *(format_figure(figures.get(name)) for figures in columns.values())) for name in groups["retrieval"]]
        parts += [f"### {split}, {groups['retrieval']['MRR']['n']} questions", markdown_table(("", *columns), rows)]
    if measured["stock"]:
        parts.append(
            f"Stock: RecursiveCharacterTextSplitter(1000, 200), the same model in float32, Chroma.from_documents, top 4 of "
            f"{measured['stock']['passages']:,} passages. A passage stands for every section that makes up a fifth of it."
        )
    for group, title in DETAILS.items():
        if table := _splits_table(measured, group):
            parts += [f"### {title}", table]
    return parts


def _stored(measured: Mapping[str, Any]) -> list[str]:
    table = _splits_table(measured, "stored questions")
    explained = (
        "The index holds questions that point at the sections which answer them. How near the cases are to these, and the search's "
        "scores on the cases that are far from all of them:"
    )
    return ["### Distance of the cases from the stored questions", explained, table] if table else []


def _stock_abstention(measured: Mapping[str, Any]) -> list[str]:
    splits = measured["stock"].get("splits", {})
    return ["The stock pipeline never refuses. AUROC of its nearest distance: " + ", ".join(
        f"{format_figure(groups['abstention']['AUROC'])} ({split})" for split, groups in splits.items()
    ) + "."] if splits else []


def _whole(measured: Mapping[str, Any]) -> list[str]:
    """What is measured on the whole bank and on the notes."""
    parts: list[str] = []
    for group, title in WHOLE.items():
        figures = measured["all"].get(group, {})
        if figures:
            rows = [(name, format_figure(figure), format_number(figure["n"])) for name, figure in figures.items()]
            parts += [title, *([SUPPORT] if group == "support" else []), markdown_table(("", "value", "n"), rows)]
    return parts


def _others(measurements: Path) -> list[str]:
    """Sections of other commands' measurements."""
    parts: list[str] = []
    for name, title in OTHER_SECTIONS.items():
        try:
            data = json.loads((measurements / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        parts.append(f"## {title}")
        if name == "bench" and (measurements.parent / "plots" / PLOT_FILE).exists():
            parts.append(f"![{SPEED_TEXT}](plots/{PLOT_FILE})")
        parts.append(describe_json(data))
    return parts


def format_terminal(measured: Mapping[str, Any]) -> str:
    """The goals, and every figure, as tables for a terminal."""
    parts = [f"commit {measured['commit']}"]
    if not measured["quick"]:
        parts.append(goals_table(measured, text_table))
    for scope, groups in [*measured["splits"].items(), ("bank and notes", measured["all"])]:
        rows = [
            (group if place == 0 else "", name, format_figure(figure), str(figure["n"]))
            for group, figures in groups.items() for place, (name, figure) in enumerate(figures.items())
        ]
        if rows:
            parts.append(text_table((scope, "", "value", "n"), rows))
    return "\n\n".join(parts)
