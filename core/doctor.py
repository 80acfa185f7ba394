"""Is everything in place? Checks that read and never change anything."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.answerability import get_answerability
from core.content import load_roadmap
from core.errors import GroundworkError
from core.judge import get_judge
from core.models import (
    PACKAGED_MODEL,
    get_tokenizer,
    list_models,
    verify_packaged_model,
)
from core.settings import Settings
from core.store import get_store

PACKAGES = ("chromadb", "langchain", "langchain-openai", "sentence-transformers", "torch", "streamlit", "openai")
MIN_FREE_BYTES = 200_000_000


def examine(settings: Settings) -> dict[str, Any]:
    """All checks. Returns {"usable": bool, "versions": {...}, "checks": {name: {"ok", "required", "detail"}}}."""
    checks = {
        "python": _check(sys.version_info >= (3, 11), True, sys.version.split()[0]),
        "disk": _disk(settings.data_dir),
        "embedding model": _model(settings),
        "judge": _judge(),
        "knowledge": _guarded(lambda: f"{len(load_roadmap(settings.knowledge_dir).topics)} topics"),
        "index": _index(settings),
        "endpoint": _endpoint(settings),
    }
    return {
        "usable": all(check["ok"] for check in checks.values() if check["required"]),
        "versions": {name: _version(name) for name in PACKAGES},
        "checks": checks,
    }


def _check(ok: bool, required: bool, detail: str) -> dict[str, Any]:
    return {"ok": ok, "required": required, "detail": detail}


def _guarded(look: Any) -> dict[str, Any]:
    try:
        return _check(True, True, look())
    except GroundworkError as error:
        return _check(False, True, error.explain())


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _disk(folder: Path) -> dict[str, Any]:
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(existing).free
    writable = os.access(existing, os.W_OK)
    enough = free >= MIN_FREE_BYTES
    detail = f"{free / 1e9:.1f} GB free in {folder}" + ("" if writable else ", which cannot be written")
    return _check(enough and writable, True, detail)


def _model(settings: Settings) -> dict[str, Any]:
    def look() -> str:
        if settings.embedding_model == PACKAGED_MODEL:
            verify_packaged_model()
            return "packaged all-MiniLM-L6-v2, hash verified"
        get_tokenizer(settings)
        return settings.embedding_model

    return _guarded(look)


def _judge() -> dict[str, Any]:
    def look() -> str:
        get_judge()
        get_answerability()
        return "weights verified"

    return _guarded(look)


def _index(settings: Settings) -> dict[str, Any]:
    if not (settings.data_dir / "chroma").exists():
        return _check(True, True, "empty; the first start fills it")

    def look() -> str:
        with get_store(settings) as store:
            count = len(store)
        return f"{count} passages" if count else "empty; the first start fills it"

    return _guarded(look)


def _endpoint(settings: Settings) -> dict[str, Any]:
    if not settings.generative:
        return _check(True, False, "none set; answers are quoted from the notes")
    try:
        models = list_models(settings.base_url, settings.api_key)
    except GroundworkError as error:
        return _check(False, False, error.explain())
    known = "" if settings.model in models else f" (it does not list {settings.model})"
    return _check(True, False, f"{settings.base_url or 'OpenAI'} answers{known}")
