"""Passages and their vectors in Chroma: the only module that imports chromadb, and the only source of truth for passages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Self

import numpy as np

from core.errors import IndexUnavailableError, StorageError
from core.models import Vectors, embedding_fingerprint
from core.settings import Settings
from core.types import Chunk

WRITE_BATCH = 1000
READ_BATCH = 5000


class ChunkStore:
    """Chunks of one embedding space, in an embedded Chroma collection.

    Close it after use (it is a context manager): what another process writes is only seen by a store opened afterwards.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Open (or create) the collection `passages-fingerprint`.

        Raises:
            StorageError: the folder cannot be written.
            IndexUnavailableError: the store is damaged.
        """
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"The data folder {folder} cannot be written: {error.strerror}.") from error
        import chromadb
        from chromadb.config import Settings as ChromaSettings
        from chromadb.errors import ChromaError

        self.folder = folder
        try:
            self._client: Any = chromadb.PersistentClient(str(folder), ChromaSettings(anonymized_telemetry=False))
            self._collection = self._client.get_or_create_collection(
                f"passages-{fingerprint}", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
        except (ChromaError, ValueError, OSError) as error:
            raise IndexUnavailableError(
                f"The index in {folder} cannot be opened ({type(error).__name__}).",
                help="Delete that folder and run: python cli.py ingest",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the files; the store cannot be used afterwards."""
        self._client.close()

    def __len__(self) -> int:
        return int(self._collection.count())

    def chunks(self, document: str | None = None) -> list[Chunk]:
        """The stored chunks, or those of one document, in document order."""
        found: list[Chunk] = []
        where: Any = {"document": document} if document is not None else None
        for offset in count(step=READ_BATCH):
            batch = _to_chunks(self._read(where=where, include=["documents", "metadatas"], offset=offset))
            found += batch
            if len(batch) < READ_BATCH:
                break
        return sorted(found, key=lambda chunk: (chunk.document, chunk.position))

    def load(self) -> tuple[list[Chunk], Vectors]:
        """Every chunk and the matrix of their vectors, shape (chunks, dimension), unit rows, in document order."""
        chunks: list[Chunk] = []
        parts: list[Vectors] = []
        for offset in range(0, len(self), READ_BATCH):
            batch = self._read(include=["documents", "metadatas", "embeddings"], offset=offset)
            chunks += _to_chunks(batch)
            parts.append(np.asarray(batch["embeddings"], dtype=np.float32))
        if not chunks:
            return [], np.zeros((0, 0), dtype=np.float32)
        order = sorted(range(len(chunks)), key=lambda i: (chunks[i].document, chunks[i].position))
        return [chunks[i] for i in order], np.concatenate(parts)[order]

    def upsert(self, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Write chunks with their vectors; an id that exists is replaced. Raises StorageError."""
        for start in range(0, len(chunks), WRITE_BATCH):
            part = slice(start, start + WRITE_BATCH)
            self._write(
                "upsert", ids=[c.id for c in chunks[part]], documents=[c.text for c in chunks[part]],
                metadatas=[_metadata(c) for c in chunks[part]], embeddings=vectors[part],
            )

    def update(self, chunks: Sequence[Chunk]) -> None:
        """Write new metadata (a moved position, another title) and keep the vectors. Raises StorageError."""
        for start in range(0, len(chunks), WRITE_BATCH):
            part = chunks[start : start + WRITE_BATCH]
            self._write("update", ids=[c.id for c in part], metadatas=[_metadata(c) for c in part])

    def delete(self, ids: Iterable[str]) -> None:
        """Remove chunks. Raises StorageError."""
        gone = list(ids)
        for start in range(0, len(gone), WRITE_BATCH):
            self._write("delete", ids=gone[start : start + WRITE_BATCH])

    def _read(self, **arguments: Any) -> Any:
        from chromadb.errors import ChromaError

        try:
            return self._collection.get(limit=READ_BATCH, **arguments)
        except (ChromaError, OSError) as error:
            raise IndexUnavailableError(
                f"The index in {self.folder} cannot be read ({error}).",
                help="Try again; if it happens again, delete that folder and run: python cli.py ingest",
            ) from error

    def _write(self, operation: str, **arguments: Any) -> None:
        from chromadb.errors import ChromaError

        try:
            getattr(self._collection, operation)(**arguments)
        except (ChromaError, OSError) as error:
            raise StorageError(f"The index could not be written ({error}).") from error


def _metadata(chunk: Chunk) -> dict[str, str | int]:
    """Chroma's metadata holds no None and no empty lists: absent keys stand for them."""
    fields: dict[str, str | int | None] = {
        "document": chunk.document, "title": chunk.title, "headings": "\n".join(chunk.headings),
        "position": chunk.position, "topic": chunk.topic, "page": chunk.page,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _to_chunks(batch: Any) -> list[Chunk]:
    return [
        Chunk(
            id=id_, document=str(meta["document"]), title=str(meta["title"]), topic=meta.get("topic"),
            headings=tuple(str(meta["headings"]).split("\n")) if meta["headings"] else (), text=text,
            position=int(meta["position"]), page=meta.get("page"),
        )
        for id_, text, meta in zip(batch["ids"], batch["documents"], batch["metadatas"], strict=True)
    ]


def manifest_path(settings: Settings) -> Path:
    """What was ingested; beside the index, so that deleting the folder deletes both."""
    return settings.data_dir / "chroma" / "manifest.json"


def index_version(settings: Settings) -> int:
    """Changes whenever an ingest has finished; 0 when there is no index."""
    try:
        return manifest_path(settings).stat().st_mtime_ns
    except OSError:
        return 0


def get_store(settings: Settings) -> ChunkStore:
    """The store of the settings' data folder and embedding model. Raises StorageError, IndexUnavailableError."""
    return ChunkStore(settings.data_dir / "chroma", embedding_fingerprint(settings))
