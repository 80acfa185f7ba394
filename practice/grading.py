"""Grading a response against key points: verdicts with evidence of both sides, the score as arithmetic.

Without a chat model the judge decides each key point over the learner's words; numbers are compared as numbers. The grade is advice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.content import KeyPoint
from core.errors import EndpointError
from core.judge import SUPPORTS, Judge
from core.models import ChatModel, Vectors
from core.overlap import COMMON_WORDS
from core.stems import stem_words
from practice.evidence import NoteQuotes, split_response, terms_of
from practice.follow_ups import follow_up_text
from practice.model_grading import ask_model
from practice.quantities import find_quantities, missing_quantities, result_of
from practice.types import Criterion, FoundMisconception, Grade, PointVerdict, PracticeQuestion, Rating
from practice.verdicts import Reading, decide_verdicts

CREDIT: dict[PointVerdict, float] = {"met": 1.0, "partly": 0.5, "unsure": 0.5, "missed": 0.0, "contradicted": -0.1}
MISCONCEPTION_COST = 0.1  # of the whole score, for each wrong statement recognised
OPTIONAL_WEIGHT = 0.5  # a key point that is not required counts half of its weight
GOOD_SCORE, HARD_SCORE = 0.75, 0.45
WINDOW_WORDS = 120  # what the judge reads of a response at once
MISCONCEPTION_ABOVE = 0.8
COPIED_SHARE = 0.65  # of a piece's terms found in the question: it repeats the question and states nothing
LONG_TERMS = 7  # of so many terms a piece may be judged without the common words among them
COMMON_TERMS = frozenset(stem_words(sorted(COMMON_WORDS)))


class Encoder(Protocol):
    """Embeds texts as unit vectors."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, dimension)."""


class JudgeGrader:
    """Grades with the judge; with a chat model, asks that first. Safe to share between threads."""

    def __init__(self, judge: Judge, encoder: Encoder, notes: NoteQuotes, model: ChatModel | None = None) -> None:
        self._judge = judge
        self._encoder = encoder
        self._notes = notes
        self._model = model

    def grade(self, question: PracticeQuestion, response: str) -> Grade:
        """Evidence from both sides; the arithmetic is in code. A failing endpoint ends in the judge's grade with a notice."""
        notice = ""
        pieces = own_pieces(question, response)
        if self._model is not None and pieces:
            try:
                return finish_grade(question, ask_model(self._model, question, response, self._notes), (), engine="generative")
            except EndpointError as error:
                notice = f"{error} The grade below is the built-in judge's."
        reading = self.read(question, pieces) if pieces else None
        points = [point.text for point in question.key_points]
        verdicts: list[tuple[PointVerdict, float]] = [("missed", 1.0)] * len(points)
        if reading:
            verdicts = decide_verdicts(points, pieces, reading)
        criteria = [
            self._criterion(question, point, verdict, confidence, pieces[reading.speaking(number)] if reading else "", pieces)
            for number, (point, (verdict, confidence)) in enumerate(zip(question.key_points, verdicts, strict=True))
        ]
        wrong = self._misconceptions(question, pieces) if pieces else []
        return replace(finish_grade(question, criteria, wrong), notice=notice)

    def read(self, question: PracticeQuestion, pieces: Sequence[str]) -> Reading:
        """The judge over every piece and every window of the response, in both directions, and the encoder."""
        windows = _windows(pieces)
        points = [point.text for point in question.key_points]
        cosines = np.asarray(self._encoder.encode(points) @ self._encoder.encode([*pieces, *windows]).T, np.float64)
        cut = len(pieces)
        return Reading(
            window_odds=self._odds([(point, window) for point in points for window in windows]).reshape(len(points), -1, len(SUPPORTS)),
            piece_odds=self._odds([(point, piece) for point in points for piece in pieces]).reshape(len(points), -1, len(SUPPORTS)),
            stated_odds=self._odds([(piece, point) for point in points for piece in pieces]).reshape(len(points), -1, len(SUPPORTS)),
            reference_odds=self._odds([(piece, question.reference_answer or " ".join(points)) for piece in pieces]),
            piece_cosines=cosines[:, :cut], window_cosines=cosines[:, cut:],
        )

    def _odds(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        return np.array([judgement.probabilities for judgement in self._judge.judge(pairs)])

    def _criterion(  # noqa: PLR0917 - one caller
        self, question: PracticeQuestion, point: KeyPoint, verdict: PointVerdict, confidence: float, said: str, pieces: Sequence[str]
    ) -> Criterion:
        quote, anchor = self._notes.find(point.text, question.notes)
        if verdict == "met":
            verdict = _with_numbers(question, point, pieces)
        return Criterion(
            key_point=point.text, weight=point.weight, required=point.required, verdict=verdict,
            response_quote="" if verdict == "missed" else said, notes_quote=quote, notes_anchor=anchor, confidence=round(confidence, 3),
        )

    def _misconceptions(self, question: PracticeQuestion, pieces: Sequence[str]) -> list[FoundMisconception]:
        found = []
        pairs = [(m.wrong, piece) for m in question.misconceptions for piece in pieces]
        counter = [(m.correction, piece) for m in question.misconceptions for piece in pieces]
        wrong = iter(self._judge.judge(pairs))
        right = iter(self._judge.judge(counter))
        for m in question.misconceptions:
            rows = [(next(wrong).probability("supported"), next(right).probability("contradicted"), piece) for piece in pieces]
            said, denied, piece = max(rows, key=lambda row: min(row[:2]), default=(0.0, 0.0, ""))
            if said >= MISCONCEPTION_ABOVE and denied >= MISCONCEPTION_ABOVE / 2:
                found.append(FoundMisconception(m.wrong, m.correction, piece))
        return found


def finish_grade(
    question: PracticeQuestion, criteria: Sequence[Criterion], wrong: Sequence[FoundMisconception], engine: str = "judge"
) -> Grade:
    """The score and the suggested rating of verdicts: weighted credit of the key points, less what misconceptions cost."""
    weights = [c.weight * (1.0 if c.required else OPTIONAL_WEIGHT) for c in criteria]
    total = sum(weights)
    credit = sum(w * CREDIT[c.verdict] for w, c in zip(weights, criteria, strict=True)) / total if total else 0.0
    score = round(min(1.0, max(0.0, credit - MISCONCEPTION_COST * len(wrong))), 4)
    grade = Grade(
        question_id=question.id, score=score, criteria=tuple(criteria), misconceptions=tuple(wrong),
        suggested_rating=suggest_rating(score, criteria), engine="generative" if engine == "generative" else "judge",
    )
    return replace(grade, follow_up=follow_up_text(question, grade))


def suggest_rating(score: float, criteria: Sequence[Criterion]) -> Rating:
    """Again, hard or good; never good when a required key point is contradicted."""
    denied = any(c.verdict == "contradicted" and c.required for c in criteria)
    if score < HARD_SCORE:
        return "again"
    return "hard" if score < GOOD_SCORE or denied else "good"


def own_pieces(question: PracticeQuestion, response: str) -> list[str]:
    """The pieces of a response that do not only repeat the question."""
    return [piece for piece in split_response(response) if not _repeats(piece, question.question)]


def _with_numbers(question: PracticeQuestion, point: KeyPoint, pieces: Sequence[str]) -> PointVerdict:
    """A key point whose numbers the response lacks is met only in part, where the number is the point."""
    wanted = find_quantities(point.text)
    missing = missing_quantities(wanted, find_quantities(" ".join(pieces)))
    if question.kind == "calculate":
        return "partly" if result_of(point.text) in missing else "met"
    return "partly" if len(missing) == len(wanted) and any(q.dimension for q in wanted) else "met"


def _windows(pieces: Sequence[str]) -> list[str]:
    """The response in stretches of about WINDOW_WORDS, the neighbours overlapping by one piece."""
    windows: list[list[str]] = [[]]
    for piece in pieces:
        if sum(len(p.split()) for p in windows[-1]) >= WINDOW_WORDS:
            windows.append(windows[-1][-1:])
        windows[-1].append(piece)
    return [" ".join(window) for window in windows]


def _repeats(piece: str, question: str) -> bool:
    """True when nearly all terms of a piece are the question's; of a longer one those that are not common words."""
    asked, said = terms_of(question), terms_of(piece)
    telling = said - COMMON_TERMS
    return any(words and len(words & asked) / len(words) >= COPIED_SHARE for words in (said, telling if len(telling) >= LONG_TERMS else ()))
