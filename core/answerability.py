"""Does a passage answer a question? A cross-encoder like the judge, for documents without stored questions.

Trained on documents with questions that they answer and questions that they only seem to (evals/answerability). A passage on the subject is
near to a question whether it answers it or not; this model reads both.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from core.errors import ModelIntegrityError
from core.judge import Judgement, load_verified
from core.types import Chunk

WEIGHTS_FILE = Path(__file__).with_name("weights") / "answerability.safetensors"
WEIGHTS_SHA256 = "721f95cc5377d83bab25c5d35ee7cc4a868ccdb9861924ef6f2d422904204518"


class PairReader(Protocol):
    """Judges pairs; `Judge` does."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """One judgement a pair."""


def passage_text(passage: Chunk) -> str:
    """A passage as it is read: the title and the headings above it, then its text."""
    return " > ".join((passage.title, *passage.headings)) + "\n" + passage.text


class Answerability:
    """Tells how likely passages answer a question. Safe to share between threads."""

    def __init__(self, judge: PairReader) -> None:
        """`judge` has weights trained on questions and passages."""
        self._judge = judge

    def odds(self, question: str, passages: Sequence[Chunk]) -> list[float]:
        """How likely each passage answers the question, in [0, 1]."""
        return [judgement.probability("supported") for judgement in self._judge.judge([(question, passage_text(p)) for p in passages])]


@cache
def get_answerability() -> Answerability:
    """The shipped model, loaded and verified once.

    Raises:
        ModelIntegrityError: its weights are missing or are not the ones it was measured with.
    """
    return Answerability(load_verified(WEIGHTS_FILE, WEIGHTS_SHA256))


def available_answerability() -> Answerability | None:
    """The shipped model; None when its weights are missing or damaged (`doctor` says so), and similarity decides."""
    try:
        return get_answerability()
    except ModelIntegrityError:
        return None
