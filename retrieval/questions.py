"""What people ask, as vectors: questions that point at the sections which answer them, and questions that nothing here answers.

Question-to-question matching: a learner's wording is closer to another question than to the passage that answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.content import ASKED, NOWHERE, UNANSWERED
from core.models import Vectors
from core.section_classifier import SectionClassifier
from core.types import Chunk
from retrieval.dense import DenseIndex
from retrieval.lexical import LexicalIndex
from retrieval.section_model import SectionModel
from retrieval.sections import Sections

NEIGHBOURS, NEIGHBOUR_TEMPERATURE = 80, 0.15  # nearest questions that a section of the learner's own documents is held against
SHARE_NEIGHBOURS, SHARE_TEMPERATURE = 15, 0.05
OWN_VOTERS = 6  # as many of these sections, the nearest, are held
OWN_QUESTIONS, OWN_SHARE = 20.0, 5.0  # as many questions does a section of the learner's own documents stand for
SURE = 0.2  # probability of the likeliest class of the linear model from which the classifier is not asked
NOTES_ALONE = 0.3  # probability of the learner's own sections from which it is not asked either, as it knows only the notes
CLASSIFIER_WEIGHT = 0.7  # of its logarithm, the linear model's being 1
SAME_QUESTION = 0.8  # cosine from which a question of the bank asks for the same
COARSE_WIDTH = 64  # fewer components than for passages: a question beside the nearest one does as well
DISTINCT = 0.5  # cosine; a wording closer than that to another one of its section is not compared with queries


@dataclass(frozen=True)
class Pointing:
    """What the stored questions say about a query.

    Attributes:
        nearest: the cosine of each section's nearest question that is compared, 0 for a section without questions.
        chosen: how likely each section answers, by the section model and the classifier, if any does.
        words: the highest BM25 score of each section's questions, of the highest of all.
        answered_share: of the weight of the nearest questions of all, what belongs to those that something answers.
        outside: the cosine of the nearest question that nothing answers.
        nowhere: how likely nothing answers, by the section model and the classifier.
        agreement: how likely the section model alone holds its first section: low where the query has little to go by.
        same_question: the id of the bank's question that asks for the same, or an empty string.
    """

    nearest: npt.NDArray[np.float32]
    chosen: npt.NDArray[np.float32]
    words: npt.NDArray[np.float32]
    answered_share: float
    outside: float
    nowhere: float = 0.0
    agreement: float = 0.0
    same_question: str = ""

    @property
    def similarity(self) -> float:
        """The cosine of the nearest question that something answers."""
        return float(self.nearest.max(initial=0.0))


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
        self, questions: Sequence[Chunk], vectors: Vectors, sections: Sections, *, words: LexicalIndex | None = None,
        model: SectionModel | None = None, compared: npt.NDArray[np.intp] | None = None, classifier: SectionClassifier | None = None,
    ) -> None:
        """`questions` are the chunks of the question store: their `headings` are anchors of sections or parts; `words` indexes them,
        `model` was fitted to them, `vectors` are those of the ones at the places `compared` (all by default). The `classifier` is asked
        where the model is not sure, if it knows all sections that the model knows."""
        self._words = words
        self._model = model
        classes = model.anchors if model else ()
        self._classifier = classifier if classifier and set(classes) <= set(classifier.anchors) else None
        known = [(place, sections.by_anchor[anchor]) for place, anchor in enumerate(classes) if anchor in sections.by_anchor]
        self._classes = np.array([place for place, _ in known], np.intp)
        self._class_sections = np.array([number for _, number in known], np.intp)
        self._nowhere = [place for place, anchor in enumerate(classes) if anchor == NOWHERE]
        self._count = len(sections)
        self._compared = np.arange(len(questions)) if compared is None else compared
        self._worded = _Rows(questions, sections)
        near = [questions[place] for place in self._compared]
        self._near = _Rows(near, sections)
        self._dense = DenseIndex(vectors, COARSE_WIDTH)
        self._answered = np.array([q.document != UNANSWERED for q in near], bool)
        self._unanswered = np.flatnonzero(~self._answered)
        self._documents = [question.document for question in near]
        self._bank = np.array([place for place, name in enumerate(self._documents) if name not in {ASKED, UNANSWERED}], np.intp)

    def point(
        self, query: Vectors, text: str = "", expanded: str = "", without: Sequence[int] = (), own: Own | None = None
    ) -> Pointing:
        """Compare a query's vector and text with the questions, but those at the places `without` (a stored question asked again).

        `expanded` is the text with other names of what it names, and is looked for in the questions' words; the passages of the learner's
        `own` documents stand in for the questions that these do not have.
        """
        similarity, near = self._dense.scan(query)
        if without:
            similarity[np.isin(self._compared, without)] = -1.0
        nearest, words = np.zeros(self._count, np.float32), np.zeros(self._count, np.float32)
        shares = _own_shares(own.similarity, similarity) if own is not None else np.zeros(self._count, np.float32)
        share_of_own = float(shares.sum())
        chosen, nowhere, agreement = self._choose(query, text, second_opinion=share_of_own < NOTES_ALONE)
        self._near.highest(similarity, nearest)
        if self._words is not None:
            shared = self._words.scores(expanded or text)
            shared[list(without)] = 0
            self._worded.highest(shared, words)
            words /= max(float(words.max()), 1e-9)
        if own is not None:
            nearest = np.maximum(nearest, own.similarity)
            chosen, nowhere = chosen * (1 - share_of_own) + shares, nowhere * (1 - share_of_own)
            agreement = max(agreement * (1 - share_of_own), float(shares.max(initial=0.0)))
            words = np.maximum(words, own.words)
        outside = similarity[self._unanswered]
        if len(near) > SHARE_NEIGHBOURS:
            near = near[np.argpartition(similarity[near], -SHARE_NEIGHBOURS)[-SHARE_NEIGHBOURS:]]
        weight = np.exp((similarity[near] - 1) / SHARE_TEMPERATURE)
        answered, whole = float(weight[self._answered[near]].sum()), float(weight.sum())
        if own is not None:
            extra = OWN_SHARE * float(np.exp((own.similarity.max(initial=0.0) - 1) / SHARE_TEMPERATURE))
            answered, whole = answered + extra, whole + extra
        share = answered / whole
        return Pointing(nearest, chosen, words, share, float(outside.max(initial=0.0)), nowhere, agreement, self._same(similarity))

    def holding(self, term: str) -> int:
        """How many stored questions hold a stem."""
        return self._words.document_frequency(term) if self._words is not None else 0

    def _choose(self, query: Vectors, text: str, second_opinion: bool) -> tuple[npt.NDArray[np.float32], float, float]:
        """`chosen`, `nowhere` and `agreement` of a `Pointing`; zeros without a model."""
        if self._model is None or not len(self._classes):
            return np.zeros(self._count, np.float32), 0.0, 0.0
        first = self._model.probabilities(query, text)
        agreement = float(self._of_sections(first).max())
        if self._classifier is None or not second_opinion or first.max() >= SURE:
            return self._of_sections(first), float(first[self._nowhere].sum()), agreement
        logits = np.log(np.maximum(first, 1e-9))
        logits += CLASSIFIER_WEIGHT * self._classifier.log_probabilities(text, self._model.anchors)
        both = np.exp(logits - logits.max())
        both /= both.sum()
        return self._of_sections(both), float(both[self._nowhere].sum()), agreement

    def _of_sections(self, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """How likely each section of the index is, if any, from the probabilities of the model's classes."""
        inside = probabilities[self._classes]
        chosen = np.zeros(self._count, np.float32)
        chosen[self._class_sections] = inside / max(float(inside.sum()), 1e-9)
        return chosen

    def _same(self, similarity: Vectors) -> str:
        if not len(self._bank):
            return ""
        place = self._bank[int(np.argmax(similarity[self._bank]))]
        return self._documents[place] if similarity[place] >= SAME_QUESTION else ""


class _Rows:
    """Which questions lead to which section, so that the highest score of each section's questions is found in one step."""

    def __init__(self, questions: Sequence[Chunk], sections: Sections) -> None:
        rows: list[tuple[int, int]] = []  # section, question
        for place, question in enumerate(questions):
            anchors = {anchor.split("--")[0] for anchor in question.headings}
            rows += [(number, place) for anchor in anchors if (number := sections.by_anchor.get(anchor)) is not None]
        rows.sort()
        self._places = np.array([place for _, place in rows], np.intp)
        self._sections, self._starts = np.unique(np.array([number for number, _ in rows], np.intp), return_index=True)

    def highest(self, scores: npt.NDArray[np.float32], found: npt.NDArray[np.float32]) -> None:
        """Write the highest score of each section's questions into `found`, one value a section; negative ones as 0."""
        if len(self._places):
            found[self._sections] = np.maximum(np.maximum.reduceat(scores[self._places], self._starts), 0)


def distinct(questions: Sequence[Chunk], vectors: Vectors) -> npt.NDArray[np.intp]:
    """The places of the questions that a query is compared with: of the wordings of each section those that are no closer than DISTINCT
    to one taken before, and all other questions. The section model learns from all wordings, so alike ones need not be scanned twice."""
    by_section: dict[tuple[str, ...], list[int]] = {}
    taken = []
    for place, question in enumerate(questions):
        if question.document == ASKED:
            by_section.setdefault(question.headings, []).append(place)
        else:
            taken.append(place)
    for places in by_section.values():
        similarity = vectors[places] @ vectors[places].T
        free = np.ones(len(places), bool)
        for row, place in enumerate(places):
            if free[row]:
                taken.append(place)
                free &= similarity[row] < DISTINCT
    return np.array(sorted(taken), np.intp)


def _own_shares(own: npt.NDArray[np.float32], stored: Vectors) -> npt.NDArray[np.float32]:
    """How likely each of the learner's `own` sections answers, which the section model does not know, from their similarity to a query: as
    if its nearest stored questions, answered or not, voted, and the OWN_VOTERS nearest of these sections, each OWN_QUESTIONS strong."""
    nearest = np.partition(stored, -NEIGHBOURS)[-NEIGHBOURS:] if len(stored) > NEIGHBOURS else stored
    least = np.partition(own, -OWN_VOTERS)[-OWN_VOTERS] if len(own) > OWN_VOTERS else 0.0
    theirs = np.where((own > 0) & (own >= least), OWN_QUESTIONS * np.exp((own - 1) / NEIGHBOUR_TEMPERATURE), 0)
    whole = float(theirs.sum() + np.exp((nearest - 1) / NEIGHBOUR_TEMPERATURE).sum())
    shares: npt.NDArray[np.float32] = (theirs / max(whole, 1e-9)).astype(np.float32)
    return shares
