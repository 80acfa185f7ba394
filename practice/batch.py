"""Grading records of a file: `{"id", "question_id" or "question" + "key_points" (+ "reference_answer"), "response"}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.content import KeyPoint, Question, load_questions
from core.errors import GroundworkError
from core.judge import get_judge
from core.models import get_chat_model
from core.settings import Settings
from practice.evidence import NoteQuotes
from practice.grading import JudgeGrader
from practice.types import Grade, PracticeQuestion, from_bank, generated_id
from retrieval.retriever import Retriever
from retrieval.sections import section_anchor

SECTIONS_SEARCHED = 5  # where a question without notes of its own is looked up


class RecordError(GroundworkError):
    """A record lacks what grading needs, or holds something of the wrong kind."""


def open_batch_grader(settings: Settings, retriever: Retriever) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A function from a record to its grade. Raises ModelIntegrityError."""
    bank = {question.id: question for question in load_questions(settings.knowledge_dir)}
    grader = JudgeGrader(get_judge(), retriever, NoteQuotes(retriever.chunks), get_chat_model(settings))

    def grade(item: dict[str, Any]) -> dict[str, Any]:
        question = read_question(item, bank, retriever)
        return grade_record(grader.grade(question, _text(item, "response", empty=True)))

    return grade


def read_question(item: Mapping[str, Any], bank: Mapping[str, Question], retriever: Retriever) -> PracticeQuestion:
    """The question that a record names or brings along. Raises RecordError."""
    if item.get("question_id") is not None:
        question = bank.get(str(item["question_id"]))
        if question is None:
            raise RecordError(f"No question of the bank has the id {item['question_id']!r}.", help="`python cli.py quiz --json` lists ids.")
        return from_bank(question)
    text = _text(item, "question")
    points = tuple(_key_point(point) for point in _list(item, "key_points"))
    reference = str(item.get("reference_answer") or " ".join(point.text for point in points))
    hits = retriever.retrieve(text, SECTIONS_SEARCHED).hits
    return PracticeQuestion(
        id=generated_id(text, *(point.text for point in points)), origin="generated", format="open",
        topic=hits[0].chunk.topic if hits else None, subtopic=hits[0].chunk.section if hits else "", level="intermediate",
        kind="concept", question=text, short_answer=reference, reference_answer=reference, key_points=points,
        notes=tuple(dict.fromkeys(section_anchor(hit.chunk) for hit in hits)),
    )


def grade_record(grade: Grade) -> dict[str, Any]:
    """A grade as the batch's output line."""
    return {
        "score": grade.score,
        "criteria": [
            {"key_point": c.key_point, "verdict": c.verdict, "response_quote": c.response_quote, "notes_quote": c.notes_quote}
            for c in grade.criteria
        ],
        "misconceptions": [
            {"wrong": m.wrong, "correction": m.correction, "response_quote": m.response_quote} for m in grade.misconceptions
        ],
        "suggested_rating": grade.suggested_rating,
        "follow_up": grade.follow_up,
    }


def _key_point(value: Any) -> KeyPoint:
    if isinstance(value, str) and value.strip():
        return KeyPoint(text=value, weight=1, required=True)
    if isinstance(value, dict) and isinstance(value.get("text"), str) and value["text"].strip():
        weight = value.get("weight") or 1
        if not isinstance(weight, int | float):
            raise RecordError("`weight` must be 1, 2 or 3.")
        return KeyPoint(text=value["text"], weight=round(min(3, max(1, weight))), required=bool(value.get("required", True)))
    raise RecordError("`key_points` must hold sentences, or objects with `text`, `weight` and `required`.")


def _text(item: Mapping[str, Any], name: str, empty: bool = False) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not (value.strip() or empty):
        raise RecordError(f"`{name}` must be a text.", help=f"Give `{name}` as a string.")
    return value


def _list(item: Mapping[str, Any], name: str) -> list[Any]:
    value = item.get(name)
    if not isinstance(value, list) or not value:
        raise RecordError(f"`{name}` must be a list that is not empty.", help="Give `question_id`, or `question` and `key_points`.")
    return value
