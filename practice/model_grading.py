"""Grading by a chat model: structured verdicts whose quotes are verified here. One retry, then an error and the judge takes over."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from core.errors import EndpointResponseError
from core.models import ChatModel, json_object
from practice.evidence import NoteQuotes
from practice.types import Criterion, PracticeQuestion
from prompts import render, without_fence

FENCE = "=====ANSWER====="
MAX_RESPONSE_CHARACTERS = 6000


class _Verdict(BaseModel):
    number: int = Field(ge=1)
    verdict: Literal["met", "partly", "missed", "contradicted"]
    quote: str = ""


class _Reply(BaseModel):
    verdicts: list[_Verdict]


def ask_model(model: ChatModel, question: PracticeQuestion, response: str, notes: NoteQuotes) -> list[Criterion]:
    """One criterion a key point. A verdict whose quote is not in the response counts as missed.

    Raises:
        EndpointError: the endpoint failed, or its reply was twice not what was asked for.
    """
    prompt = render(
        "practice", "grade", question=question.question, fence=FENCE, response=without_fence(response[:MAX_RESPONSE_CHARACTERS], FENCE),
        key_points="\n".join(f"{n}. {point.text}" for n, point in enumerate(question.key_points, 1)),
    )
    reply = _parse(model.complete(prompt), len(question.key_points))
    if isinstance(reply, str):
        reply = _parse(model.complete(f"{prompt}\n\nYour last reply could not be used: {reply}. Reply with the JSON object only."),
                       len(question.key_points))
    if isinstance(reply, str):
        raise EndpointResponseError(f"{model.name} returned no usable verdicts ({reply}).")
    said = " ".join(response.split()).lower()
    criteria = []
    for point, verdict in zip(question.key_points, reply, strict=True):
        quoted = " ".join(verdict.quote.split())
        backed = verdict.verdict == "missed" or (bool(quoted) and quoted.lower() in said)
        quote, anchor = notes.find(point.text, question.notes)
        criteria.append(Criterion(
            key_point=point.text, weight=point.weight, required=point.required, verdict=verdict.verdict if backed else "missed",
            response_quote=quoted if backed and verdict.verdict != "missed" else "", notes_quote=quote, notes_anchor=anchor,
        ))
    return criteria


def _parse(text: str, count: int) -> list[_Verdict] | str:
    """The verdicts in order of the key points, or what is wrong with the reply."""
    try:
        reply = _Reply.model_validate_json(json_object(text))
    except ValidationError as error:
        return str(error.errors()[0]["msg"])
    by_number = {verdict.number: verdict for verdict in reply.verdicts}
    if sorted(by_number) != list(range(1, count + 1)):
        return f"it must hold the numbers 1 to {count}, each once"
    return [by_number[number] for number in range(1, count + 1)]
