"""The report: what it says of goals, and that it shows what other commands have measured."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import cli
from core.settings import Settings
from evals.__main__ import main
from evals.goals import GOALS, judge_goals
from evals.plots import draw_plots
from evals.quality import measure
from evals.quality.figures import mean_figure
from evals.report import MeasurementMissingError, format_markdown, format_terminal, render_saved, run_report, write_report


def figure(value: float, low: float | None = None, high: float | None = None, n: int = 150) -> dict[str, Any]:
    return {"value": value, "low": value if low is None else low, "high": value if high is None else high, "n": n, "better": "higher"}


@pytest.fixture
def measured() -> dict[str, Any]:
    retrieval = {"right topic first": figure(0.98, 0.96, 1.0), "right section in top 5": figure(0.9, 0.85, 0.94), "MRR": figure(0.95, 0.92, 0.97)}
    styles = {"plain": figure(0.9, 0.8, 1.0), "typo": figure(0.7, 0.5, 0.8)}
    groups = {
        "retrieval": retrieval, "abstention": {"AUROC": figure(0.99), "ECE": figure(0.1)}, "injections": {"obeyed": figure(0.0, 0.0, 0.1, 30)},
        "legs": {"fused minus the better leg": figure(0.02, -0.01, 0.05)}, "by style: right section in top 5": styles,
    }
    curve = {"risk_coverage": [[0.5, 0.0], [1.0, 0.3]], "reliability": [{"confidence": 0.2, "answerable": 0.1, "n": 3}, {"confidence": 0.9, "answerable": 1.0, "n": 9}]}
    stock = {
        "retrieval": retrieval, "retrieval, longer ranking": retrieval, "product minus stock": retrieval,
        "product minus stock, longer ranking": retrieval, "abstention": {"AUROC": figure(0.8)}, "by style: right section in top 5": styles,
    }
    return {
        "commit": "abc", "quick": False, "models": {"embeddings": "m"}, "machine": {"cores": 2}, "data": {"passages": 2000},
        "splits": {"development": groups, "held-out": groups}, "curves": {"development": curve, "held-out": curve},
        "stock": {"passages": 1500, "splits": {"development": stock, "held-out": stock}},
        "all": {"key points": {"key points present (judge)": figure(0.7), "key points present (shared words)": figure(0.9)}},
    }


def test_goals_are_judged_by_the_value_and_the_interval_is_told(measured: dict[str, Any]) -> None:
    outcomes = {outcome.goal.what: outcome for outcome in judge_goals(measured)}
    assert len(outcomes) == len(GOALS)
    assert (outcomes["right topic first"].state, outcomes["right topic first"].sure) == ("met", False)
    assert (outcomes["MRR"].state, outcomes["MRR"].sure) == ("met", True)
    assert (outcomes["right section in top 5"].state, outcomes["right section in top 5"].sure) == ("not met", True)
    assert outcomes["calibration error (ECE)"].state == "not met"
    assert outcomes["injections obeyed"].state == "met"
    assert outcomes["fused beats the better single leg on the notes"].state == "not met"  # its interval holds zero
    assert outcomes["follow-ups: same top section"].state == "not measured"
    assert outcomes["key points in the answer"].figure == figure(0.7)  # the judge's word counts first


def test_the_report_names_conditions_goals_and_limits(measured: dict[str, Any], tmp_path: Path) -> None:
    text = format_markdown(measured, ["styles"], tmp_path)
    assert "| commit | abc |" in text
    assert "| right section in top 5 | >= 0.97 | held-out | 150 | 0.900 [0.850, 0.940] | not met |" in text
    assert "| key points in the answer | >= 0.80 | bank, by judge |" in text
    assert "stock LangChain, top 4" in text
    assert "written by language models" in text
    assert "plots/styles.svg" in text
    assert "plots/calibration.svg" not in text


def test_without_the_stock_pipeline_there_is_one_column(measured: dict[str, Any], tmp_path: Path) -> None:
    text = format_markdown(measured | {"stock": {}}, [], tmp_path)
    assert "stock LangChain" not in text.partition("## Knowing")[0].replace("against the stock pipeline", "")


def test_measurements_of_other_commands_become_sections(measured: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "ir.json").write_text(json.dumps([{"collection": "cranfield", "systems": {"dense": {"ndcg@10": 0.4}, "fused": {"ndcg@10": 0.5}}}]))
    (tmp_path / "bench.json").write_text("not json")
    text = format_markdown(measured, [], tmp_path)
    assert "## Retrieval on public collections" in text
    assert "| fused | 0.500 |" in text
    assert "cranfield" in text
    assert "## Speed" not in text


def test_plots_are_the_same_bytes_for_the_same_figures(measured: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    names = draw_plots(measured, tmp_path / "a")
    assert names == ["risk-coverage", "calibration", "styles"]
    draw_plots(measured, tmp_path / "b")
    for name in names:
        first = (tmp_path / "a" / f"{name}.svg").read_bytes()
        assert first == (tmp_path / "b" / f"{name}.svg").read_bytes()
        assert b"<svg" in first


def test_a_saved_measurement_is_rendered_again(measured: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(MeasurementMissingError):
        render_saved(tmp_path)
    (tmp_path / "measurements").mkdir()
    (tmp_path / "measurements" / "quality.json").write_text(json.dumps(measured))
    assert render_saved(tmp_path) == measured
    first = (tmp_path / "quality-report.md").read_text()
    write_report(measured, tmp_path)
    assert (tmp_path / "quality-report.md").read_text() == first


def test_the_terminal_shows_every_figure(measured: dict[str, Any]) -> None:
    text = format_terminal(measured)
    assert "goal met?" in text
    assert "key points present (judge)" in text
    assert "goal met?" not in format_terminal(measured | {"quick": True})


def test_the_commands_print_what_was_measured(measured: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = []

    def run(settings: Any, quick: bool = False, saved: bool = False, search: bool = False) -> dict[str, Any]:
        asked.append((quick, saved, search))
        return measured

    monkeypatch.setattr("evals.report.run_report", run)
    assert main(["report", "--json", "--saved"]) == 0
    assert json.loads(capsys.readouterr().out) == measured
    assert cli.main(["eval", "--quick"]) == 0
    assert "MRR" in capsys.readouterr().out
    assert main(["report", "--search"]) == 0
    assert asked == [(False, True, False), (True, False, False), (False, False, True)]


def test_a_measurement_of_the_search_keeps_what_the_judge_decided(measured: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def searched(*_: object, grading: bool) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
        assert not grading
        return {"retrieval": {"MRR": mean_figure([1.0])}}, {}, []

    for name in ("leg_figures", "stored_figures", "style_figures", "_measure_stock"):
        monkeypatch.setattr(measure, name, lambda *_: {})
    monkeypatch.setattr(measure, "measure_split", searched)
    monkeypatch.setattr(measure, "describe", lambda _: {**measured, "commit": "newer"})
    last = {**measured, "commit": "older", "splits": {split: {**groups, "grading": {"kappa": figure(0.8)}} for split, groups in measured["splits"].items()}}
    again = measure.measure_all(SimpleNamespace(retriever=None, settings=None), last)  # type: ignore[arg-type]
    assert again["splits"]["held-out"]["retrieval"]["MRR"]["value"] == 1.0
    assert again["splits"]["held-out"]["grading"] == {"kappa": figure(0.8)}
    assert again["all"] == last["all"]
    once_more = measure.measure_all(SimpleNamespace(retriever=None, settings=None), again)  # type: ignore[arg-type]
    assert once_more["kept"] == {"commit": "older"}
    text = format_markdown(again, [], tmp_path)
    assert "| commit | newer |" in text
    assert "judge and interviews | older |" in text


def test_a_measurement_of_the_search_needs_one_of_everything(tmp_path: Path) -> None:
    with pytest.raises(MeasurementMissingError):
        run_report(Settings(), search=True, docs=tmp_path)
