"""The pure parts of the benchmark: ratios, goals, recombined corpora, and how results are kept. No timings."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import StorageError
from core.settings import Settings
from core.types import Chunk
from evals.bench import run
from evals.bench.corpus import random_unit_vectors, recombine, split_pieces
from evals.bench.figures import Figure, Goal, Measured, compare
from evals.bench.ingestion import ADDED_SENTENCE, add_sentence, change_one_file
from evals.bench.plot import draw_sizes
from evals.bench.reruns import objects_seen
from evals.bench.search import Times, choose_queries, report
from evals.bench.warm_app import PROGRAM, WarmApp
from evals.bench.workspace import Workspace, child_environment
from ingest.pipeline import ingest
from retrieval.sections import Sections
from tests.conftest import REPOSITORY

CHUNKS = [
    Chunk("a", "knowledge/notes/a.md", "Alpha", 1, ("Graphs", "Pitfalls"), "One links. Two hops?\n| x | y |", 0),
    Chunk("b", "knowledge/notes/a.md", "Alpha", 1, ("Graphs",), "Three layers.", 1),
    Chunk("c", "knowledge/notes/b.md", "Beta", 2, ("Lists",), "Four cells. Five codes. Six bytes.", 0),
]
GOAL = Goal("search over its floor", 1.3)


def test_a_slow_round_does_not_move_the_ratio() -> None:
    figure = compare([2.0, 30.0, 2.2], [1.0, 15.0, 1.0])
    assert figure == Figure(2.0, 2.0, 2.2, 3)


@pytest.mark.parametrize(
    ("goal", "figure", "verdict"),
    [
        (GOAL, Figure(1.2, 1.1, 1.3, 5), "met"), (GOAL, Figure(1.4, 1.35, 1.5, 5), "not met"),
        (GOAL, Figure(1.2, 1.1, 1.9, 5), "met, not in all rounds"), (GOAL, None, "not measured"),
        (Goal("ingest", 1.6, "at least"), Figure(1.7, 1.65, 1.9, 3), "met"),
        (Goal("ingest", 1.6, "at least"), Figure(1.5, 1.4, 1.7, 3), "not met, not in all rounds"),
    ],
)
def test_a_goal_is_judged_by_the_median_and_says_when_rounds_disagree(goal: Goal, figure: Figure | None, verdict: str) -> None:
    assert goal.judge(figure) == verdict


def test_recombined_passages_have_the_shape_of_the_shipped_ones_and_their_sentences() -> None:
    made = recombine(CHUNKS, 7)
    assert len({chunk.id for chunk in made}) == 7
    pieces = {piece for chunk in CHUNKS for piece in split_pieces(chunk.text)}
    for place, chunk in enumerate(made):
        model = CHUNKS[place % 3]
        assert len(chunk.headings) == len(model.headings)
        words = chunk.text
        for piece in sorted(pieces, key=len, reverse=True):
            words = words.replace(piece, "")
        assert not words.strip()
        assert chunk.topic is None
    # the two passages below one heading stay in one section, documents stay apart
    assert Counter(Sections(made[:6]).spread(np.arange(4, dtype=np.float32)).tolist()) == {0: 2, 1: 1, 2: 2, 3: 1}


def test_a_corpus_is_the_same_every_time_and_grows_at_its_end() -> None:
    assert recombine(CHUNKS, 9)[:4] == recombine(CHUNKS, 4)
    assert recombine(CHUNKS, 4) != recombine(CHUNKS, 4, seed=1)
    assert recombine(CHUNKS, 0) == []


def test_random_vectors_have_length_one() -> None:
    vectors = random_unit_vectors(5, 8)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5))


def test_queries_are_mixed_and_as_many_as_asked_for() -> None:
    for count in (20, 100, 200):
        assert len(set(choose_queries(count))) == count


def test_search_figures_are_ratios_of_quantiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.bench.search.load_snapshot", lambda _: SimpleNamespace(chunks=CHUNKS))
    rounds = {2_000: [Times([2.0, 4.0], [2.0, 2.0])], 100_000: [Times([9.0, 9.0], [6.0, 6.0])]}
    measured = report(rounds, {}, Settings())
    values = {goal.what: figure and figure.value for goal, figure in measured.figures.items()}
    assert values["retrieval p50 over its floor, 2k chunks"] == pytest.approx(1.5)
    assert values["retrieval p50 over its floor, 20k chunks"] is None
    assert values["retrieval p50 over its floor, 100k chunks"] == pytest.approx(1.5)
    assert values["retrieval p95, from 2k to 100k chunks"] == pytest.approx(9.0 / 3.9)


def test_objects_that_were_replaced_are_counted() -> None:
    runs = [{"objects": {}}, {"objects": {"retriever": 1, "encoder": 7}}, {"objects": {"retriever": 2, "encoder": 7}}]
    assert objects_seen(runs) == {"retriever": 2, "encoder": 1}


def test_a_line_of_the_log_counts_when_it_is_complete(tmp_path: Path) -> None:
    log = tmp_path / "log"
    app = WarmApp(server=None, page=None, log=log)
    assert app.runs() == []
    log.write_text('{"event": "start"}\n{"event": "end", "ms": 1}\n{"event": "st')
    assert [run["ms"] for run in app.runs()] == [1]
    with log.open("a") as more:
        more.write('art"}\n{"event": "end", "ms": 2}\n')
    assert [run["ms"] for run in app.runs()] == [1, 2]


def test_a_sentence_is_added_to_prose(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text("# Title\n\nA short one.\n\nThe longer paragraph of the two.\n\n- a list that is longer than both of them together.\n")
    add_sentence(note)
    assert f"The longer paragraph of the two.{ADDED_SENTENCE}\n\n- a list" in note.read_text()


def test_only_the_chunk_with_the_new_sentence_differs(settings: Settings) -> None:
    ingest(settings)
    assert change_one_file(settings, settings.knowledge_dir) == (1, 1)


def test_a_child_sees_no_settings_but_the_ones_given(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDWORK_MODEL", "gpt")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    environment = child_environment(settings)
    assert {name for name in environment if name.startswith(("GROUNDWORK_", "OPENAI_"))} == {
        "GROUNDWORK_DATA_DIR", "GROUNDWORK_KNOWLEDGE_DIR", "GROUNDWORK_ENGINE",
    }
    assert environment["GROUNDWORK_DATA_DIR"] == str(settings.data_dir)


def test_the_stock_pipeline_gets_no_stored_questions(tmp_path: Path) -> None:
    knowledge = Workspace(tmp_path, REPOSITORY / "knowledge", quick=True).notes_only()
    assert {path.name for path in (knowledge / "notes").iterdir()} == {"02-rag.md", "05-vector-databases.md"}
    assert not (knowledge / "questions").exists()
    assert not (knowledge / "asked").exists()
    assert (knowledge / "roadmap.yaml").exists()


def test_no_module_hides_a_package_from_the_timed_app() -> None:
    packages = {path.name for path in REPOSITORY.iterdir() if path.is_dir()}
    assert not packages & {path.stem for path in PROGRAM.parent.glob("*.py")}


# the file of results


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two measurements that take no time: one works, one fails."""

    def fail(workspace: Workspace) -> Measured:
        raise StorageError("The disk is full.")

    modules = {
        "evals.bench.search": SimpleNamespace(GOALS=(GOAL,), measure=lambda _: Measured({GOAL: Figure(1.2, 1.1, 1.3, 5)}, {"n": 3})),
        "evals.bench.command": SimpleNamespace(GOALS=(Goal("ask", 1.5),), measure=fail),
    }
    monkeypatch.setattr(run.importlib, "import_module", modules.__getitem__)
    monkeypatch.setattr(run, "MEASUREMENTS", {"retrieval": "search", "ask": "command"})
    return tmp_path


def test_a_failed_measurement_is_reported_and_the_rest_goes_on(stand_ins: Path) -> None:
    result = run.run_bench(Settings(), docs=stand_ins)
    assert result["goals"][GOAL.what]["met"] == "met"
    assert result["goals"]["ask"]["met"] == "not measured"
    assert "The disk is full." in run.format_goals(result)
    assert json.loads((stand_ins / "measurements" / "bench.json").read_text()) == result


def test_measuring_one_thing_again_keeps_the_others(stand_ins: Path) -> None:
    target = stand_ins / "measurements" / "bench.json"
    run.run_bench(Settings(), docs=stand_ins)
    old = json.loads(target.read_text())
    old["retrieval"]["commit"] = "earlier"
    old["goals"]["a goal of earlier days"] = {"measurement": "ask", "goal": "<= 1", "measured": None, "met": "met"}
    target.write_text(json.dumps(old))
    run.run_bench(Settings(), only=["ask"], docs=stand_ins)
    kept = json.loads(target.read_text())
    assert kept["retrieval"]["commit"] == "earlier"
    assert list(kept["goals"]) == [GOAL.what, "ask"]


def test_a_run_that_is_stopped_keeps_what_it_measured(stand_ins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(workspace: Workspace) -> Measured:
        raise KeyboardInterrupt

    monkeypatch.setattr(run.importlib.import_module("evals.bench.command"), "measure", stop)
    with pytest.raises(KeyboardInterrupt):
        run.run_bench(Settings(), docs=stand_ins)
    kept = json.loads((stand_ins / "measurements" / "bench.json").read_text())
    assert kept["goals"][GOAL.what]["met"] == "met"


def test_a_quick_run_writes_nothing(stand_ins: Path) -> None:
    run.run_bench(Settings(), quick=True, docs=stand_ins)
    assert list(stand_ins.iterdir()) == []


def test_the_plot_is_the_same_for_the_same_figures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = {str(size): {"p50 ms": 5.0, "p95 ms": 7.0, "floor p50 ms": 4.0, "floor p95 ms": 6.0} for size in (2_000, 100_000)}
    draw_sizes(rows, tmp_path / "a.svg")
    draw_sizes(rows, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert "search, p95" in (tmp_path / "a.svg").read_text()
