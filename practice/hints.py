"""Hints on request: they point at a key point without saying it, and each costs."""

from __future__ import annotations

from collections.abc import Callable

from practice.follow_ups import find_focus
from practice.leaks import find_leaks
from practice.types import PracticeQuestion
from retrieval.lexical import STOPWORDS, tokenize

HINT_COST = 0.1  # of a question's score, each
MAX_HINTS = 3
_WORDS_SHOWN = 2


def make_hint(question: PracticeQuestion, given: int, rarity: Callable[[str], float] = len) -> str | None:
    """The next hint, or None when there are no more. `rarity` says how telling a word is.

    The first tells how much is looked for and where to begin, the others name two words of the key points that the question does
    not hold, in alphabetical order, so that no statement can be read from them.
    """
    points = sorted(question.key_points, key=lambda p: (not p.required, -p.weight))
    if given >= min(MAX_HINTS, 1 + len(points)):
        return None
    if given == 0:
        count = _COUNT.get(len(points), "several")
        return f"There are {count} things worth saying. I would begin with {find_focus(question, points[0].text)}."
    point = points[given - 1].text
    words = _telling_words(question, point, rarity)
    hint = f"Try to bring in {' and '.join(words)}."
    return hint if words and not find_leaks(hint, [question]) else f"Think once more about {find_focus(question, point)}."


_COUNT = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven"}


def _telling_words(question: PracticeQuestion, key_point: str, rarity: Callable[[str], float]) -> list[str]:
    """The most telling words of a key point that the question does not hold; figures stay secret."""
    public = set(tokenize(question.question))
    words = {w.strip(".,;:()'\"") for w in key_point.split()}
    telling = [w for w in words if w.isalpha() and w.lower() not in STOPWORDS and not set(tokenize(w)) & public]
    return sorted(sorted(telling, key=lambda w: (-rarity(w), w))[:_WORDS_SHOWN], key=str.lower)
