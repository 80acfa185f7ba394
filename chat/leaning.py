"""Does a message that names nothing from before still lean on the conversation? A logistic model over its words and what it finds.

Fitted by `python -m evals.leaning --write` on the development conversations; the coefficients are in leaning.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from core.types import Retrieval
from retrieval.lexical import tokenize
from retrieval.logistic import LogisticModel

COEFFICIENTS_FILE = Path(__file__).with_name("leaning.json")
LEANS_FROM = 0.4  # probability; chosen on the development conversations
MOST_TERMS, MOST_WORDS = 8, 20
QUESTION_WORDS = frozenset(
    "what what's whats how hows how's why which when where who is are was does do did can could should would will explain compare "
    "define".split()
)
FEATURES = (
    "terms", "words", "in_answer", "in_questions", "new", "asks", "refers", "opens", "confidence", "best_match", "same_topic",
    "same_section",
)


@cache
def load_leaning(path: Path = COEFFICIENTS_FILE) -> LogisticModel:
    """The fitted model: how likely a message with such features leans on its conversation."""
    return LogisticModel.load(path)


def leaning_features(
    message: str, asked: Sequence[str], answer: str, alone: Retrieval, before: Retrieval, *, refers: bool, opens: bool
) -> dict[str, float]:
    """What the model looks at, flags as 0 or 1.

    terms, words: how long the message is, without an opening "and", "ok" and the like; in_answer, in_questions, new: the shares of its
    terms that the last answer, the questions `asked` before and neither of them hold; asks: it begins as a question does; refers, opens:
    it has words that refer back, or had such an opening; confidence, best_match: what the message finds `alone`; same_topic,
    same_section: whether that is where the question `before` led.
    """
    terms, words = set(tokenize(message)), message.lower().replace("’", "'").split()
    said, questions = set(tokenize(answer)), set(tokenize(" ".join(asked)))
    count = max(1, len(terms))
    here, there = (found.hits[0].chunk if found.hits else None for found in (alone, before))
    same_topic = here is not None and there is not None and here.topic == there.topic
    return {
        "terms": float(min(len(terms), MOST_TERMS)), "words": float(min(len(words), MOST_WORDS)),
        "in_answer": len(terms & said) / count, "in_questions": len(terms & questions) / count,
        "new": len(terms - said - questions) / count,
        "asks": float(words[:1] != [] and words[0] in QUESTION_WORDS), "refers": float(refers), "opens": float(opens),
        "confidence": alone.confidence, "best_match": alone.features.get("best_match", 0.0), "same_topic": float(same_topic),
        "same_section": float(same_topic and (here.document, here.section) == (there.document, there.section)),  # type: ignore[union-attr]
    }
