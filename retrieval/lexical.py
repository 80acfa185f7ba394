"""The lexical leg: BM25 over headings and text, derived from the store and rebuilt in memory.

bm25s with Snowball stems; why not FTS5 or tantivy: docs/decisions/0003-lexical-leg.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.stems import stem_words
from core.types import Chunk

K1, B = 1.5, 0.75
HEADING_WEIGHT = 3  # the heading path counts this often
TOKEN = re.compile(r"[a-z0-9]+(?:[@+#]+\w*)?")
HYPHENATED = re.compile(r"[a-z]+(?:-[a-z]+)+")
STOPWORDS = frozenset(
    """
    a about all also am an and any are as at be been being but by can could did do does doing for from had has have
    having how i if in into is it its just let like many me more most much my no nor not of on one or other our out over
    own please same she should so some such tell than that the their them then there these they this those to too under
    until up us use used using very want was we were what when where which while who whom why will with would you your
    explain describe give example
    """.split()
)


def tokenize(text: str) -> list[str]:
    """Lower-case alphanumeric terms, without stop words, stemmed. Repeats are kept; a hyphenated word also counts as one.

    >>> tokenize("How are the vectors quantized?")
    ['vector', 'quantiz']
    >>> tokenize("trade-offs") == ["trade", "off", *tokenize("tradeoffs")]
    True
    """
    text = text.lower()
    words = [word for word in TOKEN.findall(text) if word not in STOPWORDS]
    words += [word.replace("-", "") for word in HYPHENATED.findall(text)]
    return stem_words(words)


class LexicalIndex:
    """BM25 scores of a query against every chunk."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        import bm25s

        corpus = [tokenize(f"{chunk.title} " + f"{chunk.heading} " * HEADING_WEIGHT + chunk.text) for chunk in chunks]
        self._size = len(chunks)
        self._index = bm25s.BM25(k1=K1, b=B)
        self.document_frequency: dict[str, int] = {}
        for terms in corpus:
            for term in set(terms):
                self.document_frequency[term] = self.document_frequency.get(term, 0) + 1
        if self.document_frequency:
            self._index.index(corpus, show_progress=False)

    def scores(self, query: str) -> npt.NDArray[np.float32]:
        """One BM25 score a chunk, zeros where no term matches."""
        terms = [term for term in tokenize(query) if term in self.document_frequency]
        if not terms:
            return np.zeros(self._size, dtype=np.float32)
        scores: npt.NDArray[np.float32] = self._index.get_scores(terms)
        return scores

    def idf(self, term: str) -> float:
        """Inverse document frequency of a stem; the highest for one that no chunk holds."""
        frequency = self.document_frequency.get(term, 0)
        return float(np.log(1 + (self._size - frequency + 0.5) / (frequency + 0.5)))
