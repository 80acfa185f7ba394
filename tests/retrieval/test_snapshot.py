from pathlib import Path

import numpy as np
import pytest

import retrieval.snapshot
from core.errors import IndexUnavailableError
from core.settings import Settings
from ingest.pipeline import ingest
from retrieval.retriever import get_retriever
from retrieval.snapshot import load_snapshot

ASKED = """\
- section: 05-vector-databases#vector-indexing-structures
  questions: [which index is the fastest, how does a graph index search, is flat search ever enough]
- section: 05-vector-databases#distance-metrics
  questions: [is cosine a metric, dot product or cosine, when does the metric matter]
"""


@pytest.fixture
def ingested(settings: Settings) -> Settings:
    (settings.knowledge_dir / "asked").mkdir()
    (settings.knowledge_dir / "asked" / "05-vector-databases.yaml").write_text(ASKED)
    ingest(settings)
    return settings


def snapshot_file(settings: Settings) -> Path:
    return settings.data_dir / "chroma" / "snapshot.npz"


def test_the_file_gives_back_what_chroma_holds(ingested: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_snapshot(ingested)

    def closed(*_: object) -> None:
        raise AssertionError("Chroma was opened although the file is current")

    monkeypatch.setattr(retrieval.snapshot, "get_store", closed)
    monkeypatch.setattr(retrieval.snapshot, "fit_sections", closed)
    again = load_snapshot(ingested)
    assert again.chunks == first.chunks
    assert np.array_equal(again.vectors, first.vectors)
    assert np.array_equal(again.lexical.scores("HNSW memory"), first.lexical.scores("HNSW memory"))
    assert first.section_model is not None
    assert again.section_model is not None
    assert again.section_model.anchors == first.section_model.anchors
    asked = (first.question_vectors[0], "HNSW memory")
    assert again.section_model.probabilities(*asked) == pytest.approx(first.section_model.probabilities(*asked), abs=0.02)


def test_a_new_document_does_not_fit_the_section_model_again(
    ingested: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "retrieval.snapshot"):
        load_snapshot(ingested)
    assert "stored questions" in caplog.text

    def again(*_: object) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(retrieval.snapshot, "fit_sections", again)
    extra = tmp_path / "mine.md"
    extra.write_text("# Mine\n\n## Zebra stripes\n\nA zebra has stripes that confuse flies.\n")
    ingest(ingested, [extra])
    assert load_snapshot(ingested).section_model is not None


def test_a_new_ingest_makes_the_file_stale(ingested: Settings, tmp_path: Path) -> None:
    before = len(load_snapshot(ingested).chunks)
    extra = tmp_path / "mine.md"
    extra.write_text("# Mine\n\n## Zebra stripes\n\nA zebra has stripes that confuse flies.\n")
    ingest(ingested, [extra])
    assert len(load_snapshot(ingested).chunks) == before + 1


def test_a_damaged_file_is_replaced(ingested: Settings) -> None:
    chunks = load_snapshot(ingested).chunks
    snapshot_file(ingested).write_bytes(b"PK\x03\x04 broken")
    assert load_snapshot(ingested).chunks == chunks
    assert snapshot_file(ingested).stat().st_size > 1000


def test_a_file_that_cannot_be_written_only_costs_time(ingested: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert load_snapshot(ingested).chunks
    assert not snapshot_file(ingested).exists()


def test_an_empty_store_leaves_no_file(settings: Settings) -> None:
    assert load_snapshot(settings).chunks == []
    assert not snapshot_file(settings).exists()
    with pytest.raises(IndexUnavailableError):
        get_retriever(settings)
