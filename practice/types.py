"""The words of practice: Question -> Grade -> Card -> ReviewLog."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from core.content import KeyPoint, Misconception, Question

PointVerdict = Literal["met", "partly", "missed", "contradicted", "unsure"]
Rating = Literal["again", "hard", "good", "easy"]
Format = Literal["open", "multiple_choice", "true_false"]
Origin = Literal["bank", "generated"]


@dataclass(frozen=True)
class PracticeQuestion:
    """A question to practise, from the bank or generated from a passage.

    Attributes:
        id: the bank's id, or `g-` and a content hash for a generated one.
        topic: its topic; None for a question on an upload outside the roadmap.
        kind: concept, compare, calculate, debug, design or behaviour.
        notes: anchors of the sections it rests on, `file-stem#section` or `file-stem#section--part`.
        passage: the passage that a generated question is quoted from, verbatim; empty for the bank.
        options: the choices of a multiple-choice question (`True` and `False` for true/false); empty when open.
        correct: index of the right option; None when open.
    """

    id: str
    origin: Origin
    format: Format
    topic: int | None
    subtopic: str
    level: str
    kind: str
    question: str
    short_answer: str
    reference_answer: str
    key_points: tuple[KeyPoint, ...]
    misconceptions: tuple[Misconception, ...] = ()
    follow_ups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    passage: str = ""
    options: tuple[str, ...] = ()
    correct: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy; `from_dict` is its inverse."""
        data = asdict(self)
        data["key_points"] = [point.model_dump() for point in self.key_points]
        data["misconceptions"] = [m.model_dump() for m in self.misconceptions]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PracticeQuestion:
        """Rebuild a question from `to_dict`."""
        fields = dict(data)
        fields["key_points"] = tuple(KeyPoint(**point) for point in data["key_points"])
        fields["misconceptions"] = tuple(Misconception(**m) for m in data["misconceptions"])
        for name in ("follow_ups", "notes", "options"):
            fields[name] = tuple(data.get(name, ()))
        return cls(**fields)


def from_bank(question: Question) -> PracticeQuestion:
    """A bank question as a practice question."""
    return PracticeQuestion(
        id=question.id, origin="bank", format="open", topic=question.topic, subtopic=question.subtopic, level=question.level,
        kind=question.kind, question=question.question, short_answer=question.answer_30s, reference_answer=question.answer_2min,
        key_points=question.key_points, misconceptions=question.misconceptions, follow_ups=question.follow_ups,
        notes=question.notes,
    )


def generated_id(*parts: str) -> str:
    """A stable id of a generated question: the hash of what it was made of."""
    return "g-" + hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Criterion:
    """The verdict on one key point, with the evidence of both sides. Quotes are verbatim; `response_quote` is empty when missed."""

    key_point: str
    weight: int
    required: bool
    verdict: PointVerdict
    response_quote: str = ""
    notes_quote: str = ""
    notes_anchor: str = ""
    confidence: float = 1.0


@dataclass(frozen=True)
class FoundMisconception:
    """A known wrong statement recognised in a response, with its correction."""

    wrong: str
    correction: str
    response_quote: str


@dataclass(frozen=True)
class Grade:
    """Advice on a response: the learner decides the rating. `score` is in [0, 1]; `notice` says what went wrong, if anything."""

    question_id: str
    score: float
    criteria: tuple[Criterion, ...]
    misconceptions: tuple[FoundMisconception, ...]
    suggested_rating: Rating
    follow_up: str = ""
    engine: Literal["judge", "generative", "exact", "learner"] = "judge"
    notice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy; `from_dict` is its inverse."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Grade:
        """Rebuild a grade from `to_dict`."""
        fields = dict(data)
        fields["criteria"] = tuple(Criterion(**c) for c in data["criteria"])
        fields["misconceptions"] = tuple(FoundMisconception(**m) for m in data["misconceptions"])
        return cls(**fields)


class Grader(Protocol):
    """Grades a response to a question."""

    def grade(self, question: PracticeQuestion, response: str) -> Grade:
        """Evidence from both sides; the arithmetic is in code."""
