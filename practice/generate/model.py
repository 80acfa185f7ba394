"""Questions written by a chat model from one passage: JSON by a schema, one retry that says what was wrong, then dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.content import KeyPoint, QuestionKind, QuestionLevel, Text
from core.models import json_object
from practice.generate.sections import Section
from practice.types import PracticeQuestion, generated_id
from prompts import render, without_fence

FENCE = "=====PASSAGE====="
MIN_PASSAGE_CHARACTERS, MAX_PASSAGE_CHARACTERS = 200, 6000
MAX_PROBLEM_CHARACTERS = 1000
QUESTIONS_PER_PASSAGE = 4


class Writer(Protocol):
    """What is needed of a chat model."""

    def complete(self, prompt: str) -> str:
        """The whole reply. Raises an EndpointError."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class WrittenPoint(_Shape):
    """A key point as the model gives it: a quote of the passage."""

    quote: Text
    weight: int = Field(default=1, ge=1, le=3)
    required: bool = True


class WrittenQuestion(_Shape):
    """A question as the model gives it."""

    format: Literal["open", "multiple_choice", "true_false"]
    kind: QuestionKind
    level: QuestionLevel
    question: Text
    short_answer: Text
    key_points: tuple[WrittenPoint, ...] = Field(min_length=1, max_length=7)
    options: tuple[Text, ...] = ()
    correct: int | None = None


class Reply(_Shape):
    """The model's whole reply."""

    questions: tuple[WrittenQuestion, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Batch:
    """Questions that a model wrote, and how many were dropped because they could not be used."""

    questions: tuple[PracticeQuestion, ...]
    dropped: int


def passages_of(sections: Sequence[Section]) -> list[tuple[Section, str]]:
    """The sections' parts that are long enough to be asked about, each by its heading."""
    return [
        (section, part) for section in sections for part, chunks in section.parts().items()
        if sum(len(chunk.text) for chunk in chunks) >= MIN_PASSAGE_CHARACTERS
    ]


def write_questions(model: Writer, section: Section, part: str = "", count: int = QUESTIONS_PER_PASSAGE) -> Batch:
    """Questions on one part of a section, written by a model.

    Every quote is verified to be verbatim in the passage. What is still wrong after one retry is dropped and counted.

    Raises:
        EndpointError: the endpoint failed.
        KeyError: the section has no such part.
    """
    passage = without_fence("\n\n".join(chunk.text for chunk in section.parts()[part]), FENCE)[:MAX_PASSAGE_CHARACTERS]
    heading = without_fence(" > ".join(filter(None, (section.title, section.name, part))), FENCE)
    reply, problem = _ask(model, heading, passage, count, "")
    if problem:
        told = without_fence(problem, FENCE)[:MAX_PROBLEM_CHARACTERS]
        reply, problem = _ask(model, heading, passage, count, f"Your last reply could not be used: {told}")
    if reply is None:
        return Batch((), count)
    good = [q for q in reply.questions if not any(problems_of(q, passage))]
    questions = tuple(_to_question(section, part, passage, q) for q in good)
    return Batch(questions, len(reply.questions) - len(good))


def _ask(model: Writer, heading: str, passage: str, count: int, problem: str) -> tuple[Reply | None, str]:
    variables = {"count": str(count), "fence": FENCE, "heading": heading, "passage": passage, "problem": problem}
    prompt = render("practice", "generate", **variables)
    try:
        reply = Reply.model_validate_json(json_object(model.complete(prompt)))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return None, f"{where}: {first['msg']}" if where else f"it is not the JSON asked for ({first['msg']})"
    found = (f"question {n}: {problem}" for n, q in enumerate(reply.questions, 1) for problem in problems_of(q, passage))
    return reply, "; ".join(found)


def problems_of(question: WrittenQuestion, passage: str) -> Iterator[str]:
    """What makes a written question unusable, in words that the model can act on."""
    whole = " ".join(passage.split())
    for point in question.key_points:
        if point.quote not in whole:
            yield f"the quote {point.quote[:80]!r} is not in the passage character for character"
    if question.format == "open":
        if question.options or question.correct is not None:
            yield "an open question has no options and `correct` is null"
        return
    if question.correct is None or not 0 <= question.correct < len(question.options):
        yield "`correct` must be the index of one of the options"
    if question.format == "true_false" and question.options != ("True", "False"):
        yield 'the options of a true_false question are "True" and "False"'
    if question.format == "multiple_choice" and len(question.options) != 4:
        yield "a multiple-choice question has four options"


def _to_question(section: Section, part: str, passage: str, written: WrittenQuestion) -> PracticeQuestion:
    asked = written.question
    if written.format == "true_false" and not asked.lower().startswith("true or false"):
        asked = f"True or false, and why? {asked}"
    quotes = [point.quote for point in written.key_points]
    return PracticeQuestion(
        id=generated_id(section.document, section.name, asked, *written.options), origin="generated", format=written.format,
        topic=section.topic, subtopic=section.name, level=written.level, kind=written.kind, question=asked,
        short_answer=written.short_answer, reference_answer=" ".join(quotes),
        key_points=tuple(KeyPoint(text=p.quote, weight=p.weight, required=p.required) for p in written.key_points),
        notes=(section.anchor(part),), passage=passage, options=written.options, correct=written.correct,
    )
