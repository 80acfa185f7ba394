"""The generative engine: a chat model writes from the retrieved passages; what it wrote is then checked against them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chat.extractive import source_of
from core.types import Hit, Source
from prompts import render, without_fence

MAX_SOURCES = 6
FENCE = "=====SOURCES====="
NOT_COVERED = "NOT IN THE NOTES"  # the sentinel shared by prompt and code


def select_sources(hits: Sequence[Hit]) -> tuple[Source, ...]:
    """The passages offered to the model, numbered from 1; the quote is the whole passage until a sentence cites it."""
    return tuple(
        source_of(hit.chunk, n, hit.chunk.text) for n, hit in enumerate(hits[:MAX_SOURCES], 1)
    )


def answer_prompt(question: str, sources: Sequence[Source]) -> str:
    """The prompt: rules, then the passages as delimited data. A passage cannot close the delimiter."""
    listed = without_fence("\n\n".join(f"[{s.n}] {s.title} > {s.heading}\n{s.text}" for s in sources), FENCE)
    return render("chat", "answer", question=without_fence(question, FENCE), sources=listed, fence=FENCE, not_covered=NOT_COVERED)


def says_not_covered(text: str) -> bool:
    """True when the model refused with the sentinel."""
    return re.sub(r"[^A-Z ]", "", text.upper()).strip().startswith(NOT_COVERED)
