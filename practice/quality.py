"""The gate that every generated question passes before a learner sees it. What fails is dropped and counted by reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from core.content import Question
from core.models import Vectors
from core.types import Chunk, Retrieval
from practice.generate.reading import prose_sentences, tables_of, without_citations
from practice.generate.wording import is_trivia, stands_alone
from practice.types import PracticeQuestion
from retrieval.sections import section_anchor

ROUND_TRIP_DEPTH = 5  # the question must find its section among so many passages
# Thresholds from reading pairs of generated questions and their nearest neighbours in the bank. Open questions: above 0.80 nearly
# all pairs ask the same ("Compare BM25 and TF-IDF" - "What does BM25 improve over TF-IDF?"), from 0.75 to 0.80 about half do
# ("Why does a plain HNSW graph break under selective filters" 0.76 does, "What goes wrong at 1000 requests per second" 0.79
# does not), below 0.75 few. A choice on the subject of an open question is another exercise up to about 0.90 ("Which of these
# describes DPO rather than RLHF?" 0.89). Within a quiz, a statement above 0.80 gives away the answer of the other question.
DUPLICATE_OPEN, DUPLICATE_CHOICE, DUPLICATE_SEEN = 0.78, 0.90, 0.80
MIN_WORDS, MAX_WORDS, MAX_OPTION_WORDS = 3, 90, 30
MIN_OPTIONS = 3
STATED_COVERAGE = 0.7  # share of the question's words in a sentence that makes it a statement about the same thing
_FRAME = re.compile(
    r"^(?:[^?\"]{0,80}?: )?"
    r"(?:true or false, and why\?|which figure belongs in the blank\?|which [\w -]+ fits this description\?) ",
    re.IGNORECASE,
)
_ASKING = frozenset("which what of these is the a an in does do how why fits describes description rather than".split())
_CONTEXT = re.compile(r"^[^?:\"]{0,80}: (?=\S)")


class Index(Protocol):
    """What is needed of a retriever: its passages, its search and its embeddings."""

    @property
    def chunks(self) -> Sequence[Chunk]:
        """All passages."""

    def retrieve(self, query: str, k: int = 10, topic: int | None = None) -> Retrieval:
        """The k best passages."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (texts, dimension)."""


@dataclass
class GateReport:
    """How many generated questions were offered and kept, and why the others were dropped."""

    offered: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


class Gate:
    """Checks generated questions one by one; remembers those it kept, so that a quiz does not repeat itself."""

    def __init__(self, retriever: Index, bank: Sequence[Question] = (), seen: Sequence[str] = ()) -> None:
        """`seen` holds the texts of questions that the learner has met."""
        self.report = GateReport()
        self._retriever = retriever
        self._bank = bank
        self._bank_vectors: dict[int | None, Vectors] = {}
        self._quoted: set[str] = set()
        self._seen: list[Vectors] = [retriever.encode([core_of(text) for text in seen])] if seen else []

    def accept(self, question: PracticeQuestion) -> bool:
        """True when the question is good enough; either way it is counted."""
        self.report.offered += 1
        reason = find_fault(question) or self._find_doubt(question)
        if reason:
            self.report.dropped[reason] += 1
            return False
        self.report.kept += 1
        return True

    def _find_doubt(self, question: PracticeQuestion) -> str | None:
        """Why the question fails against the index, the bank or what was seen; None when it does not. Cheap checks
        come first."""
        if question.key_points[0].text in self._quoted:
            return "rests on a sentence already asked about"
        vector = self._retriever.encode([core_of(question.question)])
        bank_limit = DUPLICATE_OPEN if question.format == "open" else DUPLICATE_CHOICE
        if _nearest(self._bank_of(question.topic), vector) >= bank_limit:
            return "near-duplicate of the bank"
        if any(_nearest(vectors, vector) >= DUPLICATE_SEEN for vectors in self._seen):
            return "near-duplicate of a question seen"
        if not self._finds_its_section(question):
            return "not answerable from its passage"
        self._seen.append(vector)
        self._quoted.add(question.key_points[0].text)
        return None

    def _bank_of(self, topic: int | None) -> Vectors:
        if topic not in self._bank_vectors:
            texts = [q.question for q in self._bank if q.topic == topic]
            self._bank_vectors[topic] = self._retriever.encode(texts) if texts else np.zeros((0, 1), np.float32)
        return self._bank_vectors[topic]

    def _finds_its_section(self, question: PracticeQuestion) -> bool:
        wanted = {anchor.partition("--")[0] for anchor in question.notes}
        hits = self._retriever.retrieve(question.question, ROUND_TRIP_DEPTH).hits
        return any(section_anchor(hit.chunk) in wanted for hit in hits)


def _nearest(vectors: Vectors, vector: Vectors) -> float:
    return float((vectors @ vector[0]).max()) if len(vectors) else 0.0


def core_of(text: str) -> str:
    """A question without the words that all questions of its form share."""
    return _FRAME.sub("", text)


def find_fault(question: PracticeQuestion) -> str | None:
    """What is wrong with a question by itself and by its passage; None when nothing is."""
    said = (question.question, *question.options)
    if any(is_trivia(text) for text in said):
        return "trivia about the document"
    longest = max((len(option.split()) for option in question.options), default=0)
    if not MIN_WORDS <= len(question.question.split()) <= MAX_WORDS or longest > MAX_OPTION_WORDS:
        return "length"
    if not stands_alone(_CONTEXT.sub("", core_of(question.question))):
        return "does not stand alone"
    passage = _one_line(question.passage)
    if not question.key_points or any(point.text not in passage for point in question.key_points):
        return "quote not in the passage"
    return _option_fault(question) if question.format != "open" else None


def _option_fault(question: PracticeQuestion) -> str | None:
    options = [_plain(option) for option in question.options]
    least = 2 if question.format == "true_false" else MIN_OPTIONS
    if question.correct is None or not 0 <= question.correct < len(options) or len(options) < least:
        return "not exactly one correct option"
    if len(set(options)) < len(options) or not all(options):
        return "options repeat"
    if question.format == "true_false" or question.kind == "calculate":
        return None
    right = options[question.correct]
    wrong = [option for i, option in enumerate(options) if i != question.correct]
    if any(_within(option, right) or _within(right, option) for option in wrong):
        return "options overlap"
    if any(is_stated(question, option, right) for option in wrong):
        return "a distractor is right by the notes"
    return None


def is_stated(question: PracticeQuestion, option: str, right: str) -> bool:
    """True when the passage states a wrong option (plain text) as right for what the question asks."""
    asked = _plain(question.question)
    for table in tables_of(question.passage):
        rows = [[_plain(cell) for cell in row] for row in table.rows]
        named = [row for row in rows if row[0] == option]
        mine = [row for row in rows if row[0] == right]
        clues = {cell for row in mine for cell in row[1:] if len(cell) > 2 and _within(cell, asked)}
        if clues and any(clues <= set(row[1:]) for row in named):
            return True
        if any(_within(row[0], asked) and option in row[1:] for row in rows if len(row[0]) > 2):
            return True
    words = set(asked.split()) - _ASKING
    for sentence in map(_plain, prose_sentences(question.passage)):
        about_it = len(words & set(sentence.split())) >= STATED_COVERAGE * len(words)
        if about_it and _within(option, sentence) and not _within(right, sentence):
            return True
    return False


def _within(part: str, whole: str) -> bool:
    return f" {part} " in f" {whole} "


def _plain(text: str) -> str:
    """Small letters, words and figures only."""
    return " ".join(re.findall(r"[a-z0-9@^%]+(?:\.\d+)*", without_citations(text).lower()))


def _one_line(text: str) -> str:
    return " ".join(text.split())
