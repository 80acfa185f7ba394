"""Does what an interviewer says give a rubric away? Words and figures only: a leak in wholly other words is not seen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from practice.types import PracticeQuestion
from retrieval.lexical import tokenize

RUN_WORDS = 5  # consecutive words of a rubric, of which at least one is not public, give it away
SHARE, MIN_SECRETS = 0.5, 3  # of a statement's words that are not public: this share, and so many, give it away
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_VERDICT = re.compile(
    r"\b(?:great|good|excellent|perfect|brilliant|impressive|nice|nailed|strong|weak|poor|correct|incorrect|right answer|exactly|"
    r"wrong|mistake|mistaken|missed|missing|incomplete|well done|spot on|not quite|almost|close|score[ds]?|points?|rubric|"
    r"unfortunately|sadly|better|fair)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Statement:
    """One sentence of a rubric: its words in order and the stems that carry its meaning."""

    text: str
    words: tuple[str, ...]
    stems: frozenset[str]


def find_leaks(utterance: str, questions: Iterable[PracticeQuestion], public: str = "") -> tuple[str, ...]:
    """The statements of the questions' rubrics that an utterance gives away; empty when it is safe.

    A rubric is the key points, the short and the long answer, the misconceptions with their corrections, and the passage. The
    words of a question itself, and of `public`, give nothing of its rubric away.
    """
    words, stems, known = _words(utterance), frozenset(tokenize(utterance)), frozenset(tokenize(public))
    runs = {words[i : i + RUN_WORDS] for i in range(len(words) - RUN_WORDS + 1)}
    return tuple(s.text for q in questions for s in _rubric(q) if _gives_away(runs, stems, s, known | _public_stems(q)))


def secret_words(utterance: str, questions: Iterable[PracticeQuestion], public: str = "") -> frozenset[str]:
    """The stems and figures of an utterance that only a rubric holds: the strict test, for the words of a model."""
    questions = tuple(questions)
    known = frozenset(tokenize(public)).union(*(_public_stems(question) for question in questions))
    return frozenset(tokenize(utterance)) & frozenset().union(*(s.stems for q in questions for s in _rubric(q))) - known


def tells_verdict(utterance: str) -> bool:
    """True when an utterance praises, blames or speaks of scores: the learner could read the grade from it."""
    return bool(_VERDICT.search(utterance))


def _gives_away(runs: set[tuple[str, ...]], stems: frozenset[str], statement: _Statement, known: frozenset[str]) -> bool:
    secrets = statement.stems - known
    if len(secrets & stems) >= max(MIN_SECRETS, SHARE * len(secrets)):
        return True
    if not secrets & stems:
        return False
    shared = (statement.words[i : i + RUN_WORDS] for i in range(len(statement.words) - RUN_WORDS + 1))
    return any(run in runs and secrets & frozenset(tokenize(" ".join(run))) for run in shared)


@lru_cache(maxsize=4096)
def _rubric(question: PracticeQuestion) -> tuple[_Statement, ...]:
    texts: Sequence[str] = (
        *(point.text for point in question.key_points), *(m.wrong for m in question.misconceptions),
        *(m.correction for m in question.misconceptions), *_SENTENCE.split(question.short_answer),
        *_SENTENCE.split(question.reference_answer), *_SENTENCE.split(question.passage),
    )
    return tuple(_Statement(text, _words(text), frozenset(tokenize(text))) for text in texts if text)


@lru_cache(maxsize=4096)
def _public_stems(question: PracticeQuestion) -> frozenset[str]:
    return frozenset(tokenize(f"{question.question} {question.subtopic}"))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.lower()))
