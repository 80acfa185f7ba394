"""The dense leg: what the coarse scan may not lose."""

import numpy as np

from retrieval.dense import COARSE_WIDTH, EXACT, MIN_VECTORS, DenseIndex

RANDOM = np.random.default_rng(0)


def normalized(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def like_embeddings(count: int) -> np.ndarray:
    """Vectors whose energy falls off over the components, as that of embeddings does."""
    spectrum = 1 / np.arange(1, 385) ** 0.5
    return normalized(RANDOM.normal(size=(count, 384)) * spectrum)


def test_few_vectors_are_scanned_exactly() -> None:
    vectors = like_embeddings(MIN_VECTORS - 1)
    assert np.array_equal(DenseIndex(vectors).scores(vectors[7]), vectors @ vectors[7])


def test_the_best_of_many_are_exact_and_in_order() -> None:
    vectors = like_embeddings(MIN_VECTORS * 2)
    index = DenseIndex(vectors)
    for query in normalized(vectors[:20] + 0.05 * RANDOM.normal(size=(20, 384))):
        scores, exact = index.scores(query), vectors @ query
        best = np.argsort(-exact)[:20]
        assert np.argsort(-scores)[:20].tolist() == best.tolist()
        assert np.allclose(scores[best], exact[best], atol=1e-6)
        assert np.allclose(index.exact(query, [3, 1]), exact[[3, 1]], atol=1e-6)


def test_the_scan_reads_fewer_components_than_there_are() -> None:
    vectors = like_embeddings(MIN_VECTORS)
    scores, exact = DenseIndex(vectors).scores(vectors[0]), vectors @ vectors[0]
    assert EXACT <= np.count_nonzero(np.isclose(scores, exact, atol=1e-7)) < len(vectors)
    assert np.abs(scores - exact).max() < 0.5
    assert COARSE_WIDTH < 384
