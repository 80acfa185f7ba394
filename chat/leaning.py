"""Does a message lean on the conversation before it? A logistic model over its words, what they share with the conversation, and what it
finds with and without it.

Fitted by `python -m evals.leaning --write` on the development conversations; the coefficients are in leaning.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from core.types import Retrieval
from retrieval.lexical import tokenize
from retrieval.logistic import LogisticModel

COEFFICIENTS_FILE = Path(__file__).with_name("leaning.json")
LEANS_FROM = 0.4  # probability; chosen on the development conversations
REFUSED_LEANS_FROM = 0.8  # of one that would be refused, and refers to nothing or has foreign words alone: it may be on another subject
MOST_WORDS, MOST_NAMES = 20, 2
FEATURES = ("words", "in_questions", "new", "names", "rules", "back", "refers", "best_match", "agreement", "nowhere", "gain")
_WORD = re.compile(r"[a-z0-9']+|\?")
_START = "<s>"


@dataclass(frozen=True)
class LeaningModel(LogisticModel):
    """The logistic regression; `phrases` are the weights of words and of pairs of neighbouring words."""

    phrases: Mapping[str, float]

    def probability_of(self, message: str, features: Mapping[str, float]) -> float:
        """How likely a message with such features leans on its conversation, in [0, 1]."""
        said = sum(self.phrases.get(phrase, 0.0) for phrase in phrases_of(message))
        return self.probability(features, said)


@cache
def load_leaning(path: Path = COEFFICIENTS_FILE) -> LeaningModel:
    """The fitted model."""
    return LeaningModel.load(path)


def phrases_of(message: str) -> set[str]:
    """The words and the pairs of neighbouring words of a message, its beginning and question marks counting as words.

    >>> sorted(phrases_of("And IVF?"))
    ['<s>', '<s> and', '?', 'and', 'and ivf', 'ivf', 'ivf ?']
    """
    words = [_START, *_WORD.findall(message.lower().replace("’", "'"))]
    return {*words, *(f"{one} {other}" for one, other in pairwise(words))}


def leaning_features(
    message: str, asked: Sequence[str], answer: str, alone: Retrieval, joined: Retrieval, *, names: int, rules: bool, back: bool,
    refers: bool,
) -> dict[str, float]:
    """What the model looks at beside the words, flags as 0 or 1.

    words: the length of the message, without an opening "and", "ok" and the like; in_questions, new: the shares of its terms that the
    questions `asked` before hold, and that neither these nor the last answer hold; names: how many names of the field it has; rules: a
    rule knows how to complete it; back: it has a pronoun that nothing before it in the message explains; refers: it has any word that
    refers to something; best_match, agreement, nowhere: what the message finds `alone` (retrieval/confidence.py; where no stored questions
    tell `nowhere`, the confidence does); gain: by how much the first section is likelier when it is `joined` to the previous question.
    """
    terms, before = set(tokenize(message)), set(tokenize(" ".join(asked)))
    count = max(1, len(terms))
    return {
        "words": float(min(len(message.split()), MOST_WORDS)), "in_questions": len(terms & before) / count,
        "new": len(terms - before - set(tokenize(answer))) / count, "names": float(min(names, MOST_NAMES)), "rules": float(rules),
        "back": float(back), "refers": float(refers),
        **{name: alone.features.get(name, 0.0) for name in ("best_match", "agreement")},
        "nowhere": alone.features.get("nowhere") or 1 - alone.confidence,
        "gain": joined.features.get("agreement", 0.0) - alone.features.get("agreement", 0.0),
    }
