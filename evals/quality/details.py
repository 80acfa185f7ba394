"""Does an answer quote the passage that answers? Questions that each ask for what one passage says, labelled with that passage."""

from __future__ import annotations

import random
from collections.abc import Sequence

from chat.answering import SEARCH_DEPTH, Assistant
from core.types import Chunk
from evals.cases import Case
from evals.quality.figures import Figures, mean_figure
from retrieval.sections import section_anchor

SAMPLED = 400  # cases of a split; the rest is for training and for choosing


def sample_details(cases: Sequence[Case], size: int = SAMPLED) -> list[Case]:
    """The same cases each time."""
    return random.Random(0).sample(list(cases), min(size, len(cases)))  # noqa: S311 - not for security


def answering_passages(case: Case, chunks: Sequence[Chunk]) -> list[Chunk]:
    """The passages of the case's topic that hold its quote, and those that begin as the ones labelled to answer as well."""
    of_topic = [chunk for chunk in chunks if chunk.topic == case.topic and not chunk.own]
    return [chunk for chunk in of_topic if case.data["quote"] in chunk.text or chunk.text.startswith(tuple(case.data["also"]))]


def detail_figures(assistant: Assistant, cases: Sequence[Case]) -> Figures:
    """Shares of questions whose passage is found and quoted; cases whose passage is no longer in the notes are left out."""
    rows = []
    for case in cases:
        if not (right := answering_passages(case, assistant.retriever.chunks)):
            continue
        ids, sections = {chunk.id for chunk in right}, {section_anchor(chunk) for chunk in right}
        hits = assistant.retriever.retrieve(case.question, SEARCH_DEPTH).hits
        sources = assistant.answer(case.question).sources
        quoted = [source.chunk_id in ids for source in sources]
        rows.append((
            section_anchor(hits[0].chunk) in sections, any(hit.chunk.id in ids for hit in hits), any(quoted), any(quoted[:1]),
            any(case.data["quote"] in source.quote for source in sources),
        ))
    names = (
        "its section first", f"passage among the first {SEARCH_DEPTH}", "passage quoted", "passage opens the answer",
        "labelled words quoted",
    )
    return {name: mean_figure(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
