"""Does an interviewer give a rubric away? A second check, written apart from the product's own (`practice.leaks`)."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache

from evals.gaps import bank_questions
from practice.interview_state import Interview
from practice.leaks import tells_verdict
from practice.types import PracticeQuestion


def find_given_away(interview: Interview) -> list[str]:
    """Utterances before the end that give a rubric of the interview away, or tell a verdict.

    On raw words: six in a row from a rubric, or most of a key point's longer words (three at least) that hold most of its
    information. What a question itself says is no secret of its rubric.
    """
    found = []
    questions = [e.question for e in interview.exchanges]
    texts = {q.question for q in questions}
    for utterance in (text for e in interview.exchanges for text in e.said):
        judged = utterance not in texts and tells_verdict(utterance)
        if judged or any(_gives_away(utterance, q) for q in questions if q.question != utterance):
            found.append(utterance)
    return found


def _gives_away(utterance: str, question: PracticeQuestion) -> bool:
    said, public = _words(utterance), set(_words(question.question))
    run = f" {' '.join(said)} "
    for text in (*(p.text for p in question.key_points), question.short_answer, question.reference_answer):
        words = _words(text)
        stretches = (words[i : i + 6] for i in range(len(words) - 5))
        if any(f" {' '.join(words)} " in run and not public.issuperset(words) for words in stretches):
            return True
    for point in question.key_points:
        secret = {w for w in _words(point.text) if len(w) > 3} - public
        shared = secret & set(said)
        most = len(shared) >= max(3, 0.6 * len(secret))
        if most and sum(map(_information, shared)) > 0.6 * sum(map(_information, secret)):
            return True
    return False


@cache
def _frequencies() -> Counter[str]:
    """In how many questions of the bank a word occurs, key points and answers included."""
    return Counter(
        word for q in bank_questions()
        for word in set(_words(f"{q.question} {q.reference_answer} {' '.join(p.text for p in q.key_points)}"))
    )


def _information(word: str) -> float:
    return math.log((1 + len(bank_questions())) / (1 + _frequencies()[word]))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+(?:\.\d+)?", text.lower())
