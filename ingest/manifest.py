"""What was ingested, to tell cheaply what is stale. The index itself lives in Chroma; losing this file costs no embedding."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.errors import StorageError
from core.models import WINDOW_TOKENS, embedding_fingerprint
from core.settings import Settings
from core.store import manifest_path

CHUNKER_VERSION = 2  # raise it when split_document cuts differently


@dataclass
class Manifest:
    """Document ids with their files' hashes, the extra paths the user ingested, and what made the index."""

    fingerprint: str = ""
    documents: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)


def pipeline_fingerprint(settings: Settings) -> str:
    """Changes when the same files would give other chunks or vectors."""
    return f"{embedding_fingerprint(settings)}-{WINDOW_TOKENS}-v{CHUNKER_VERSION}"


def read_manifest(settings: Settings) -> Manifest:
    """The manifest, or an empty one when there is none or it is damaged."""
    try:
        data = json.loads(manifest_path(settings).read_text(encoding="utf-8"))
        return Manifest(**data)
    except (OSError, ValueError, TypeError):
        return Manifest()


def write_manifest(settings: Settings, manifest: Manifest) -> None:
    """Replace the manifest in one step. Raises StorageError."""
    path = manifest_path(settings)
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.") from error


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
