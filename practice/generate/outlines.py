"""Open questions on whole parts: a comparison, the pitfalls, the trade-offs, the failure modes of a design."""

from __future__ import annotations

from collections.abc import Iterator

from core.types import Chunk
from practice.generate.reading import prose_sentences, quote_of
from practice.generate.sections import Draft, Section
from practice.generate.wording import is_trivia, lower_start, stands_alone

MIN_QUOTES, MAX_QUOTES = 2, 5


def outline_questions(section: Section) -> Iterator[Draft]:
    """One question a part; its key points are the part's own sentences."""
    for part, chunks in section.parts().items():
        asked = _ask(section, part)
        quotes = _quotes(chunks)
        if asked and len(quotes) >= MIN_QUOTES:
            question, kind, level = asked
            passage = "\n\n".join(chunk.text for chunk in chunks)
            yield Draft(section, part, passage, "open", kind, level, question, quotes[0], tuple(quotes))


def _ask(section: Section, part: str) -> tuple[str, str, str] | None:
    """Question, kind and level for a part; None when its heading says nothing to ask."""
    name = section.name.partition(": ")[0]
    if " vs " in part and "," not in part:
        things = [lower_start(thing.strip(), section.words) for thing in part.split(" vs ")]
        listed = f"{', '.join(things[:-1])} and {things[-1]}"
        return f"Compare {listed}: what differs, and when does it matter?", "compare", "intermediate"
    if part == "Pitfalls":
        return f"{name}: what goes wrong in practice, and how do you avoid it?", "debug", "advanced"
    if part == "Trade-offs":
        return f"{name}: which trade-offs would you weigh?", "design", "advanced"
    return None


def _quotes(chunks: list[Chunk]) -> list[str]:
    sentences = [s for chunk in chunks for s in prose_sentences(chunk.text)]
    return [quote_of(s) for s in sentences if stands_alone(s) and not is_trivia(quote_of(s)) and len(s.split()) > 6][:MAX_QUOTES]
