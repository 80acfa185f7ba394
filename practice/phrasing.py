"""How the interviewer speaks: a small set of calm phrases, which a chat model may put in other words."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from core.errors import EndpointError
from practice.leaks import secret_words, tells_verdict
from practice.remarks import Remark
from practice.types import PracticeQuestion
from prompts import render

MAX_REPHRASED_WORDS = 60
FENCE = "~~~~"
OPENINGS = (
    "Hello, and thank you for taking the time. We have {minutes} minutes, and I will ask one question at a time.",
    "Welcome. We have {minutes} minutes together. Take a moment to think before each answer if you like.",
)
THANKS = ("Thank you.", "All right.", "Thanks, I have noted that.", "Okay.", "Understood.", "Thank you, let us go on.")
TURNS = ("Let us turn to {subject}.", "This one is about {subject}.", "I would like to hear about {subject}.")
CLOSINGS = (
    "That is all from my side. Thank you for the conversation; your report is ready.",
    "We will stop here. Thank you for your time; the report has the details.",
)
REPLIES: Mapping[Remark, tuple[str, ...]] = MappingProxyType({
    "empty": ("Take your time. The question stands.", "No hurry. A first thought is enough to begin with."),
    "repeat_question": ("Of course. Here is the question again.", "Gladly, once more."),
    "rubric": (
        "All of that comes at the end, in the report. For now I would like to hear your own thoughts.",
        "I keep my notes to myself until we are done. How would you approach the question?",
    ),
    "injection": (
        "I will stay with my role as the interviewer. How would you answer the question?",
        "Let us keep to the interview. I am interested in your answer.",
    ),
    "hostile": (
        "I hear that this is frustrating. You can pause at any time; otherwise let us go on with the question.",
        "Interviews are tiring. Take a breath, and continue when you like.",
    ),
    "repeated": ("You told me that before. What would you say to this one?", "I noted that earlier. How about this question?"),
})
PASSES = ("That is fine, let us go on.", "No problem. Let us go on.")
NO_MORE_HINTS = "I have no more hints for this one. Say what comes to mind, or pass."
TIME_IS_UP = "Our time is up."


class Writer(Protocol):
    """What rephrases: a chat model."""

    def complete(self, prompt: str) -> str:
        """The whole reply. Raises an EndpointError."""


def choose(phrases: tuple[str, ...], random_: random.Random, last: str = "") -> str:
    """One of the phrases, another than the last one said where there is a choice."""
    fresh = [phrase for phrase in phrases if phrase not in last]
    return random_.choice(fresh or list(phrases))


def rephrase(line: str, questions: Iterable[PracticeQuestion], writer: Writer | None) -> str:
    """A line in the words of a chat model, if they are safe, else the line itself.

    The model sees the line only, never the question's rubric or the learner's answer. Its words are refused when one of them
    stands in a rubric and not in the line, when they judge, when they are long, or when the endpoint fails.
    """
    if writer is None or not line:
        return line
    try:
        reply = " ".join(writer.complete(render("practice", "interviewer", line=line, fence=FENCE)).split()).strip('"“” ')
    except EndpointError:
        return line
    questions = tuple(questions)
    safe = (
        reply and len(reply.split()) <= MAX_REPHRASED_WORDS and FENCE not in reply and "http" not in reply
        and not tells_verdict(reply) and not secret_words(reply, questions, public=f"{line} {_SMALL_TALK}")
        and not any(c.isdigit() and c not in line for c in reply)
    )
    return reply if safe else line


_SMALL_TALK = """thank thanks time take moment think question answer next let go turn now please hear would like know tell start
begin continue talk move stay back ready first one thing today together interview appreciate share thoughts thought view
approach walk about here again note noted understand understood right okay sure course pause stop end report minutes"""
