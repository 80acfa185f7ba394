"""What people ask, as vectors: questions that point at the sections which answer them, and questions that nothing here answers.

Question-to-question matching: a learner's wording is closer to another question than to the passage that answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.content import ASKED, UNANSWERED
from core.models import Vectors
from core.types import Chunk
from retrieval.dense import DenseIndex
from retrieval.lexical import LexicalIndex
from retrieval.section_model import NOWHERE, SectionModel
from retrieval.sections import Sections

NEIGHBOURS, NEIGHBOUR_TEMPERATURE = 80, 0.15  # nearest questions that a section of the learner's own documents is held against
SHARE_NEIGHBOURS, SHARE_TEMPERATURE = 15, 0.05
OWN_VOTERS = 6  # as many of these sections, the nearest, are held
OWN_QUESTIONS, OWN_SHARE = 20.0, 5.0  # as many questions does a section of the learner's own documents stand for
SAME_QUESTION = 0.8  # cosine from which a question of the bank asks for the same


@dataclass(frozen=True)
class Pointing:
    """What the stored questions say about a query.

    Attributes:
        nearest: the cosine of each section's nearest question, 0 for a section without questions.
        chosen: how likely each section answers, by the section model, if any does.
        words: the highest BM25 score of each section's questions, of the highest of all.
        answered_share: of the weight of the nearest questions of all, what belongs to those that something answers.
        outside: the cosine of the nearest question that nothing answers.
        nowhere: how likely nothing answers, by the section model.
        same_question: the id of the bank's question that asks for the same, or an empty string.
    """

    nearest: npt.NDArray[np.float32]
    chosen: npt.NDArray[np.float32]
    words: npt.NDArray[np.float32]
    answered_share: float
    outside: float
    nowhere: float = 0.0
    same_question: str = ""

    @property
    def similarity(self) -> float:
        """The cosine of the nearest question that something answers."""
        return float(self.nearest.max(initial=0.0))

    @property
    def agreement(self) -> float:
        """How sure the section model is of its first section."""
        return float(self.chosen.max(initial=0.0))


@dataclass(frozen=True)
class Own:
    """What stands in for stored questions in the sections of the learner's own documents, 0 in all others.

    Attributes:
        similarity: the cosine of each section's best passage, raised by what a question is closer than a passage.
        words: the highest BM25 score of each section's passages, of the highest of all.
    """

    similarity: npt.NDArray[np.float32]
    words: npt.NDArray[np.float32]


class QuestionLeg:
    """Stored questions and short answers with the sections that they lead to."""

    def __init__(
        self, questions: Sequence[Chunk], vectors: Vectors, sections: Sections, words: LexicalIndex | None = None,
        model: SectionModel | None = None,
    ) -> None:
        """`questions` are the chunks of the question store: their `headings` are anchors of sections or parts; `words` indexes them,
        `model` was fitted to them."""
        self._words = words
        self._model = model
        classes = model.anchors if model else ()
        known = [(place, sections.by_anchor[anchor]) for place, anchor in enumerate(classes) if anchor in sections.by_anchor]
        self._classes = np.array([place for place, _ in known], np.intp)
        self._class_sections = np.array([number for _, number in known], np.intp)
        self._nowhere = [place for place, anchor in enumerate(classes) if anchor == NOWHERE]
        rows: list[tuple[int, int]] = []  # section, question
        for place, question in enumerate(questions):
            anchors = {anchor.split("--")[0] for anchor in question.headings}
            rows += [(number, place) for anchor in anchors if (number := sections.by_anchor.get(anchor)) is not None]
        rows.sort()
        self._count = len(sections)
        self._rows = np.array([place for _, place in rows], np.intp)
        self._numbers = np.array([number for number, _ in rows], np.intp)
        self._pointed, self._starts = np.unique(self._numbers, return_index=True)
        self._dense = DenseIndex(vectors)
        self._answered = np.array([q.document != UNANSWERED for q in questions], bool)
        self._unanswered = np.flatnonzero(~self._answered)
        self._documents = [question.document for question in questions]
        self._bank = np.array([place for place, name in enumerate(self._documents) if name not in {ASKED, UNANSWERED}], np.intp)

    def point(
        self, query: Vectors, text: str = "", expanded: str = "", without: Sequence[int] = (), own: Own | None = None
    ) -> Pointing:
        """Compare a query's vector and text with every question but those at the places `without` (a stored question asked again).

        `expanded` is the text with other names of what it names, and is looked for in the questions' words; the passages of the learner's
        `own` documents stand in for the questions that these do not have.
        """
        similarity = self._dense.scores(query)
        similarity[list(without)] = -1.0
        nearest, words = (np.zeros(self._count, np.float32) for _ in range(2))
        chosen, nowhere = self._choose(query, text)
        if len(self._rows):
            of_rows = similarity[self._rows]
            nearest[self._pointed] = np.maximum(np.maximum.reduceat(of_rows, self._starts), 0)
            if self._words is not None:
                shared = self._words.scores(expanded or text)
                shared[list(without)] = 0
                words[self._pointed] = np.maximum.reduceat(shared[self._rows], self._starts)
                words /= max(float(words.max()), 1e-9)
        if own is not None:
            nearest = np.maximum(nearest, own.similarity)
            shares = _own_shares(own.similarity, similarity)
            chosen, nowhere = chosen * (1 - shares.sum()) + shares, nowhere * (1 - float(shares.sum()))
            words = np.maximum(words, own.words)
        outside = similarity[self._unanswered]
        near = np.argpartition(similarity, -SHARE_NEIGHBOURS)[-SHARE_NEIGHBOURS:] if len(similarity) > SHARE_NEIGHBOURS else slice(None)
        weight = np.exp((similarity[near] - 1) / SHARE_TEMPERATURE)
        answered, whole = float(weight[self._answered[near]].sum()), float(weight.sum())
        if own is not None:
            extra = OWN_SHARE * float(np.exp((own.similarity.max(initial=0.0) - 1) / SHARE_TEMPERATURE))
            answered, whole = answered + extra, whole + extra
        share = answered / whole
        return Pointing(nearest, chosen, words, share, float(outside.max(initial=0.0)), nowhere, self._same(similarity))

    def _choose(self, query: Vectors, text: str) -> tuple[npt.NDArray[np.float32], float]:
        """The section model's probability of each section, if any answers, and that none does; zeros without a model."""
        chosen = np.zeros(self._count, np.float32)
        if self._model is None or not len(self._classes):
            return chosen, 0.0
        probabilities = self._model.probabilities(query, text)
        inside = probabilities[self._classes]
        chosen[self._class_sections] = inside / max(float(inside.sum()), 1e-9)
        return chosen, float(probabilities[self._nowhere].sum())

    def _same(self, similarity: Vectors) -> str:
        if not len(self._bank):
            return ""
        place = self._bank[int(np.argmax(similarity[self._bank]))]
        return self._documents[place] if similarity[place] >= SAME_QUESTION else ""


def _own_shares(own: npt.NDArray[np.float32], stored: Vectors) -> npt.NDArray[np.float32]:
    """How likely each of the learner's `own` sections answers, which the section model does not know, from their similarity to a query: as
    if its nearest stored questions, answered or not, voted, and the OWN_VOTERS nearest of these sections, each OWN_QUESTIONS strong."""
    nearest = np.partition(stored, -NEIGHBOURS)[-NEIGHBOURS:] if len(stored) > NEIGHBOURS else stored
    least = np.partition(own, -OWN_VOTERS)[-OWN_VOTERS] if len(own) > OWN_VOTERS else 0.0
    theirs = np.where((own > 0) & (own >= least), OWN_QUESTIONS * np.exp((own - 1) / NEIGHBOUR_TEMPERATURE), 0)
    whole = float(theirs.sum() + np.exp((nearest - 1) / NEIGHBOUR_TEMPERATURE).sum())
    shares: npt.NDArray[np.float32] = (theirs / max(whole, 1e-9)).astype(np.float32)
    return shares
