import json
from pathlib import Path

import pytest

from core.settings import Settings
from evals.__main__ import main
from evals.cases import load_cases
from evals.ir import CollectionError, evaluate_collection, load_collection
from evals.metrics import auroc, expected_calibration_error, ndcg
from evals.notes import parse_note
from tests.conftest import REPOSITORY, shared_model

DOCUMENTS = {
    "hnsw": ("Graphs", "An HNSW index is a layered graph of vectors."), "bread": ("Bread", "Sourdough needs flour, water and time."),
    "law": ("Law", "A contract needs an offer and an acceptance."), "ivf": ("Clusters", "IVF splits vectors into clusters by k-means."),
}


@pytest.fixture
def collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("evals.ir.get_embeddings", lambda _: shared_model())
    rows = [{"_id": id_, "title": title, "text": text} for id_, (title, text) in DOCUMENTS.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    queries = [{"id": "q1", "text": "how do I bake with a starter?"}, {"id": "q2", "text": "vector index"}, {"id": "q3", "text": "unjudged"}]
    (tmp_path / "queries.jsonl").write_text("\n".join(json.dumps(row) for row in queries))
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tbread\t2\nq2\thnsw\t2\nq2\tivf\t1\nq2\tlaw\t0\n")
    return tmp_path


def test_every_system_is_scored(collection: Path) -> None:
    report = evaluate_collection(collection, Settings())
    assert set(report["systems"]) == {"dense", "lexical", "fused", "shipped"}
    for scores in report["systems"].values():
        assert set(scores) == {"ndcg@10", "recall@100", "mrr@10", "qps"}
    assert report["systems"]["shipped"]["recall@100"] == 1.0
    assert report["systems"]["lexical"]["ndcg@10"] < report["systems"]["dense"]["ndcg@10"]  # q1 shares no word with its document


def test_the_command_prints_json(collection: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ir", "--data", str(collection), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["collection"] == collection.name


def test_judgements_and_both_id_fields_are_read(collection: Path) -> None:
    corpus, queries, qrels = load_collection(collection)
    assert set(corpus) == set(DOCUMENTS)
    assert set(queries) == {"q1", "q2", "q3"}
    assert qrels == {"q1": {"bread": 2}, "q2": {"hnsw": 2, "ivf": 1, "law": 0}}


def test_a_folder_that_is_no_collection_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CollectionError):
        load_collection(tmp_path)
    assert main(["ir", "--data", str(tmp_path)]) == 1
    assert "BEIR" in capsys.readouterr().err


def test_metrics() -> None:
    assert ndcg(["a", "b"], {"a": 1, "b": 3}, 10) == pytest.approx((1 + 3 / 1.5849625) / (3 + 1 / 1.5849625))
    assert ndcg(["a"], {}, 10) == 0.0
    assert auroc([1.0], [0.0]) == 1.0
    assert expected_calibration_error([0.9, 0.9], [False, False]) == pytest.approx(0.9)


def test_the_cases_are_complete_and_their_labels_exist() -> None:
    notes = {path.stem: parse_note(path) for path in (REPOSITORY / "knowledge" / "notes").glob("*.md")}
    answerable = load_cases("answerable")
    assert len(answerable) == 597
    assert len(load_cases("answerable", "held-out")) == 150
    for case in answerable:
        assert case.sections
        for anchor in case.sections:
            slug, _, section = anchor.partition("#")
            assert section in notes[slug].lines, f"{case.id}: {anchor}"
    for name, count, held_out in (("unanswerable", 150, 75), ("follow_ups", 1665, 269), ("plain", 811, 388), ("strays", 120, 60), ("injections", 60, 30), ("documents", 192, 96)):
        cases = load_cases(name)
        assert len(cases) == count
        assert len({case.id for case in cases}) == count
        assert abs(len(load_cases(name, "held-out")) - held_out) <= 1
