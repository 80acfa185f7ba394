"""A question and the message after it as one text: what a conversation is searched with, and what the section models are fitted to."""

from __future__ import annotations

MAX_STANDALONE_CHARACTERS = 400


def put_behind(question: str, message: str) -> str:
    """The question with the message behind it, at most MAX_STANDALONE_CHARACTERS long; a long question gives way.

    >>> put_behind("How does HNSW find neighbours?", "And deletes?")
    'How does HNSW find neighbours: and deletes?'
    """
    before, room = question.rstrip("?.! "), max(0, MAX_STANDALONE_CHARACTERS - len(message) - 2)
    if len(before) > room:
        before = before[:room].rpartition(" ")[0]
    first, _, rest = message.partition(" ")
    if first[1:].islower():  # not "HNSW" or "LoRA"
        first = first.lower()
    return f"{before}: {first} {rest}".rstrip() if before else message
