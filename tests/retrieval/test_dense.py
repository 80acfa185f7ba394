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
    assert EXACT / 2 <= np.count_nonzero(np.isclose(scores, exact, atol=1e-7)) < len(vectors)
    assert np.abs(scores - exact).max() < 0.5
    assert COARSE_WIDTH < 384


def test_a_scan_tells_which_scores_are_exact() -> None:
    vectors = like_embeddings(MIN_VECTORS * 2)
    scores, places = DenseIndex(vectors).scan(vectors[5])
    assert EXACT / 2 <= len(places) <= EXACT * 2
    assert np.allclose(scores[places], vectors[places] @ vectors[5], atol=1e-6)
    assert scores[places].min() >= np.delete(scores, places).max() - 0.3
    assert DenseIndex(vectors[:10]).scan(vectors[5])[1].tolist() == list(range(10))


def test_equal_vectors_are_all_exact() -> None:
    vectors = np.repeat(like_embeddings(1), MIN_VECTORS, axis=0)
    scores, places = DenseIndex(vectors).scan(vectors[0])
    assert np.allclose(scores, 1.0, atol=1e-5)
    assert len(places) >= EXACT
