"""The extractive engine: composes an answer from verbatim spans of the retrieved passages, each with its citation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chat.citations import CITATION, outside_code
from chat.definitions import Definition
from chat.intents import Depth, Intent, classify, comparison_sides
from chat.key_points import cover_points
from chat.spans import Span, pick_span
from core.content import Question
from core.types import Chunk, Hit, Retrieval, Source
from retrieval.fusion import min_max
from retrieval.lexical import tokenize
from retrieval.retriever import Retriever

TARGET_WORDS, MAX_WORDS, SPAN_WORDS = 180, 340, 120
MAX_SPANS = 6
MIN_RELATIVE_SCORE = 0.55  # a span much weaker than the best one is left out once the answer has MIN_WORDS, of another document always
MIN_WORDS = 110
SAME_TEXT = 0.75
DEFINING_WORDS = 12
POINT_CHUNKS = 12  # of the best are searched for the key points of a known question

# Parts of a section that suit an intent, best first; "" is the section's definition.
PREFERRED_PARTS: dict[Intent, tuple[str, ...]] = {
    "definition": ("", "How it works"),
    "comparison": ("Trade-offs", "", "How it works"),
    "trade_off": ("Trade-offs", "Pitfalls", ""),
    "failure": ("Pitfalls", "Failure modes", "Trade-offs", ""),
    "calculation": ("Worked example", "", "How it works"),
    "why": ("", "How it works"),
    "how": ("How it works", ""),
    "list": ("", "How it works", "Trade-offs"),
    "design": ("", "Requirements", "Architecture", "How it works"),
    "general": ("", "How it works"),
}
# What a wish for a shorter, simpler or deeper answer changes: target and most words, spans, preferred parts (None: the intent's)
DEPTHS: dict[Depth, tuple[int, int, int, tuple[str, ...] | None]] = {
    "normal": (TARGET_WORDS, MAX_WORDS, MAX_SPANS, None),
    "short": (55, 90, 2, None),
    "simple": (110, 170, 3, ("", "Worked example")),
    "deep": (400, 560, 9, ("How it works", "Trade-offs", "Pitfalls", "Worked example", "")),
}
PART_PENALTY = {"Sources": 1.0, "What the interviewer is after": 0.35}
EXAMPLE_PART, EXAMPLE_PENALTY = "Worked example", 0.15  # where neither numbers nor an example are asked for
CLOSING_PARTS = frozenset({EXAMPLE_PART, "Trade-offs", "Pitfalls", *PART_PENALTY})  # open an answer only where they are asked for
DESIGN_PARTS = frozenset({
    "Requirements", "Capacity arithmetic", "Architecture", "Retrieval and model choices", "Evaluation", "Failure modes", "Cost",
})
GENERIC_PARTS = CLOSING_PARTS | {"How it works"}
SECTION_BONUS, HEADING_BONUS, TABLE_BONUS = 0.25, 0.5, 0.3
SIDES_BONUS, SIDES_TEXT_BONUS = 1.0, 0.4  # both sides of a comparison are in the heading, or only in the text
PREFERRED_BONUS, PREFERRED_ELSEWHERE = 0.45, 0.05  # a part that suits the intent, where its section is asked for and elsewhere
PREFERRED_STEP = 0.22  # of that, less for each place in the list
SECTION_SHARE = 0.5  # of a passage's worth is the search's score, which its section decides; the rest is its own closeness
LEXICAL_SHARE = 0.8
NAMED_SHARE = 0.6  # of the terms of question and heading
NEIGHBOUR_WORTH = 0.15  # of a chunk in the leading section that retrieval did not return
_ASKING = frozenset(tokenize("failure modes fail pitfalls mistakes debug production explain example limitations trade-offs pros cons"))
_ABOUT_STUDYING = re.compile(
    r"\b(?:roadmap|topics?|subtopics?|stud(?:y|ying)|learn|learning|prepar\w+|focus|plan|weeks?|months?|interviews?|skip|syllabus|curriculum|"
    r"notes|ready)\b", re.IGNORECASE,
)
_ABOUT_SOURCES = re.compile(
    r"\b(?:papers?|references?|cite|authors?|published|arxiv|who (?:proposed|introduced|invented|wrote))\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Draft:
    """A composed answer before it becomes an `Answer`."""

    text: str
    sources: tuple[Source, ...]


def compose(  # noqa: PLR0917 - what an answer depends on
    question: str, retrieval: Retrieval, retriever: Retriever, share: int = 1, depth: Depth = "normal", known: Question | None = None,
    definition: Definition | None = None, said: Sequence[str] = (),
) -> Draft:
    """Answer a question from what was retrieved, in verbatim spans; empty when nothing was.

    `share`: how many questions share the room, as the parts of one message do. `known`: the bank's question that asks for the same;
    its key points then choose what is quoted. `definition`: the glossary's line on what is asked; it comes first where the quoted
    passages are about something else, and in a simple answer. `said`: what the message's other parts quote already.
    """
    intent = classify(question)
    target, most, spans, parts = DEPTHS[depth]
    ranked = _rank_chunks(question, intent, parts or PREFERRED_PARTS[intent], retrieval, retriever)
    chosen: list[Span] = []
    if known and depth in {"normal", "deep"}:
        cited = [chunk for anchor in known.notes for chunk in retriever.section(anchor) if _eligible(question, chunk)]
        points = cover_points(known.key_points, [chunk for _, chunk in ranked[:POINT_CHUNKS]] + cited, most // share)
        chosen = [span for span in points if not _repeats(span, said)]
        spans += len(chosen)
    words = sum(span.words for span in chosen)
    best = ranked[0][0] if ranked else 0.0
    for score, chunk in ranked:
        if len(chosen) == spans or words >= target // share:
            break
        weak = depth != "deep" and score < best * MIN_RELATIVE_SCORE
        if weak and words >= MIN_WORDS:
            break
        if weak and chunk.document != ranked[0][1].document:
            continue
        span = pick_span(question, intent, chunk, min(SPAN_WORDS, most // share - words))
        if span and not _repeats(span, (*said, *(c.quote for c in chosen))) and not (depth == "simple" and span.kind in {"math", "code"}):
            chosen.append(span)
            words += span.words
    opens = next(iter(_reading_order(question, chosen)), None)
    if definition and (depth == "simple" or opens is None or not _defines(opens, definition)):
        return _write(question, chosen, definition.passage)
    return _write(question, chosen)


def compose_definition(question: str, definition: Definition, retrieval: Retrieval) -> Draft:
    """Answer with the glossary's line and with passages that hold its term, for a term that no section is about."""
    chosen: list[Span] = []
    for hit in retrieval.hits:
        if sum(span.words for span in chosen) >= MIN_WORDS:
            break
        if _eligible(question, hit.chunk) and hit.chunk.part_kind not in PART_PENALTY and definition.named_in(hit.chunk.text):
            span = pick_span(question, "definition", hit.chunk, SPAN_WORDS)
            if span and definition.named_in(span.quote) and not _repeats(span, [c.quote for c in chosen]):
                chosen.append(span)
    return _write(question, chosen, definition.passage)


def _rank_chunks(
    question: str, intent: Intent, preferred: Sequence[str], retrieval: Retrieval, retriever: Retriever
) -> list[tuple[float, Chunk]]:
    """Chunks with their worth for this question, best first: retrieval, the section it points at, and the intent's parts."""
    hits = [hit for hit in retrieval.hits if _eligible(question, hit.chunk)]
    if not hits:
        return []
    worth = _worth(hits)
    chunks = {hit.chunk.id: hit.chunk for hit in hits}
    lead = _lead_sections(question, intent, hits, retriever)
    for section in lead:
        for chunk in retriever.neighbours(section, section.headings[:1]):
            if _eligible(question, chunk):
                chunks.setdefault(chunk.id, chunk)
                worth[chunk.id] = worth.get(chunk.id, NEIGHBOUR_WORTH) + SECTION_BONUS
    sides = [set(tokenize(side)) for side in comparison_sides(question)]
    of_design = intent == "design" and hits[0].chunk.part_kind in DESIGN_PARTS
    step = PREFERRED_BONUS if of_design or _asks_for(question, lead[0]) else PREFERRED_ELSEWHERE
    leading = {(section.document, section.section) for section in lead}
    question_terms = set(tokenize(question))
    unasked_example = EXAMPLE_PART not in preferred and not re.search(r"\d|example", question)
    for id_, chunk in chunks.items():
        if chunk.part_kind in preferred and (chunk.document, chunk.section) in leading:
            worth[id_] += step * (1 - PREFERRED_STEP * preferred.index(chunk.part_kind))
        worth[id_] -= PART_PENALTY.get(chunk.part_kind, 0.0)
        part_terms = set(tokenize(chunk.headings[-1])) if chunk.headings else set()
        anywhere = chunk.part_kind not in GENERIC_PARTS | DESIGN_PARTS
        if len(part_terms) > 1 and part_terms <= question_terms and (anywhere or (chunk.document, chunk.section) in leading):
            worth[id_] += HEADING_BONUS
        if sides and all(side & part_terms for side in sides):
            worth[id_] += SIDES_BONUS
        elif sides and set().union(*sides) <= set(tokenize(chunk.text)):
            worth[id_] += SIDES_TEXT_BONUS
        if unasked_example and chunk.part_kind == EXAMPLE_PART:
            worth[id_] -= EXAMPLE_PENALTY
        if intent in {"comparison", "trade_off", "list"} and (chunk.document, chunk.section) in leading and "\n|" in f"\n{chunk.text}":
            worth[id_] += TABLE_BONUS
    return sorted(((worth[id_], chunk) for id_, chunk in chunks.items()), key=lambda p: (-p[0], p[1].document, p[1].position))


def _defines(span: Span, definition: Definition) -> bool:
    """True for a quote that says what the term is: of the definition of a section named after it, or beginning with `the term is`."""
    beginning = _beginning(span)
    if not span.chunk.part and definition.named_in(span.chunk.section):
        return True
    return definition.named_in(beginning) and bool(re.search(r"\b(?:is|are|means)\b", beginning))


def _beginning(span: Span) -> str:
    return " ".join(span.quote.split()[:DEFINING_WORDS])


def _asks_for(question: str, chunk: Chunk) -> bool:
    """True when a question names the section of a chunk, and little else."""
    heading = set(tokenize(chunk.section))
    terms = set(tokenize(question)) - (_ASKING - heading)
    return bool(heading) and len(terms & heading) >= NAMED_SHARE * max(len(heading), len(terms))


def _worth(hits: Sequence[Hit]) -> dict[str, float]:
    """Chunk id -> worth in [0, 1]: the search's score, which the section decides, and how close the passage itself is, by meaning and by
    words."""
    score, meaning, words = (
        min_max(np.array(values, np.float32))
        for values in zip(*((hit.score, hit.dense_score or 0.0, hit.lexical_score or 0.0) for hit in hits), strict=True)
    )
    worth = SECTION_SHARE * score + (1 - SECTION_SHARE) * min_max(meaning + np.float32(LEXICAL_SHARE) * words)
    return {hit.chunk.id: float(value) for hit, value in zip(hits, worth, strict=True)}


def _lead_sections(question: str, intent: Intent, hits: Sequence[Hit], retriever: Retriever) -> list[Chunk]:
    """One chunk of each section the answer should lead with: the best section, and for a comparison the section of each side."""
    votes: dict[tuple[str, str], float] = {}
    first: dict[tuple[str, str], Chunk] = {}
    for rank, hit in enumerate(hits[:10]):
        key = (hit.chunk.document, hit.chunk.section)
        votes[key] = votes.get(key, 0.0) + 1.0 / (rank + 1)
        first.setdefault(key, hit.chunk)
    own = hits[0].chunk.own  # its sections may be of one chunk, which several of another section would outvote
    lead = [hits[0].chunk if own else first[max(votes, key=lambda key: votes[key])]]
    sides = comparison_sides(question)
    whole = any(all(set(tokenize(s)) & set(tokenize(h.chunk.heading)) for s in sides) for h in hits[:5])
    if intent == "comparison" and not whole:
        for side in sides:
            found = [h.chunk for h in retriever.retrieve(side, 3).hits if _eligible(question, h.chunk)]
            if found and (found[0].document, found[0].section) not in {(c.document, c.section) for c in lead}:
                lead.append(found[0])
    return lead


def _eligible(question: str, chunk: Chunk) -> bool:
    """The roadmap and the study plans answer questions about studying; lists of sources answer questions about papers."""
    if chunk.topic is None and not chunk.own and not _ABOUT_STUDYING.search(question):
        return False
    return chunk.part != "Sources" or bool(_ABOUT_SOURCES.search(question))


def _repeats(span: Span, quotes: Sequence[str]) -> bool:
    terms = set(tokenize(span.quote))
    return any(
        len(terms & other) / max(1, min(len(terms), len(other))) > SAME_TEXT for other in (set(tokenize(quote)) for quote in quotes)
    )


def _write(question: str, spans: Sequence[Span], definition: Chunk | None = None) -> Draft:
    """Put the spans in reading order, the definition before them, name each part, and number the sources in order of appearance."""
    ordered = _reading_order(question, spans)
    if definition:
        ordered = [Span(definition, definition.text, "sentence"), *ordered]
    paragraphs: list[str] = []
    sources: list[Source] = []
    for span in ordered:
        chunk = span.chunk
        n = len(sources) + 1
        sources.append(source_of(chunk, n, span.quote))
        label = _label(span, ordered)
        mark = f"[{n}]" if span.kind in {"sentence", "item"} else f"\n\n[{n}]"
        separator = " " if span.kind in {"sentence", "item"} else ""
        paragraphs.append(f"{label}{_without_marks(span.quote)}{separator}{mark}")
    return Draft("\n\n".join(paragraphs), tuple(sources))


def _without_marks(quote: str) -> str:
    """A quote whose own `[3]` are no citations of the answer; they read as before."""
    return outside_code(quote, lambda part: CITATION.sub(lambda m: f"\\[{m[1]}\\]", part))


def source_of(chunk: Chunk, n: int, quote: str) -> Source:
    """A chunk as the citation with number `n`."""
    return Source(
        n=n, chunk_id=chunk.id, document=chunk.document, title=chunk.title, topic=chunk.topic, heading=chunk.heading, page=chunk.page,
        quote=quote, text=chunk.text,
    )


def _reading_order(question: str, spans: Sequence[Span]) -> list[Span]:
    """Sections in order of worth, each from its definition on; but the span that opens the answer first, if one does."""
    if not spans:
        return []
    first = _opening(question, spans)
    sections = list(dict.fromkeys((span.chunk.document, span.chunk.section) for span in spans))
    return sorted(
        spans, key=lambda s: (first is not None and s is not first, sections.index((s.chunk.document, s.chunk.section)), s.chunk.position)
    )


def _opening(question: str, spans: Sequence[Span]) -> Span | None:
    """The best span that can open an answer, where the question asks for one thing; None for a section as a whole, and for a design, which
    reads in its own order. What a thing is goes before how it works or what it costs, unless just that is asked."""
    intent, best = classify(question), spans[0].chunk
    if intent in {"failure", "trade_off"} and not _ASKING & set(tokenize(question)) & set(tokenize(best.section)):
        if _ASKING & set(tokenize(question)) & set(tokenize(best.part)):
            return spans[0]
        wanted = [span for part in PREFERRED_PARTS[intent][:-1] for span in spans if span.chunk.part_kind == part]
        if wanted and wanted[0].chunk.section == best.section:
            return wanted[0]
    if _asks_for(question, best) or (intent == "design" and best.part_kind in DESIGN_PARTS):
        return None
    asked_parts = set(tokenize(question)) - set(tokenize(best.section))
    defining = [span for span in spans if not span.chunk.part and span.chunk.section == best.section]
    if intent == "definition" and defining and not asked_parts & set(tokenize(best.part)):
        return defining[0]
    closing = CLOSING_PARTS - set(PREFERRED_PARTS[intent])
    able = [span for span in spans if span.chunk.part_kind not in closing and not span.quote.startswith(("|", "```", "$$"))]
    worded = [span for span in able if "$" not in _beginning(span) and span.chunk.section == best.section]
    return next(iter((worded if intent == "definition" else []) + able), None)


def _label(span: Span, ordered: Sequence[Span]) -> str:
    """A bold line with the part's name, where the part changes; the first paragraph answers without one."""
    if span is ordered[0] or not span.chunk.headings:
        return ""
    if ordered[ordered.index(span) - 1].chunk.headings == span.chunk.headings:
        return ""
    part = span.chunk.headings[-1]
    generic_elsewhere = part in GENERIC_PARTS and span.chunk.section != ordered[0].chunk.section
    return f"**{span.chunk.section}: {part}**\n\n" if generic_elsewhere else f"**{part}**\n\n"
