from pathlib import Path

import numpy as np
import pytest

from core.errors import IndexUnavailableError, StorageError
from core.store import ChunkStore
from core.types import Chunk


def a_chunk(id_: str, position: int = 0, document: str = "d", **changes) -> Chunk:
    fields = {"title": "T", "topic": 5, "headings": ("A", "B"), "text": f"text {id_}", "page": None} | changes
    return Chunk(id=id_, document=document, position=position, **fields)


def vectors(count: int) -> np.ndarray:
    return np.eye(8, dtype=np.float32)[:count]


def test_chunks_come_back_as_they_went_in(tmp_path: Path) -> None:
    chunks = [a_chunk("b", 1, headings=(), topic=None, page=3), a_chunk("a", 0)]
    ChunkStore(tmp_path, "f").upsert(chunks, vectors(2))
    loaded, matrix = ChunkStore(tmp_path, "f").load()
    assert loaded == [chunks[1], chunks[0]]
    assert np.array_equal(matrix, vectors(2)[::-1])


def test_update_keeps_the_vector_and_delete_removes(tmp_path: Path) -> None:
    store = ChunkStore(tmp_path, "f")
    store.upsert([a_chunk("a"), a_chunk("b", 1)], vectors(2))
    store.update([a_chunk("a", 7)])
    loaded, matrix = store.load()
    assert [(c.id, c.position) for c in loaded] == [("b", 1), ("a", 7)]
    assert np.array_equal(matrix[1], vectors(2)[0])
    store.delete(["a"])
    assert [c.id for c in store.chunks()] == ["b"]


def test_spaces_of_different_models_do_not_mix(tmp_path: Path) -> None:
    ChunkStore(tmp_path, "one").upsert([a_chunk("a")], vectors(1))
    assert len(ChunkStore(tmp_path, "two")) == 0


def test_chunks_are_found_by_document(tmp_path: Path) -> None:
    store = ChunkStore(tmp_path, "f")
    store.upsert([a_chunk("a"), a_chunk("b", document="other")], vectors(2))
    assert [c.id for c in store.chunks(document="other")] == ["b"]


def test_a_place_that_cannot_hold_a_store_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        ChunkStore(tmp_path / "file" / "x", "f")


def test_a_damaged_store_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"garbage" * 1000)
    with pytest.raises(IndexUnavailableError) as caught:
        ChunkStore(tmp_path, "f")
    assert "ingest" in caught.value.help
