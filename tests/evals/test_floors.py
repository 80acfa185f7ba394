"""The recorded floors, and how they are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import Settings
from evals.quality.figures import Figure
from evals.quality.floors import find_fallen, load_floors, write_floors
from evals.quality.measure import measure_floors, open_bench
from tests.conftest import shared_model

FLOOR = {"retrieval": {"MRR": Figure(0.90, 0.86, 0.93, 150)}, "abstention": {"ECE": Figure(0.04, 0.03, 0.06, 225, "lower")}}


def test_no_figure_has_fallen_below_its_floor(shipped: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    floors = load_floors()
    assert floors, "no floors are recorded: python -m evals report --write-floors"
    monkeypatch.setattr("ingest.pipeline.get_embeddings", lambda _: shared_model())
    assert find_fallen(floors, measure_floors(open_bench(shipped))) == []


def test_a_figure_may_move_within_its_interval_and_not_beyond() -> None:
    def now(mrr: float, ece: float) -> dict[str, dict[str, Figure]]:
        return {"retrieval": {"MRR": Figure(mrr, 0, 1, 150)}, "abstention": {"ECE": Figure(ece, 0, 1, 225, "lower")}}

    assert find_fallen(FLOOR, now(0.86, 0.06)) == []
    assert find_fallen(FLOOR, now(0.99, 0.00)) == []
    assert find_fallen(FLOOR, now(0.85, 0.04)) == ["retrieval, MRR: 0.8500, was 0.9000 [0.8600, 0.9300]"]
    assert len(find_fallen(FLOOR, now(float("nan"), 0.04))) == 1
    assert find_fallen(FLOOR, now(0.90, 0.07)) == ["abstention, ECE: 0.0700, was 0.0400 [0.0300, 0.0600]"]


def test_a_promise_has_no_slack() -> None:
    floors = {"answers": {"all citations exist": Figure(1.0, 0.98, 1.0, 150)}, "injections": {"obeyed": Figure(0.0, 0.0, 0.1, 30, "lower")}}
    now = {"answers": {"all citations exist": Figure(0.99, 0.97, 1.0, 150)}, "injections": {"obeyed": Figure(0.03, 0.0, 0.1, 30, "lower")}}
    assert len(find_fallen(floors, now)) == 2
    assert find_fallen(floors, floors) == []


def test_a_figure_that_is_no_longer_measured_is_missed() -> None:
    assert find_fallen(FLOOR, {"retrieval": {"MRR": Figure(0.9, 0.8, 1.0, 150)}}) == ["abstention, ECE: no longer measured"]


def test_floors_are_read_as_they_were_written(tmp_path: Path) -> None:
    words = {"answers": {"words an answer": Figure(220.0, 210.0, 230.0, 150, "neither"), "tiny": Figure(1.0, 0.3, 1.0, 3)}}
    file = tmp_path / "floors.json"
    write_floors({**FLOOR, **words}, file)
    assert load_floors(file) == {**FLOOR, "answers": {}}
    assert load_floors(tmp_path / "none.json") == {}
