"""The index in one file beside Chroma, so that a start reads a file and not a database. Derived: deleting it costs a second or two.

A snapshot belongs to one state of the store, named by the manifest that every finished ingest rewrites.
"""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.models import Vectors, embedding_fingerprint
from core.question_store import get_question_store, pack_chunks, unpack_chunks
from core.section_classifier import SectionClassifier, shipped_classifier
from core.settings import Settings
from core.store import get_store, index_version
from core.types import Chunk
from retrieval.lexical import HEADING_WEIGHT, LexicalIndex
from retrieval.questions import DISTINCT, distinct
from retrieval.section_model import FORMAT as MODEL_FORMAT
from retrieval.section_model import SectionModel, digest, fit_sections, load_model, write_model

log = logging.getLogger(__name__)
FORMAT = 5  # raise it when the lexical index or this file's layout changes


@dataclass(frozen=True)
class Snapshot:
    """Everything a search needs: passages with vectors and lexical index, and the stored questions with theirs and with the model fitted
    to them. `question_vectors` are those of the questions at the places `compared`; the `classifier` is not part of the file."""

    chunks: list[Chunk]
    vectors: Vectors
    lexical: LexicalIndex
    questions: list[Chunk]
    question_vectors: Vectors
    compared: npt.NDArray[np.intp]
    question_words: LexicalIndex | None = None
    section_model: SectionModel | None = None
    classifier: SectionClassifier | None = None


def index_words(questions: Sequence[Chunk]) -> LexicalIndex:
    """The lexical index of stored questions: of their own words, not of the sections that they lead to."""
    return LexicalIndex.build([replace(question, title="", headings=()) for question in questions])


def load_snapshot(settings: Settings) -> Snapshot:
    """The current index, from its file when that is up to date, else from Chroma (the file is then written anew).

    Raises:
        StorageError, IndexUnavailableError: Chroma cannot be opened or read.
    """
    name = f"{FORMAT}-{MODEL_FORMAT}-{HEADING_WEIGHT}-{DISTINCT}-{embedding_fingerprint(settings)}-{index_version(settings)}"
    path = settings.data_dir / "chroma" / "snapshot.npz"
    stored = _read(path, name)
    classifier = shipped_classifier(settings.knowledge_dir)
    if stored is not None:
        return replace(stored, classifier=classifier)
    with get_store(settings) as store:
        chunks, vectors = store.load()
    questions, question_vectors = get_question_store(settings).load()
    model = _section_model(settings, questions, question_vectors)
    compared = distinct(questions, question_vectors)
    snapshot = Snapshot(
        chunks, vectors, LexicalIndex.build(chunks), questions, question_vectors[compared], compared, index_words(questions), model
    )
    if chunks:
        _write(path, name, snapshot)
    return replace(snapshot, classifier=classifier)


def _section_model(settings: Settings, questions: Sequence[Chunk], vectors: Vectors) -> SectionModel | None:
    """The model fitted to these questions: the one that comes with the knowledge, or one that is fitted now and kept beside the index."""
    name, beside = digest(questions, embedding_fingerprint(settings)), settings.data_dir / "chroma"
    if found := load_model(settings.knowledge_dir, name) or load_model(beside, name):
        return found
    if questions:
        log.info("Learning which section each of %d stored questions is for; this is done once.", len(questions))
    model = fit_sections(questions, vectors)
    if model is not None:
        with suppress(OSError):  # a full disk only means that it is fitted again
            write_model(beside, name, model)
    return model


def _read(path: Path, name: str) -> Snapshot | None:
    """The stored snapshot, or None when there is none, it is damaged or of another state."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if bytes(file["name"]).decode() != name:
                return None
            arrays = {key: file[key] for key in file.files}
        return _unpack(arrays)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _unpack(arrays: Mapping[str, npt.NDArray[Any]]) -> Snapshot:
    def part(prefix: str) -> dict[str, Any]:
        return {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}

    model = part("model.")
    return Snapshot(
        unpack_chunks(arrays["passages"]), arrays["vectors"], LexicalIndex(part("lexical.")), unpack_chunks(arrays["questions"]),
        arrays["question_vectors"], arrays["compared"], LexicalIndex(part("words.")), SectionModel.of_arrays(model) if model else None,
    )


def _write(path: Path, name: str, snapshot: Snapshot) -> None:
    """Replace the file in one step. A full disk or a read-only folder only means a slower start."""
    arrays: Mapping[str, Any] = {
        "name": np.frombuffer(name.encode(), np.uint8), "passages": pack_chunks(snapshot.chunks), "vectors": snapshot.vectors,
        "questions": pack_chunks(snapshot.questions), "question_vectors": snapshot.question_vectors,
        "compared": snapshot.compared,
        **{f"lexical.{key}": value for key, value in snapshot.lexical.arrays.items()},
        **{f"words.{key}": value for key, value in (snapshot.question_words.arrays if snapshot.question_words else {}).items()},
        **{f"model.{key}": value for key, value in (snapshot.section_model.arrays() if snapshot.section_model else {}).items()},
    }
    temporary = path.with_name(f"snapshot-{os.getpid()}.tmp.npz")
    try:
        np.savez(temporary, **arrays)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
