import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import ingest.pipeline as pipeline
from core.errors import IngestBusyError, StorageError
from core.settings import Settings
from core.store import get_store
from ingest.manifest import manifest_path
from ingest.pipeline import ingest, is_stale
from tests.conftest import REPOSITORY


class CountingModel:
    """Embeds into a fixed pattern and counts; may fail after some batches."""

    def __init__(self, fail_after: int | None = None) -> None:
        self.texts: list[str] = []
        self.fail_after = fail_after
        self.batches = 0

    def encode(self, texts):
        self.batches += 1
        if self.fail_after is not None and self.batches > self.fail_after:
            raise KeyboardInterrupt
        self.texts += texts
        return np.ones((len(texts), 4), dtype=np.float32) / 2


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> CountingModel:
    model = CountingModel()
    monkeypatch.setattr(pipeline, "get_embeddings", lambda _: model)
    return model


def note(settings: Settings, name: str = "05-vector-databases.md") -> Path:
    return settings.knowledge_dir / "notes" / name


def test_the_second_run_embeds_nothing(settings: Settings, model: CountingModel) -> None:
    assert is_stale(settings)
    first = ingest(settings)
    assert first.embedded_chunks == first.total_chunks == len(model.texts) > 10
    assert not is_stale(settings)
    model.texts.clear()
    second = ingest(settings)
    assert (second.embedded_chunks, second.deleted_chunks, model.texts) == (0, 0, [])
    assert second.total_chunks == first.total_chunks


def test_a_change_embeds_only_what_changed_and_deletes_what_is_gone(settings: Settings, model: CountingModel) -> None:
    before = ingest(settings).total_chunks
    model.texts.clear()
    path = note(settings)
    path.write_text(path.read_text().replace("drifts away from", "differs from"))
    report = ingest(settings)
    assert (report.embedded_chunks, report.deleted_chunks, report.total_chunks) == (1, 1, before)
    assert "differs from" in model.texts[0]


def test_moved_chunks_keep_their_vectors_and_get_new_positions(settings: Settings, model: CountingModel) -> None:
    ingest(settings)
    path = note(settings)
    path.write_text(path.read_text().replace("## Vector indexing", "## New section\n\nNew text.\n\n## Vector indexing"))
    assert ingest(settings).embedded_chunks == 1
    chunks = get_store(settings).chunks(document="knowledge/notes/05-vector-databases.md")
    assert [c.position for c in chunks] == list(range(len(chunks)))
    assert chunks[0].text == "New text."


def test_a_removed_file_leaves_the_index(settings: Settings, model: CountingModel) -> None:
    ingest(settings)
    note(settings, "02-rag.md").unlink()
    assert is_stale(settings)
    assert ingest(settings).removed_documents == 1
    assert not get_store(settings).chunks(document="knowledge/notes/02-rag.md")


def test_a_crash_half_way_leaves_the_old_index_usable_and_is_resumed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "EMBED_BATCH", 1)
    monkeypatch.setattr(pipeline, "get_embeddings", lambda _: CountingModel())
    ingest(settings)
    old = {c.id for c in get_store(settings).chunks()}
    path = note(settings)
    path.write_text(path.read_text().replace("HNSW", "HNSW graph"))
    monkeypatch.setattr(pipeline, "get_embeddings", lambda _: CountingModel(fail_after=1))
    with pytest.raises(KeyboardInterrupt):
        ingest(settings)
    assert old <= {c.id for c in get_store(settings).chunks()}
    assert is_stale(settings)
    resumed = CountingModel()
    monkeypatch.setattr(pipeline, "get_embeddings", lambda _: resumed)
    report = ingest(settings)
    clean = Settings(data_dir=settings.data_dir.parent / "clean", knowledge_dir=settings.knowledge_dir)
    ingest(clean)
    assert {c.id for c in get_store(settings).chunks()} == {c.id for c in get_store(clean).chunks()}
    assert 0 < report.embedded_chunks < len(get_store(clean).chunks())


def test_user_paths_are_added_refreshed_and_reported(settings: Settings, model: CountingModel, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden" / "x.md").write_text("hidden")
    (folder / "a.md").write_text("# Mine\n\nMy own note.")
    (folder / "b.bin").write_bytes(b"\x00\xff")
    (folder / "c.txt").write_bytes(b"\xff\xfe")
    report = ingest(settings, [folder, tmp_path / "nowhere"])
    assert {Path(name).name for name in report.failures} == {"c.txt", "nowhere"}
    assert report.passed_over == 1
    assert [c.text for c in get_store(settings).chunks(document=str(folder / "a.md"))] == ["My own note."]
    (folder / "a.md").write_text("# Mine\n\nChanged.")
    ingest(settings)
    assert [c.text for c in get_store(settings).chunks(document=str(folder / "a.md"))] == ["Changed."]
    (folder / "a.md").unlink()
    ingest(settings)
    assert not get_store(settings).chunks(document=str(folder / "a.md"))


def test_the_users_documents_survive_an_absent_folder(settings: Settings, model: CountingModel, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    (folder / "a.md").write_text("My own note.")
    ingest(settings, [folder])
    folder.rename(tmp_path / "unplugged")
    ingest(settings)
    assert get_store(settings).chunks(document=str(folder / "a.md"))


def test_a_file_added_by_itself_leaves_the_index_when_it_is_deleted(settings: Settings, model: CountingModel, tmp_path: Path) -> None:
    path, other = tmp_path / "a.md", tmp_path / "b.md"
    for file in (path, other):
        file.write_text("My own note.")
    ingest(settings, [path, other])
    path.unlink()
    assert ingest(settings).removed_documents == 1
    assert {c.document for c in get_store(settings).chunks() if c.own} == {str(other)}


def test_what_was_added_can_be_forgotten(settings: Settings, model: CountingModel, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.md").write_text("My own note.")
    ingest(settings, [folder])
    report = ingest(settings, forget=[folder / "a.md"])
    assert "was added as a whole" in next(iter(report.failures.values()))
    assert ingest(settings, forget=[folder]).removed_documents == 1
    assert not [c for c in get_store(settings).chunks() if c.own]
    assert ingest(settings).documents == len(pipeline.knowledge_files(settings))


def test_a_document_that_cannot_be_read_once_keeps_its_passages_until_it_is_deleted(
    settings: Settings, model: CountingModel, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    path = folder / "a.md"
    path.write_text("My own note.")
    ingest(settings, [folder])
    path.write_bytes(b"\xff\xfe")
    assert list(ingest(settings).failures) == [str(path)]
    assert get_store(settings).chunks(document=str(path))
    path.unlink()
    assert ingest(settings).removed_documents == 1
    assert not get_store(settings).chunks(document=str(path))


def test_a_note_deleted_before_the_manifest_was_lost_leaves_the_index(settings: Settings, model: CountingModel) -> None:
    ingest(settings)
    manifest_path(settings).unlink()
    note(settings, "02-rag.md").unlink()
    ingest(settings)
    assert not get_store(settings).chunks(document="knowledge/notes/02-rag.md")


def test_a_folder_whose_ingest_was_interrupted_is_finished_by_the_next(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: CountingModel
) -> None:
    ingest(settings)
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.md").write_text(f"Note {name}.")
    monkeypatch.setattr(pipeline, "EMBED_BATCH", 1)
    monkeypatch.setattr(pipeline, "get_embeddings", lambda _: CountingModel(fail_after=1))
    with pytest.raises(KeyboardInterrupt):
        ingest(settings, [folder])
    monkeypatch.setattr(pipeline, "get_embeddings", lambda _: model)
    ingest(settings)
    assert sorted(c.text for c in get_store(settings).chunks() if c.own) == ["Note a.", "Note b."]


def test_losing_the_manifest_costs_no_embedding(settings: Settings, model: CountingModel) -> None:
    ingest(settings)
    model.texts.clear()
    manifest_path(settings).write_text("{broken")
    assert ingest(settings).embedded_chunks == 0
    assert model.texts == []


def test_a_broken_roadmap_is_reported_and_the_notes_go_on(settings: Settings, model: CountingModel) -> None:
    (settings.knowledge_dir / "roadmap.yaml").write_text("topics: 5\n")
    report = ingest(settings)
    assert "roadmap.yaml:1" in report.failures["knowledge/roadmap.yaml"]
    assert report.total_chunks > 5


def test_two_ingests_at_once_do_not_mix(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    started, release = threading.Event(), threading.Event()

    class Slow(CountingModel):
        def encode(self, texts):
            started.set()
            release.wait(10)
            return super().encode(texts)

    monkeypatch.setattr(pipeline, "get_embeddings", lambda _: Slow())
    thread = threading.Thread(target=ingest, args=(settings,))
    thread.start()
    started.wait(10)
    with pytest.raises(IngestBusyError):
        ingest(settings)
    release.set()
    thread.join()


def test_a_full_disk_is_explained(settings: Settings, model: CountingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    store = get_store(settings)
    monkeypatch.setattr(type(store._collection), "upsert", full)
    with pytest.raises(StorageError, match="No space left"):
        ingest(settings)


def test_what_another_process_ingests_is_seen(settings: Settings, model: CountingModel) -> None:
    """A store opened after another process has written reads what that one wrote."""
    ingest(settings)
    with get_store(settings) as store:
        store.load()
    path = note(settings)
    path.write_text(path.read_text().replace("drifts away from", "differs from"))
    environment = os.environ | {
        "GROUNDWORK_DATA_DIR": str(settings.data_dir), "GROUNDWORK_KNOWLEDGE_DIR": str(settings.knowledge_dir)
    }
    code = (
        "import numpy as np, ingest.pipeline as p; from core.settings import load_settings\n"
        "p.get_embeddings = lambda _: type('M', (), {'encode': lambda s, t: np.ones((len(t), 4), dtype=np.float32) / 2})()\n"
        "p.ingest(load_settings())"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=REPOSITORY)
    with get_store(settings) as store:
        chunks, vectors = store.load()
    assert any("differs from" in chunk.text for chunk in chunks)
    assert len(chunks) == len(vectors)
