"""Stored questions with their vectors: thousands of short texts that are compared with and never quoted, so files serve them, not Chroma.

A vector is kept in 8 bits (its cosine with the original is above 0.9999). docs/decisions/0011-vectors-that-travel.md
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.eight_bits import pack_rows, unpack_rows
from core.errors import IndexUnavailableError, StorageError
from core.models import Vectors, embedding_fingerprint
from core.settings import Settings
from core.types import Chunk

SHIPPED_FILE = "question_vectors.npz"  # in the knowledge folder, written by scripts/embed_questions.py
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


class QuestionStore:
    """One file of question chunks and vectors: a chunk's document is the question's id, its headings are the anchors of the sections that
    answer it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> tuple[list[Chunk], Vectors]:
        """The questions and the matrix of their vectors, shape (questions, dimension), unit rows; empty when nothing is stored.

        Raises:
            IndexUnavailableError: the file is damaged.
        """
        if not self.path.exists():
            return [], np.zeros((0, 0), np.float32)
        try:
            arrays = _read(self.path)
            return unpack_chunks(arrays["chunks"]), _unpack_vectors(arrays)
        except _UNREADABLE as error:
            raise IndexUnavailableError(
                f"The stored questions in {self.path} cannot be read ({type(error).__name__}).",
                help="Delete that file and run: python cli.py ingest",
            ) from error

    def save(self, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Replace the file in one step. Raises StorageError."""
        temporary = self.path.with_name(f"{self.path.stem}-{os.getpid()}.tmp.npz")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(temporary, **{"chunks": pack_chunks(chunks), **_pack_vectors(vectors)})
            os.replace(temporary, self.path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StorageError(f"{self.path} cannot be written: {error.strerror}.") from error


def get_question_store(settings: Settings) -> QuestionStore:
    """The stored questions of the settings' data folder and embedding model."""
    return QuestionStore(settings.data_dir / "chroma" / f"questions-{embedding_fingerprint(settings)}.npz")


def shipped_vectors(settings: Settings) -> dict[str, Any]:
    """Chunk id -> vector of the stored questions whose vectors come with the knowledge; none for another model or a damaged file."""
    try:
        arrays = _read(settings.knowledge_dir / SHIPPED_FILE)
        if bytes(arrays["model"]).decode() != embedding_fingerprint(settings):
            return {}
        ids = [bytes(row).hex() for row in arrays["ids"]]
        return dict(zip(ids, _unpack_vectors(arrays), strict=True))
    except _UNREADABLE:
        return {}


def write_shipped_vectors(settings: Settings, ids: Sequence[str], vectors: Vectors) -> None:
    """Write the file that `shipped_vectors` reads. Raises OSError."""
    ids_as_bytes = np.array([list(bytes.fromhex(id_)) for id_ in ids], np.uint8)
    model = np.frombuffer(embedding_fingerprint(settings).encode(), np.uint8)
    np.savez(settings.knowledge_dir / SHIPPED_FILE, **{"model": model, "ids": ids_as_bytes, **_pack_vectors(vectors)})


def pack_chunks(chunks: Sequence[Chunk]) -> Any:
    """Chunks as an array of bytes, for a file of arrays."""
    rows = [[c.id, c.document, c.title, c.topic, c.headings, c.text, c.position, c.page] for c in chunks]
    return np.frombuffer(json.dumps(rows, ensure_ascii=False).encode(), np.uint8)


def unpack_chunks(data: Any) -> list[Chunk]:
    """What `pack_chunks` packed. Raises ValueError."""
    return [Chunk(i, d, t, n, tuple(h), text, p, page) for i, d, t, n, h, text, p, page in json.loads(bytes(data))]


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def _pack_vectors(vectors: Vectors) -> dict[str, Any]:
    codes, scales = pack_rows(vectors)
    return {"codes": codes, "scales": scales}


def _unpack_vectors(arrays: Mapping[str, Any]) -> Vectors:
    vectors: Vectors = unpack_rows(arrays["codes"], arrays["scales"])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
