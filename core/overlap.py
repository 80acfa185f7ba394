"""How far a claim's words are those of a text: terms, numbers and negation must agree.

It is strict about what it can see (a changed number, a lost "not") and lenient about wording; it does not understand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.stems import stem_words

Support = Literal["supported", "partly", "unsupported"]
SUPPORTED_COVERAGE = 0.6  # share of the claim's terms that the evidence must hold
PARTLY_COVERAGE = 0.4

_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[a-z][a-z0-9]+")
_NEGATION = re.compile(r"\b(?:not|no|never|without|cannot|neither|nor|none|unlike)\b|n't\b", re.IGNORECASE)
COMMON_WORDS = frozenset(
    """
    the and for that this with are was were from its has have had can may will would should which when where while into
    than then they them their there these those each also such more most less very only other one two been being does
    done not but
    """.split()
)


@dataclass(frozen=True)
class Judgement:
    """The verdict, the share of the claim's terms found, and the evidence sentence that matches best (its index, or None)."""

    support: Support
    coverage: float
    sentence: int | None
    numbers_missing: bool = False


def _terms(text: str) -> set[str]:
    words = [w for w in _WORD.findall(text.lower()) if w not in COMMON_WORDS]
    return set(stem_words(words))


def _numbers(text: str) -> set[str]:
    return {n.replace(",", "").rstrip(".") for n in _NUMBER.findall(text)}


def _negated(text: str) -> bool:
    return bool(_NEGATION.search(text))


def judge_support(claim: str, sentences: Sequence[str]) -> Judgement:
    """Judge a claim against the sentences of the passage it cites.

    Supported needs: most of the claim's terms in the passage, every number of the claim in it, and the same polarity as the
    sentence that matches best.
    """
    terms = _terms(claim)
    if not terms and not _numbers(claim):
        return Judgement("supported", 1.0, None)
    held = [_terms(sentence) for sentence in sentences]
    union: set[str] = set().union(*held) if held else set()
    coverage = len(terms & union) / len(terms) if terms else 1.0
    overlaps = [len(terms & h) / (len(terms) or 1) for h in held]
    best = max(range(len(overlaps)), key=overlaps.__getitem__, default=None)
    if best is not None and overlaps[best] == 0:
        best = None
    known_numbers: set[str] = set().union(*(_numbers(s) for s in sentences)) if sentences else set()
    if not _numbers(claim) <= known_numbers:
        return Judgement("unsupported", coverage, best, numbers_missing=True)
    if best is not None and overlaps[best] >= SUPPORTED_COVERAGE and _negated(claim) != _negated(sentences[best]):
        return Judgement("unsupported", coverage, best)
    if coverage >= SUPPORTED_COVERAGE:
        return Judgement("supported", coverage, best)
    return Judgement("partly" if coverage >= PARTLY_COVERAGE else "unsupported", coverage, best)
