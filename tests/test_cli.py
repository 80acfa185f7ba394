import json
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from core.settings import Settings
from ingest.pipeline import ingest
from tests.conftest import REPOSITORY

ASK_KEYS = {"standalone_question", "verdict", "confidence", "answer", "sources", "follow_ups", "engine", "timings_ms"}
SOURCE_KEYS = {"n", "chunk_id", "document", "topic", "heading", "page", "quote", "text"}
HIT_KEYS = {"chunk_id", "document", "topic", "heading", "score", "text"}


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command in this process over the small knowledge folder: (status, stdout, stderr)."""
    monkeypatch.setenv("GROUNDWORK_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("GROUNDWORK_KNOWLEDGE_DIR", str(settings.knowledge_dir))

    def run_command(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(list(arguments))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run_command


def test_ask_on_a_fresh_folder_ingests_and_answers(run) -> None:
    status, out, err = run("ask", "What is an HNSW index?", "--json")
    assert status == 0
    record = json.loads(out)
    assert set(record) >= ASK_KEYS
    assert record["verdict"] == "answered"
    assert set(record["sources"][0]) == SOURCE_KEYS
    assert record["sources"][0]["topic"] == 5
    assert set(record["timings_ms"]) == {"condense", "retrieve", "answer", "total"}
    assert "Embedded" in err


def test_ask_in_words(run) -> None:
    status, out, _ = run("ask", "What is an HNSW index?")
    assert status == 0
    assert "[1] Internal Working of Vector DB > Vector indexing structures" in out
    _, out, _ = run("ask", "How do I proof sourdough?")
    assert "not_covered" in out


def test_search(run) -> None:
    status, out, _ = run("search", "HNSW vs IVF", "--k", "2", "--topic", "5", "--json")
    record = json.loads(out)
    assert status == 0
    assert len(record["hits"]) == 2
    assert set(record["hits"][0]) == HIT_KEYS
    assert record["hits"][0]["heading"] == "Vector indexing structures > HNSW vs IVF"
    assert "confidence" in run("search", "HNSW")[1]


def test_batch_ask_keeps_order_and_goes_on_after_bad_lines(run, tmp_path: Path) -> None:
    lines = [
        '{"id": "a", "question": "What is an HNSW index?"}', "not json", '{"id": "c"}', '{"id": "d", "question": 5}', "[1]", "",
        '{"id": "e", "question": "x", "history": [{"role": "system", "content": "x"}]}', '{"id": "f", "question": "x", "topic": "five"}',
        '{"id": "g", "question": "and how does it differ from IVF?", "history": [{"role": "user", "content": "What is HNSW?"}], "topic": 5}',
    ]
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(lines))
    status, out, err = run("batch", "ask", "--input", str(source), "--output", str(target))
    records = [json.loads(line) for line in target.read_text().splitlines()]
    assert status == 1
    assert out == ""
    assert "8 lines, 6 with errors" in err
    assert [r["id"] for r in records] == ["a", None, "c", "d", None, "e", "f", "g"]
    assert [("error" in r) for r in records] == [False, True, True, True, True, True, True, False]
    assert set(records[0]) >= ASK_KEYS | {"id"}
    assert "HNSW" in records[-1]["standalone_question"]


def test_batch_search(run, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": 1, "question": "HNSW", "k": 3}\n{"id": 2, "question": "HNSW", "k": 0}\n{"id": 3, "question": "HNSW", "topic": 2}\n')
    assert run("batch", "search", "--input", str(source), "--output", str(target))[0] == 1
    first, second, third = (json.loads(line) for line in target.read_text().splitlines())
    assert len(first["hits"]) == 3
    assert set(first) == {"id", "hits", "confidence", "timings_ms"}
    assert "k" in second["error"]
    assert {hit["topic"] for hit in third["hits"]} == {2}


def test_batch_files_that_cannot_be_used_are_explained(run, tmp_path: Path) -> None:
    status, _, err = run("batch", "ask", "--input", str(tmp_path / "none"), "--output", str(tmp_path / "out"))
    assert (status, "cannot be read" in err) == (1, True)
    (tmp_path / "in").write_text('{"id": 1, "question": "HNSW"}\n')
    status, _, err = run("batch", "ask", "--input", str(tmp_path / "in"), "--output", str(tmp_path / "no" / "out"))
    assert (status, "cannot be written" in err) == (1, True)


def test_ingest_reports_what_it_could_not_read(run, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Quokkas are small.")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")
    status, out, err = run("ingest", str(tmp_path / "good.txt"), str(tmp_path / "bad.txt"), "--json")
    assert status == 1
    assert json.loads(out)["failures"]
    assert "not UTF-8" in err
    status, out, _ = run("search", "quokkas", "--json")
    assert json.loads(out)["hits"][0]["text"] == "Quokkas are small."


def test_doctor(run, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    status, out, _ = run("doctor", "--json")
    report = json.loads(out)
    assert (status, report["usable"]) == (0, True)
    assert "empty" in report["checks"]["index"]["detail"]
    ingest(settings)
    assert "passages" in json.loads(run("doctor", "--json")[1])["checks"]["index"]["detail"]
    monkeypatch.setenv("GROUNDWORK_MODEL", "m")
    monkeypatch.setenv("GROUNDWORK_BASE_URL", "http://127.0.0.1:9/v1")
    status, out, _ = run("doctor")
    assert status == 0
    assert "--  endpoint" in out
    (tmp_path / "file").write_text("")
    (settings.knowledge_dir / "roadmap.yaml").unlink()
    monkeypatch.setenv("GROUNDWORK_KNOWLEDGE_DIR", str(tmp_path / "elsewhere"))
    status, out, _ = run("doctor")
    assert status == 1
    assert "BAD knowledge" in out


def test_errors_are_sentences(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDWORK_TIMEOUT_SECONDS", "soon")
    status, out, err = run("ask", "x")
    assert (status, out) == (1, "")
    assert "GROUNDWORK_TIMEOUT_SECONDS" in err
    assert "Traceback" not in err


def test_importing_the_command_line_stays_light() -> None:
    heavy = "torch,chromadb,streamlit,sentence_transformers,transformers,langchain_openai,openai,bm25s,sqlalchemy"
    code = f"import sys, cli, chat.answering, ingest.pipeline, retrieval.retriever; print([m for m in '{heavy}'.split(',') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert done.stdout.strip() == "[]"


def test_no_line_ends_a_batch(run, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_text('{"id": "\\ud800", "question": 5}\n' + "[" * 100_000 + '\n{"id": 3, "question": "HNSW", "k": null}\n')
    assert run("batch", "search", "--input", str(source), "--output", str(target))[0] == 1
    bad, deep, good = map(json.loads, target.read_text().splitlines())
    assert (bad["id"], "error" in bad, "nested" in deep["error"], len(good["hits"]) > 0) == ("\ud800", True, True, True)


def test_batch_grade(run, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    records = [
        {"id": 1, "question": "What is HNSW?", "key_points": ["A graph.", {"text": "It has layers.", "weight": 9}], "response": ""},
        {"id": 2, "question_id": "no", "response": "x"}, {"id": 3, "question": "What is HNSW?", "key_points": [{"text": "x", "weight": "high"}], "response": "x"},
    ]
    source.write_text("\n".join(map(json.dumps, records)))
    assert run("batch", "grade", "--input", str(source), "--output", str(target))[0] == 1
    empty, unknown, heavy = map(json.loads, target.read_text().splitlines())
    assert (empty["score"], [c["verdict"] for c in empty["criteria"]]) == (0, ["missed", "missed"])
    assert "'no'" in unknown["error"]
    assert "`weight`" in heavy["error"]


def test_exit_codes(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run_doctor", stop)
    assert run("doctor")[0] == 130
    with pytest.raises(SystemExit) as usage:
        run("search")
    assert usage.value.code == 2
