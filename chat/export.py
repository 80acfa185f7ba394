"""Answers and conversations as Markdown, with their citations."""

from __future__ import annotations

from collections.abc import Sequence

from core.db import Message
from core.types import Answer


def answer_markdown(answer: Answer) -> str:
    """An answer with its numbered sources, each with the quote it rests on."""
    lines = [answer.text]
    if answer.sources:
        lines += ["", "Sources:", ""]
    for source in answer.sources:
        place = " > ".join(part for part in (source.title, source.heading) if part)
        quote = "\n".join(f"    > {line}" for line in source.quote.splitlines())
        lines += [f"{source.n}. {place} ({source.document})", "", quote, ""]
    return "\n".join(lines).rstrip() + "\n"


def conversation_markdown(title: str, messages: Sequence[Message]) -> str:
    """A whole conversation, questions as headings."""
    parts = [f"# {title}\n"]
    for message in messages:
        if message.role == "user":
            parts.append(f"## {message.content}\n")
        elif message.answer:
            parts.append(answer_markdown(message.answer))
        else:
            parts.append(f"{message.content}\n\n*(stopped)*\n")
    return "\n".join(parts)
