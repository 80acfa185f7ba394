"""A made-up collection with a bag-of-words encoder: fast, and near in meaning only when words are shared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from core.models import Vectors
from core.types import Chunk, Hit, Retrieval

NOTE = "knowledge/notes/05-vector-databases.md"
DEFINITION = (
    "An HNSW index is a multi-layer graph of vectors that is searched greedily from a sparse top layer [Malkov, 2018]. "
    "HNSW keeps a bounded number of links per vector."
)
REASONS = (
    "Deletes are hard, because other vectors navigate through the deleted vector. HNSW keeps links that leave a cluster because "
    "greedy search would otherwise be stuck. It is fast because of its layers. When a colleague wants to rebuild the index every "
    "night, show the cost of a build and propose a merge instead. Without a candidate list, a search returns only the first "
    "vector that it meets."
)
VERSUS = (
    "HNSW suits steady inserts with memory to spare; IVF suits static collections under a memory limit. HNSW needs more links "
    "than IVF in every layer of the graph.\n\n"
    "| axis | HNSW | IVF |\n|---|---|---|\n| memory | high, many links | low, only centroids |\n| training | no training at all | k-means clustering |\n"
    "| deletes | hard, tombstones | easy, remove the entry |\n| failure | graph falls apart | cell borders cut neighbors |"
)
TABLE = (
    "| index | recall control | weak point |\n|---|---|---|\n| flat | always exact results | cost grows linearly |\n"
    "| IVF | lists probed per query | neighbors across cell borders |\n| HNSW | candidate list size | memory and random access |\n"
    "| DiskANN | list size and beam | latency of the disk |"
)
WORKED = (
    "Two million vectors of 1,024 dimensions take $2{,}000{,}000 \\times 1024 \\times 4 = 8.19$ GB in float32. "
    "A run of 20 steps at 0.97 each succeeds with $0.97^{20} = 0.99$."
)
PITFALLS = (
    "Default parameters put every index at another point of the curve. A small candidate list caps the number of results. "
    "Links that were built badly cannot be repaired at query time by any setting."
)
OTHERS = {
    "Product quantization": "Product quantization is a compression that replaces parts of a vector by the ids of centroids in codebooks.",
    "Sharding": "Sharding is the distribution of a collection over machines that each search a part of all rows.",
    "Filtering": "Filtering is the restriction of results to rows whose metadata match a condition of the request.",
}


def a_chunk(text: str, *headings: str, position: int = 0, document: str = NOTE, topic: int | None = 5) -> Chunk:
    return Chunk(f"{document}-{position}", document, "Vector DB", topic, headings, text, position)


CHUNKS = [
    a_chunk(DEFINITION, "HNSW index", position=1),
    a_chunk(REASONS, "HNSW index", "How it works", position=2),
    a_chunk(VERSUS, "HNSW index", "HNSW vs IVF", position=3),
    a_chunk(WORKED, "HNSW index", "Worked example", position=4),
    a_chunk(TABLE, "HNSW index", "Trade-offs", position=5),
    a_chunk(PITFALLS, "HNSW index", "Pitfalls", position=6),
    a_chunk("The interviewer wants recall because memory is dear to everyone.", "HNSW index", "What the interviewer is after", position=7),
    *(a_chunk(text, name, position=8 + n) for n, (name, text) in enumerate(OTHERS.items())),
]


class SmallIndex:
    """Chunks that are found by the words they share with a query."""

    def __init__(self, chunks: Sequence[Chunk] = CHUNKS) -> None:
        self.chunks = list(chunks)
        self._vectors = self.encode([f"{c.heading} {c.text}" for c in self.chunks])

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), 4096), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"[a-z0-9]+", text.lower()):
                vectors[row, crc32(word.encode()) % 4096] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    def retrieve(self, query: str, k: int = 10, topic: int | None = None) -> Retrieval:
        scores = self._vectors @ self.encode([query])[0]
        order = np.argsort(-scores, kind="stable")[:k]
        return Retrieval(query, tuple(Hit(self.chunks[i], float(scores[i])) for i in order if scores[i] > 0), 1.0)
