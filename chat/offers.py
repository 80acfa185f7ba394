"""Questions to practise as a reply: a numbered list, each with the passage that answers it."""

from __future__ import annotations

from collections.abc import Sequence

from chat.extractive import source_of
from chat.intents import classify
from chat.spans import pick_span
from core.content import Question
from core.types import Source
from retrieval.lexical import tokenize
from retrieval.retriever import Retriever

QUOTE_WORDS = 60
NONE_LEFT = "The question bank has no further question on this. **Practice** makes new ones from any section of your notes."


def list_questions(questions: Sequence[Question], retriever: Retriever) -> tuple[str, tuple[Source, ...]]:
    """Numbered questions, each with the number of the passage that answers it, and these passages as sources."""
    if not questions:
        return NONE_LEFT, ()
    sources: dict[str, Source] = {}
    lines = []
    for place, question in enumerate(questions, start=1):
        wanted = set(tokenize(f"{question.question} {question.answer_30s}"))
        cited = [chunk for anchor in question.notes for chunk in retriever.section(anchor)]
        if not cited:  # its note could not be read
            lines.append(f"{place}. {question.question}")
            continue
        chunk = max(cited, key=lambda c: len(wanted & set(tokenize(c.text))))
        span = pick_span(question.question, classify(question.question), chunk, QUOTE_WORDS)
        source = sources.setdefault(chunk.id, source_of(chunk, len(sources) + 1, span.quote if span else chunk.text))
        lines.append(f"{place}. {question.question} [{source.n}]")
    head = "One question from the bank:" if len(lines) == 1 else f"{len(lines)} questions from the bank, the easiest first:"
    tail = "The number behind a question leads to the passage that answers it. Press **Practise this** to answer and be graded."
    return "\n\n".join((head, "\n".join(lines), tail)), tuple(sources.values())
