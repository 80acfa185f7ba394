"""Where a benchmark works: a temporary folder with the knowledge ingested, and clean settings for it and for child processes."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from core.settings import Settings
from ingest.pipeline import ingest
from ingest.progress import show_progress
from retrieval.snapshot import load_snapshot

QUICK_TOPICS = ("02-", "05-")
BANK = ("questions", "asked", "unanswered.yaml")


class Workspace:
    """A folder for data, with as much knowledge as the benchmark is to see. The learner's own data folder is left alone."""

    def __init__(self, folder: Path, knowledge: Path, quick: bool = False) -> None:
        """`quick` takes two topics instead of all."""
        self.folder = folder
        self.quick = quick
        self._knowledge = knowledge

    @cached_property
    def knowledge(self) -> Path:
        """The knowledge folder: the shipped one, or a copy with two topics."""
        if not self.quick:
            return self._knowledge
        return self.copy_knowledge("quick", keep=lambda path: path.name.startswith(QUICK_TOPICS) or not path.name[0].isdigit())

    @cached_property
    def ingested(self) -> Settings:
        """Settings of a data folder that is up to date and has been opened once; the first use ingests."""
        settings = self.settings("ingested")
        say("Ingesting the notes for the benchmark")
        ingest(settings, progress=show_progress)
        load_snapshot(settings)
        return settings

    def settings(self, name: str, knowledge: Path | None = None) -> Settings:
        """Settings of a data folder of that name: the extractive engine, the packaged model, no reranker."""
        return Settings(
            data_dir=self.folder / name, knowledge_dir=knowledge or self.knowledge, engine="extractive", reranker=None,
            embedding_model="packaged", embedding_precision="auto", database_url=None,
        )

    def copy_knowledge(self, name: str, keep: Callable[[Path], bool]) -> Path:
        """A copy of the knowledge folder with the files that `keep` wants."""
        source = self._knowledge if name == "quick" else self.knowledge
        target = self.folder / f"knowledge-{name}"
        for path in sorted(source.rglob("*")):
            if path.is_file() and keep(path):
                copied = target / path.relative_to(source)
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copied)
        return target

    def notes_only(self) -> Path:
        """A copy of the knowledge folder without the stored questions: what any pipeline would ingest."""
        return self.copy_knowledge("notes", keep=lambda path: not {path.name, path.parent.name} & set(BANK))


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a child process that is to use these settings and no others, and keep its compiled modules as usual."""
    ours = ("GROUNDWORK_", "OPENAI_", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return inherited | {
        "GROUNDWORK_DATA_DIR": str(settings.data_dir), "GROUNDWORK_KNOWLEDGE_DIR": str(settings.knowledge_dir),
        "GROUNDWORK_ENGINE": settings.engine,
    }


def say(text: str) -> None:
    """What is going on, to stderr."""
    print(f"{text}…", file=sys.stderr, flush=True)
