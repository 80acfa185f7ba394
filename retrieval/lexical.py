"""The lexical leg: BM25 over headings and text, derived from the store and rebuilt in memory.

bm25s with Snowball stems; why not FTS5 or tantivy: docs/decisions/0003-lexical-leg.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

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
    """BM25 scores of a query against every chunk. `arrays` can be stored, and another index made of them."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """`arrays` as `build` makes them: postings by term in compressed columns, and the terms, separated by line breaks."""
        self.arrays = dict(arrays)
        self._weights, self._chunks, self._starts = (self.arrays[name] for name in ("weights", "chunks", "starts"))
        terms = bytes(self.arrays["terms"]).decode().split("\n") if len(self.arrays["terms"]) else []
        self._terms = {term: place for place, term in enumerate(terms)}
        self.size = int(self.arrays["size"])

    @classmethod
    def build(cls, chunks: Sequence[Chunk]) -> LexicalIndex:
        """Index the title, the heading path and the text of chunks."""
        import bm25s

        corpus = [tokenize(f"{chunk.title} " + f"{chunk.heading} " * HEADING_WEIGHT + chunk.text) for chunk in chunks]
        if not any(corpus):
            return cls({
                "weights": np.zeros(0, np.float32), "chunks": np.zeros(0, np.int32), "starts": np.zeros(1, np.int64),
                "terms": np.zeros(0, np.uint8), "size": np.array(len(chunks)),
            })
        index = bm25s.BM25(k1=K1, b=B)
        index.index(corpus, show_progress=False)
        terms = [term for term in sorted(index.vocab_dict, key=index.vocab_dict.__getitem__) if term]
        return cls({
            "weights": index.scores["data"], "chunks": index.scores["indices"], "starts": index.scores["indptr"][: len(terms) + 1],
            "terms": np.frombuffer("\n".join(terms).encode(), np.uint8), "size": np.array(len(chunks)),
        })

    def scores(self, query: str) -> npt.NDArray[np.float32]:
        """One BM25 score a chunk, zeros where no term matches."""
        return self.weighted_scores(dict(Counter(tokenize(query))))

    def weighted_scores(self, terms: Mapping[str, float]) -> npt.NDArray[np.float32]:
        """The sum over stems of weight times BM25 score, one value a chunk."""
        scores = np.zeros(self.size, dtype=np.float32)
        for term, weight in terms.items():
            place = self._terms.get(term)
            if place is not None:
                postings = slice(self._starts[place], self._starts[place + 1])
                scores[self._chunks[postings]] += np.float32(weight) * self._weights[postings]
        return scores

    def holds(self, term: str, chunks: Sequence[int]) -> bool:
        """Whether any of some chunks holds a stem."""
        place = self._terms.get(term)
        if place is None:
            return False
        postings = self._chunks[self._starts[place] : self._starts[place + 1]]  # ascending
        found = np.searchsorted(postings, chunks)
        return bool(np.any(postings[np.minimum(found, len(postings) - 1)] == chunks))

    def document_frequency(self, term: str) -> int:
        """In how many chunks a stem occurs."""
        place = self._terms.get(term)
        return 0 if place is None else int(self._starts[place + 1] - self._starts[place])

    def idf(self, term: str) -> float:
        """Inverse document frequency of a stem; the highest for one that no chunk holds."""
        frequency = self.document_frequency(term)
        return float(np.log(1 + (self.size - frequency + 0.5) / (frequency + 0.5)))
