"""Dense and lexical search, fused: query -> Retrieval."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.content import GlossaryTerm, load_glossary
from core.errors import IndexUnavailableError
from core.models import Reranker, Vectors, get_query_encoder, get_reranker
from core.settings import Settings
from core.types import Chunk, Hit, Retrieval
from retrieval.confidence import confidence, confidence_features
from retrieval.dense import DenseIndex
from retrieval.feedback import apply_feedback
from retrieval.fusion import Scores, min_max
from retrieval.glossary import Expander
from retrieval.lexical import tokenize
from retrieval.questions import Own, Pointing, QuestionLeg
from retrieval.sections import Sections
from retrieval.snapshot import Snapshot, load_snapshot
from retrieval.spelling import Speller

LEG_DEPTH = 100  # ranks beyond are not told
FEATURE_DEPTH = 10  # passages that the confidence looks at
RERANK_DEPTH = 30
MAX_QUERY_CHARACTERS = 2000
REMEMBERED = 1024  # glances; every turn of a conversation asks for those of the earlier ones again
BIBLIOGRAPHY_PART = "Sources"  # lists of titles match many queries and answer few
BIBLIOGRAPHY_PENALTY = 0.3
HARDLY_ASKED, UNHEARD_LETTERS = 5, 3  # of 62,000 stored questions; shorter words are parts of other things
UNLIKELY = 3e-4  # a section with a lower probability gets nothing from the section model
UNASKED_BONUS = 0.08  # a section without stored questions: its best passage stands in, a little closer


@dataclass(frozen=True)
class Weights:
    """How much the parts of a passage's score count, the dense leg being 1; all are scaled to [0, 1].

    `nearest`, `words`: the stored questions of its section that are nearest and share most words; `chosen`: the section model;
    `heading`: a heading that is asked for. Chosen on the development cases and on Cranfield; `python -m evals ablation` shows what each
    is worth.
    """

    lexical: float = 0.8
    nearest: float = 1.5
    chosen: float = 3.0
    words: float = 1.0
    heading: float = 1.0


SHIPPED = Weights()


class Encoder(Protocol):
    """Embeds texts as unit vectors, shape (texts, dimension)."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts."""


@dataclass(frozen=True)
class Search:
    """Scores of every passage, one array a stage; `scores` ranks. `query` is what was searched, typing errors corrected; `pointing` is None
    without stored questions."""

    query: str
    vector: Vectors
    dense: Scores
    lexical: Scores
    fused: Scores
    scores: Scores
    pointing: Pointing | None


class Retriever:
    """Searches a snapshot of the index held in memory; safe to share between threads.

    The dense leg scans every vector: faster than an approximate index at the sizes a study collection has
    (docs/decisions/0002-exact-dense-leg.md).
    """

    def __init__(
        self, index: Snapshot, encoder: Encoder, glossary: Sequence[GlossaryTerm] = (), reranker: Reranker | None = None,
        weights: Weights = SHIPPED,
    ) -> None:
        self._weights = weights
        self.chunks = index.chunks
        self._vectors = index.vectors
        self._dense = DenseIndex(index.vectors)
        self._lexical = index.lexical
        self._encoder = encoder
        self._reranker = reranker
        self._sections = Sections(self.chunks)
        self._questions = (
            QuestionLeg(
                index.questions, index.question_vectors, self._sections, words=index.question_words, model=index.section_model,
                compared=index.compared, classifier=index.classifier,
            )
            if index.questions else None
        )
        self._expander = Expander(glossary)
        self._speller = Speller(self.chunks, index.lexical)
        self._own_sections = np.array([self.chunks[start].own for start in self._sections.starts], bool)
        self._notes = np.array([not chunk.own for chunk in self.chunks], bool)
        self._topics = np.array([-1 if c.topic is None else c.topic for c in self.chunks])
        self.glance = lru_cache(REMEMBERED)(self.retrieve)
        self._penalty = np.array([c.part == BIBLIOGRAPHY_PART for c in self.chunks], np.float32) * BIBLIOGRAPHY_PENALTY

    def retrieve(
        self, query: str, k: int = 10, topic: int | None = None, without: Sequence[int] = (), *, notes_only: bool = False
    ) -> Retrieval:
        """The k best passages for a query, best first; `topic` restricts the search to one topic, `notes_only` to what comes with
        Groundwork.

        The convex sum of dense and lexical scores ranks passages; what people asked before ranks their sections. An index without
        stored questions gets pseudo-relevance feedback instead.
        """
        query = query.strip()[:MAX_QUERY_CHARACTERS]
        if not query or not self.chunks:
            return Retrieval(query, (), 0.0)
        clock = _Clock()
        found = self.search(query, clock, without, notes_only=notes_only)
        query = found.query
        allowed = self._allowed(topic, notes_only)
        places = _top(found.scores, allowed, max(k, RERANK_DEPTH if self._reranker else FEATURE_DEPTH))
        hits = self._hits(found, places, allowed)
        clock.lap("fuse")
        if self._reranker:
            hits, places = self._rerank(query, hits, places)
            clock.lap("rerank")
        features = confidence_features(query, hits[:FEATURE_DEPTH], places[:FEATURE_DEPTH], self._lexical, found.pointing)
        features["unheard"] = self._unheard(query)
        clock.lap("confidence")
        same = found.pointing.same_question if found.pointing else ""
        return Retrieval(query, tuple(hits[:k]), confidence(features) if hits else 0.0, features, clock.laps, same)

    def search(self, query: str, clock: _Clock | None = None, without: Sequence[int] = (), *, notes_only: bool = False) -> Search:
        """The scores of every passage for a query: of each leg, of their fusion, and the final ones; `without` names stored questions
        to leave out, for evaluation; with `notes_only` the learner's own documents do not vote."""
        clock = clock or _Clock()
        query = self._speller.correct(query)
        vector = self._encoder.encode([query])[0]
        clock.lap("embed")
        dense = self._dense.scores(vector)
        clock.lap("dense")
        expanded = self._expander.expand(query)
        lexical = self._lexical.scores(expanded)
        clock.lap("lexical")
        pointing = None
        if self._questions:
            stand_in = np.minimum(self._sections.best(dense) + UNASKED_BONUS, 1)
            pointing = self._questions.point(vector, query, expanded, without, None if notes_only else self._own(stand_in, lexical))
        fused = min_max(dense) + np.float32(self._weights.lexical) * min_max(lexical) - self._penalty
        if pointing is None:
            scores = apply_feedback(self.chunks, self._vectors, self._lexical, vector, expanded, fused)
        else:
            scores = fused + self._sections.spread(self._prior(query, stand_in, pointing))
        clock.lap("sections")
        return Search(query, vector, dense, lexical, fused, scores, pointing)

    def neighbours(self, chunk: Chunk, headings: tuple[str, ...]) -> list[Chunk]:
        """The chunks of the same document whose heading path starts with `headings`, in order."""
        depth = len(headings)
        return [c for c in self.chunks if c.document == chunk.document and c.headings[:depth] == headings]

    def section(self, anchor: str) -> list[Chunk]:
        """The chunks of the section that an anchor (`note#section` or `note#section--part`) names, in order."""
        return [self.chunks[place] for place in self._sections.places(anchor)]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts with the index's own model."""
        return self._encoder.encode(texts)

    def _unheard(self, query: str) -> float:
        """How many words of a query neither the passages hold nor more than HARDLY_ASKED stored questions; 0 without stored questions."""
        if self._questions is None:
            return 0.0
        words = [term for term in set(tokenize(query)) if term.isalpha() and len(term) >= UNHEARD_LETTERS]
        return float(sum(not self._lexical.document_frequency(w) and self._questions.holding(w) <= HARDLY_ASKED for w in words))

    def _allowed(self, topic: int | None, notes_only: bool) -> npt.NDArray[np.intp] | None:
        """The places of the passages that may be found; None for all."""
        if topic is None and not notes_only:
            return None
        of_topic = self._topics == topic if topic is not None else True
        return np.flatnonzero(of_topic & (self._notes if notes_only else True))

    def _own(self, stand_in: Scores, lexical: Scores) -> Own | None:
        """What the sections of the learner's own documents have instead of stored questions; None without such documents."""
        if not self._own_sections.any():
            return None
        similarity = np.where(self._own_sections, np.maximum(stand_in, 0), 0)
        words = np.where(self._own_sections, self._sections.best(lexical) / max(float(lexical.max()), 1e-9), 0)
        return Own(similarity.astype(np.float32), words.astype(np.float32))

    def _prior(self, query: str, stand_in: Scores, pointing: Pointing) -> Scores:
        """What each section gets from stored questions and from a heading that was asked for, one value a section; `stand_in` is what one
        without stored questions has instead."""
        weights = self._weights
        prior = weights.nearest * np.where(pointing.nearest > 0, pointing.nearest, stand_in)
        prior += weights.chosen * (1 + np.log(np.maximum(pointing.chosen, UNLIKELY)) / -np.log(UNLIKELY)) + weights.words * pointing.words
        for number, coverage in self._sections.named(query):
            prior[number] += weights.heading * coverage
        return prior.astype(np.float32)

    def _hits(self, found: Search, places: Sequence[int], allowed: npt.NDArray[np.intp] | None) -> list[Hit]:
        """Passages with their scores and with their ranks in both legs where these are among the first LEG_DEPTH."""
        cosines = self._dense.exact(found.vector, places)
        dense = found.dense if allowed is None else found.dense[allowed]
        lexical = found.lexical if allowed is None else found.lexical[allowed]
        return [
            Hit(
                chunk=self.chunks[i], score=float(found.scores[i]), dense_rank=_rank(dense, found.dense[i]), dense_score=float(cosine),
                lexical_rank=_rank(lexical, found.lexical[i]) if found.lexical[i] > 0 else None, lexical_score=float(found.lexical[i]),
            )
            for i, cosine in zip(places, cosines, strict=True)
        ]

    def _rerank(self, query: str, hits: Sequence[Hit], places: Sequence[int]) -> tuple[list[Hit], list[int]]:
        assert self._reranker is not None  # noqa: S101 - the caller checks
        head = hits[:RERANK_DEPTH]
        scores = self._reranker.scores(query, [f"{hit.chunk.heading}\n{hit.chunk.text}" for hit in head])
        order = [*sorted(range(len(head)), key=lambda i: -scores[i]), *range(len(head), len(hits))]
        return [hits[i] for i in order], [places[i] for i in order]


def get_retriever(settings: Settings) -> Retriever:
    """A retriever over the current index.

    Raises:
        IndexUnavailableError: nothing is ingested yet, or the index is damaged.
        ModelIntegrityError, ModelUnavailableError: a model cannot be used.
    """
    with ThreadPoolExecutor(1) as pool:  # the model and the index load side by side
        encoder = pool.submit(get_query_encoder, settings)
        index = load_snapshot(settings)
    if not index.chunks:
        raise IndexUnavailableError("The index is empty.")
    return Retriever(index, encoder.result(), load_glossary(settings.knowledge_dir), get_reranker(settings))


def _top(scores: Scores, allowed: npt.NDArray[np.intp] | None, count: int) -> list[int]:
    """Indices of the best (allowed) scores, best first; ties in index order."""
    candidates = np.arange(len(scores)) if allowed is None else allowed
    held = scores if allowed is None else scores[allowed]
    if len(candidates) > count:
        part = np.sort(np.argpartition(held, len(held) - count)[-count:])
        candidates, held = candidates[part], held[part]
    order = np.argsort(-held, kind="stable")
    return [int(i) for i in candidates[order]]


def _rank(scores: Scores, score: float) -> int | None:
    """The rank of a score, from 1; None beyond LEG_DEPTH."""
    rank = 1 + int(np.count_nonzero(scores > score))
    return rank if rank <= LEG_DEPTH else None


class _Clock:
    """Laps in milliseconds."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round((now - self._last) * 1000, 3)
        self._last = now
