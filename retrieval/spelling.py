"""Typing errors in a query: a word that neither the notes nor English know becomes the nearest word that the notes hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from core.types import Chunk
from retrieval.lexical import LexicalIndex, tokenize

if TYPE_CHECKING:
    from spellchecker import SpellChecker

MIN_LETTERS = 5  # shorter words have too many neighbours
MIN_FREQUENCY = 2  # a word that occurs once may be a typing error itself
_WORD = re.compile(r"(?<![\w@./'’-])[A-Za-z]?[a-z]+(?![\w@/'’-]|\.\w)")  # not acronyms, codes, addresses, parts of hyphenated words


class Speller:
    """Corrects queries toward the words of an index; only words at an edit distance of one, the commonest first.

    Source: Damerau, Communications of the ACM 1964 (four in five misspellings are one edit away).
    """

    def __init__(self, chunks: Sequence[Chunk], lexical: LexicalIndex) -> None:
        """`chunks` lend their words, which are counted when the first unknown word is met; `lexical` tells which stems they hold."""
        self._chunks = chunks
        self._lexical = lexical

    def correct(self, query: str) -> str:
        """The query with its typing errors corrected; unchanged where nothing fits."""
        return _WORD.sub(lambda match: self._correct_word(match[0]), query)

    def _correct_word(self, word: str) -> str:
        if len(word) < MIN_LETTERS or self._is_known(word) or word.lower() in self._english:
            return word
        near = {w: self._words[w] for w in self._english.edit_distance_1(word.lower()) if self._words[w] >= MIN_FREQUENCY}
        return max(near, key=lambda w: (near[w], w)) if near else word

    def _is_known(self, word: str) -> bool:
        stems = tokenize(word)
        return not stems or any(self._lexical.document_frequency(stem) for stem in stems)

    @cached_property
    def _words(self) -> Counter[str]:
        return Counter(w for chunk in self._chunks for w in re.findall(r"[a-z]+", f"{chunk.heading} {chunk.text}".lower()))

    @cached_property
    def _english(self) -> SpellChecker:
        from spellchecker import SpellChecker

        return SpellChecker(distance=1)
