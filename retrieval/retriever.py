"""Dense and lexical search, fused: query -> Retrieval."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from core.content import GlossaryTerm, load_glossary
from core.errors import IndexUnavailableError
from core.models import Reranker, Vectors, get_embeddings, get_reranker
from core.settings import Settings
from core.store import get_question_store, get_store
from core.types import Chunk, Hit, Retrieval
from retrieval.confidence import confidence, confidence_features
from retrieval.fusion import best_first, reciprocal_rank_fusion
from retrieval.glossary import Expander
from retrieval.lexical import LexicalIndex
from retrieval.pointers import QuestionLeg, SectionLeg

LEG_DEPTH = 100  # candidates of each leg
RERANK_DEPTH = 30
MAX_QUERY_CHARACTERS = 2000
BIBLIOGRAPHY_PART = "Sources"  # lists of titles match many queries and answer few
BIBLIOGRAPHY_FACTOR = 0.8


class Encoder(Protocol):
    """Embeds texts as unit vectors, shape (texts, dimension)."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts."""


class Retriever:
    """Searches a snapshot of the index held in memory; safe to share between threads.

    The dense leg multiplies the query with every vector: exact, and faster than an approximate index at the sizes a study
    collection has (docs/decisions/0002-exact-dense-leg.md).
    """

    def __init__(  # noqa: PLR0917 - built in one place
        self, chunks: Sequence[Chunk], vectors: Vectors, encoder: Encoder, glossary: Sequence[GlossaryTerm] = (),
        reranker: Reranker | None = None, questions: QuestionLeg | None = None,
    ) -> None:
        self.chunks = list(chunks)
        self._vectors = vectors
        self._encoder = encoder
        self._reranker = reranker
        self._questions = questions
        self._sections = SectionLeg(self.chunks)
        self._expander = Expander(glossary)
        self._lexical = LexicalIndex(self.chunks)
        self._topics = np.array([-1 if c.topic is None else c.topic for c in self.chunks])
        self._place = {chunk.id: index for index, chunk in enumerate(self.chunks)}

    def retrieve(self, query: str, k: int = 10, topic: int | None = None) -> Retrieval:
        """The k best passages for a query, best first; `topic` restricts the search to one topic.

        Reciprocal rank fusion, keyed by chunk id, over the dense and the lexical leg and two short lists of pointers: sections
        whose heading is what was asked, and sections that answer the most similar questions of the bank.
        """
        query = query.strip()[:MAX_QUERY_CHARACTERS]
        if not query or not self.chunks:
            return Retrieval(query, (), 0.0)
        clock = _Clock()
        expanded = self._expander.expand(query)
        vector = self._encoder.encode([expanded])[0]
        clock.lap("embed")
        allowed = np.ones(len(self.chunks), bool) if topic is None else self._topics == topic
        dense = self._vectors @ vector
        dense_order = _top(dense, allowed, LEG_DEPTH)
        clock.lap("dense")
        lexical = self._lexical.scores(expanded)
        lexical_order = _top(lexical, allowed & (lexical > 0), LEG_DEPTH)
        clock.lap("lexical")
        pointed = [self._sections.ranking(query, dense, allowed)]
        if self._questions:
            pointed.append(self._questions.ranking(vector, self._sections, dense, allowed))
        clock.lap("pointers")
        hits = self._fuse(dense, dense_order, lexical, lexical_order, pointed)
        clock.lap("fuse")
        if self._reranker:
            hits = self._rerank(query, hits)
            clock.lap("rerank")
        similar = self._questions.similarity(vector) if self._questions else 0.0
        features = confidence_features(query, hits[: max(k, 10)], self._lexical, similar)
        clock.lap("confidence")
        return Retrieval(query, tuple(hits[:k]), confidence(features) if hits else 0.0, features, clock.laps)

    def neighbours(self, chunk: Chunk, headings: tuple[str, ...]) -> list[Chunk]:
        """The chunks of the same document whose heading path starts with `headings`, in order."""
        depth = len(headings)
        return [c for c in self.chunks if c.document == chunk.document and c.headings[:depth] == headings]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts with the index's own model."""
        return self._encoder.encode(texts)

    def _fuse(
        self, dense: Vectors, dense_order: list[int], lexical: Vectors, lexical_order: list[int], pointed: list[list[int]]
    ) -> list[Hit]:
        dense_rank = {self.chunks[i].id: rank for rank, i in enumerate(dense_order, 1)}
        lexical_rank = {self.chunks[i].id: rank for rank, i in enumerate(lexical_order, 1)}
        pointers = [[self.chunks[i].id for i in ranking] for ranking in pointed]
        fused = reciprocal_rank_fusion([list(dense_rank), list(lexical_rank), *pointers])
        for id_ in fused:
            if self.chunks[self._place[id_]].part == BIBLIOGRAPHY_PART:
                fused[id_] *= BIBLIOGRAPHY_FACTOR
        return [
            Hit(
                chunk=self.chunks[self._place[id_]], score=fused[id_],
                dense_rank=dense_rank.get(id_), dense_score=float(dense[self._place[id_]]),
                lexical_rank=lexical_rank.get(id_), lexical_score=float(lexical[self._place[id_]]),
            )
            for id_ in best_first(fused)
        ]

    def _rerank(self, query: str, hits: list[Hit]) -> list[Hit]:
        assert self._reranker is not None  # noqa: S101 - the caller checks
        head = hits[:RERANK_DEPTH]
        scores = self._reranker.scores(query, [f"{hit.chunk.heading}\n{hit.chunk.text}" for hit in head])
        order = sorted(range(len(head)), key=lambda i: -scores[i])
        return [head[i] for i in order] + hits[RERANK_DEPTH:]


def get_retriever(settings: Settings) -> Retriever:
    """A retriever over the current index.

    Raises:
        IndexUnavailableError: nothing is ingested yet, or the index is damaged.
        ModelIntegrityError, ModelUnavailableError: a model cannot be used.
    """
    loaded: list[Encoder | BaseException] = []

    def load_model() -> None:
        try:
            loaded.append(get_embeddings(settings))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            loaded.append(error)

    loading = threading.Thread(target=load_model)  # the model and the index load side by side
    loading.start()
    try:
        with get_store(settings) as store:
            chunks, vectors = store.load()
        with get_question_store(settings) as store:
            bank, bank_vectors = store.load()
    finally:
        loading.join()
    if not chunks:
        raise IndexUnavailableError("The index is empty.")
    encoder = loaded[0]
    if isinstance(encoder, BaseException):
        raise encoder
    questions = QuestionLeg(bank, bank_vectors) if bank else None
    return Retriever(chunks, vectors, encoder, load_glossary(settings.knowledge_dir), get_reranker(settings), questions)


def _top(scores: Vectors, allowed: np.ndarray, count: int) -> list[int]:
    """Indices of the best allowed scores, best first; ties in index order."""
    candidates = np.flatnonzero(allowed)
    if len(candidates) > count:
        part = np.argpartition(-scores[candidates], count - 1)[:count]
        candidates = candidates[np.sort(part)]
    order = np.argsort(-scores[candidates], kind="stable")
    return [int(i) for i in candidates[order]]


class _Clock:
    """Laps in milliseconds."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round((now - self._last) * 1000, 3)
        self._last = now
