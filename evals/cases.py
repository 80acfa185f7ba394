"""The labelled cases of `evals/cases` (see its README): loading, splits, and whether a hit is a labelled section."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.types import Chunk
from retrieval.sections import section_anchor

CASES_DIR = Path(__file__).with_name("cases")
Split = Literal["development", "held-out"]


@dataclass(frozen=True)
class Case:
    """One case; `data` holds the file's own fields."""

    id: str
    split: Split
    question: str
    data: dict[str, Any]

    @property
    def sections(self) -> list[str]:
        """Anchors of the sections that answer, best first."""
        return list(self.data.get("sections", []))

    @property
    def topic(self) -> int | None:
        """The topic that answers best."""
        return self.data.get("topic")


def load_cases(name: str, split: Split | None = None, folder: Path = CASES_DIR) -> list[Case]:
    """The cases of one file (`answerable`, `unanswerable`, `follow_ups` ...; see the folder's README), of one split or of both."""
    return [Case(row["id"], row["split"], row["question"], row) for row in load_rows(name, split, folder)]


def load_rows(name: str, split: Split | None = None, folder: Path = CASES_DIR) -> list[dict[str, Any]]:
    """The lines of one file of cases, of one split or of both."""
    rows = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines() if line.strip()]
    return [row for row in rows if split in (None, row["split"])]


def ranked_sections(chunks: list[Chunk]) -> list[str]:
    """Section anchors in order of their best chunk, each once."""
    return list(dict.fromkeys(section_anchor(chunk) for chunk in chunks))
