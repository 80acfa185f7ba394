"""The dense leg: the cosine of a query to every vector of a matrix held in memory (docs/decisions/0002-exact-dense-leg.md)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.models import Vectors
from retrieval.fusion import Scores

COARSE_WIDTH = 96  # principal components that the first scan reads
EXACT = 400  # of about so many, the best of the scan, the cosine is exact
STRIDE = 16  # one score in so many tells from where on these are
SAMPLE = 8192  # vectors that the components are computed from
MIN_VECTORS = 4096  # fewer are scanned exactly: they fit the cache


class DenseIndex:
    """Scans vectors of length 1: all of them in their first principal components, which is a quarter of the memory traffic, and
    those that come out best in full.

    Source of the components: Pearson, Philosophical Magazine 1901.
    """

    def __init__(self, vectors: Vectors, width: int = COARSE_WIDTH) -> None:
        """`vectors` have shape (count, dimension) and are kept, not copied; the first scan reads `width` components."""
        self._vectors = vectors
        self._basis: Vectors | None = None
        if len(vectors) >= MIN_VECTORS and vectors.shape[1] > width:
            sample = vectors[:: max(1, len(vectors) // SAMPLE)]
            _, components = np.linalg.eigh(sample.T @ sample)  # ascending by the energy they hold
            self._basis = np.ascontiguousarray(components[:, -width:].T)
            self._coarse = np.ascontiguousarray(vectors @ self._basis.T)

    def scores(self, query: Vectors) -> Scores:
        """One cosine a vector: exact for about EXACT of the best, for the others that of their principal components."""
        return self.scan(query)[0]

    def scan(self, query: Vectors) -> tuple[Scores, npt.NDArray[np.intp]]:
        """`scores`, and the places of those that are exact."""
        if self._basis is None:
            exact: Scores = self._vectors @ query
            return exact, np.arange(len(exact))
        scores: Scores = self._coarse @ (self._basis @ query)
        rank = EXACT // STRIDE
        best = np.flatnonzero(scores >= np.partition(scores[::STRIDE], -rank)[-rank])
        scores[best] = self.exact(query, best)
        return scores, best

    def exact(self, query: Vectors, places: Sequence[int] | npt.NDArray[np.intp]) -> Scores:
        """The cosines of some vectors."""
        cosines: Scores = self._vectors[places] @ query
        return cosines
