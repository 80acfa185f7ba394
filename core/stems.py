"""Snowball stems, shared by the lexical leg, the support of sentences and the evidence of grades."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


def stem_words(words: Sequence[str]) -> list[str]:
    """The English Snowball stem of each word, in order."""
    stems: list[str] = _stemmer().stemWords(list(words))
    return stems
