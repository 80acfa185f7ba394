import numpy as np

from core.types import Chunk
from retrieval.feedback import apply_feedback
from retrieval.lexical import LexicalIndex

TEXTS = ["hnsw graph search", "graph links and layers", "layers of cake", "sourdough bread", "bread and butter", *(f"filler {n}" for n in range(30))]


def test_the_first_passages_lend_their_terms() -> None:
    chunks = [Chunk(str(n), f"d{n}", "", None, (), text, 0) for n, text in enumerate(TEXTS)]
    lexical = LexicalIndex.build(chunks)
    vectors = np.eye(len(chunks), dtype=np.float32)
    query = vectors[0]
    first = lexical.scores("hnsw") + vectors @ query
    assert first[1] == first[3] == 0
    again = apply_feedback(chunks, vectors, lexical, query, "hnsw", first)
    assert int(np.argmax(again)) == 0
    assert again[1] > again[3], "`graph` was lent by the first passage"
    assert again.shape == first.shape
