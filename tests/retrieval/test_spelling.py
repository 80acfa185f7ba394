"""Typing errors are corrected toward the notes, and nothing else is touched."""

import pytest

from core.types import Chunk
from retrieval.lexical import LexicalIndex
from retrieval.spelling import Speller

TEXT = "The structured output of a small model. Structured output and another model, chunks, a library, behavior. Chunks: a library, behavior."


@pytest.fixture(scope="module")
def speller() -> Speller:
    chunks = [Chunk("a", "d", "T", 1, ("Outputs",), TEXT, 0)]
    return Speller(chunks, LexicalIndex.build(chunks))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("why does strcutured ouput fail", "why does structured output fail"),  # two neighbours exchanged, a letter lost
        ("how long are chuncks in a libary", "how long are chunks in a library"),
        ("Modle behaviour?", "model behavior?"),
    ],
)
def test_typing_errors_become_words_of_the_notes(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize(
    "query",
    [
        "how do I bake bread",  # English, though the notes do not hold it
        "Why doesn't it work?", "what is MODLE", "ask modle@example.org", "see modle.py", "modle-v2",  # not a word of a sentence
        "what is xqzwv", "modl",  # nothing is near; too short to tell
    ],
)
def test_what_is_a_word_or_no_sentence_stays(speller: Speller, query: str) -> None:
    assert speller.correct(query) == query
