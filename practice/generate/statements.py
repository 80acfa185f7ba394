"""True or false, with the reason: a sentence of the notes, or the same with one edit that the notes contradict.

Edits: the two sides of a comparison swapped, a word of direction turned round, a cell of a table swapped between rows. Wrong
statements also come from the question bank's misconceptions, whose corrections are known.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

from core.content import Misconception, Question
from core.types import Chunk
from practice.generate.reading import Table, prose_sentences, quote_of, without_citations
from practice.generate.sections import Draft, Section
from practice.generate.tables import alike, is_comparison, row_quote, section_tables
from practice.generate.wording import has_figures, is_heavy, is_order, is_trivia, lower_start, stands_alone, upper_start

TRUE_FALSE = ("True", "False")
MIN_WORDS, MAX_WORDS = 7, 28
EVIDENCE_COVERAGE = 0.6  # share of a statement's content words that the quoted sentence must hold
_PAIRS = """
    higher/lower raises/lowers raise/lower increases/decreases increase/decrease more/fewer larger/smaller
    faster/slower before/after
    always/never improves/worsens cheaper/costlier cheap/expensive longer/shorter above/below rises/falls grows/shrinks
    stronger/weaker better/worse most/least linearly/quadratically reduces/increases lowers/raises overstates/understates
    overestimates/underestimates
    """.split()
_TURNED = dict(pair.split("/") for pair in _PAIRS) | {b: a for a, b in (pair.split("/") for pair in _PAIRS)}
_TURNED |= {"fewer": "more", "lower": "higher", "increases": "decreases", "lowers": "raises"}
_DIRECTION = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(_TURNED, key=len, reverse=True))})(?![\w-])")
_HEDGED = re.compile(
    r"\b(?:not|no|never|cannot|neither|nor|may|might|can|could|sometimes|often|usually|unless|without|or|suppose|"
    r"whether)\b|\?"
)
_ADVICE = re.compile(
    r"^(?:When|If|For) |[;:] let |\"[^\"]*\b(?:worse|better|before|after|more|always)\b[^\"]*\"|"
    r"\b(?:here|between that|beyond that)\b|\b(\w+) (?:before|after) \1\b"
)
_ASYMMETRIC = re.compile(r"\b(?:than|while|whereas|but)\b|;")


def sentence_statements(section: Section) -> Iterator[Draft]:
    """Sentences that claim a direction, as they stand and turned round; both name their subject."""
    for chunk in section.general_chunks():
        for sentence in prose_sentences(chunk.text):
            text = without_citations(sentence)
            if not _claims(text) or any(is_order(clause) for clause in text.split("; ")):
                continue
            wrong = swap_sides(text, chunk.part) or turn_round(text)
            if wrong:
                right = random.Random(text).random() < 0.5  # noqa: S311 - a stable choice, not a secret
                yield _draft(section, chunk, sentence, text if right else wrong, right)


def _claims(text: str) -> bool:
    return (
        MIN_WORDS <= len(text.split()) <= MAX_WORDS and stands_alone(text) and not is_trivia(text) and not is_heavy(text)
        and not has_figures(text) and ":" not in text and not _ADVICE.search(text)
    )


def turn_round(text: str) -> str | None:
    """The sentence with its one word of direction replaced by the opposite; None when it has none, several, or hedges."""
    found = list(_DIRECTION.finditer(text))
    if len(found) != 1 or _HEDGED.search(text) or ("than" in text.split() and " as " in text):
        return None
    word = found[0]
    if word[0] in {"most", "above", "below", "more"} and not _measures(text, word.end()):
        return None
    if re.search(r"\b[Aa]n?$", text[: word.start()].rstrip()) and (word[0][0] in "aeiou") != (_TURNED[word[0]][0] in "aeiou"):
        return None
    turned = "raise" if word[0] == "lower" and re.match(r" (?:the|an?|its|\w+ of) ", text[word.end() :]) else _TURNED[word[0]]
    return text[: word.start()] + turned + text[word.end() :]


def _measures(text: str, end: int) -> bool:
    """True when the word is followed by a plain noun and a comparison: `more memory than`, not `most of the`."""
    return bool(re.match(r" \w+s than\b", text[end:]))


def swap_sides(text: str, part: str) -> str | None:
    """The two things of an `X vs Y` part exchanged in a sentence that sets them apart; None when it does not."""
    names = part.split(" vs ")
    if len(names) != 2 or not _ASYMMETRIC.search(text):
        return None
    first, second = names
    spots = [list(re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)) for name in (first, second)]
    if any(len(found) != 1 for found in spots):
        return None
    (a,), (b,) = spots
    if a.start() > b.start():
        a, b, first, second = b, a, second, first
    if a.start() == 0:
        first, second = (first if first[1:2].isupper() else first[0].lower() + first[1:]), second[0].upper() + second[1:]
    swapped = text[: a.start()] + second + text[a.end() : b.start()] + first + text[b.end() :]
    return None if re.search(r"\b(\w+(?: \w+)?) \1\b", swapped) else swapped


def table_statements(section: Section) -> Iterator[Draft]:
    """A row of a table that compares columns, with two of its cells in place or swapped."""
    for chunk, table in section_tables(section):
        for row in table.rows if is_comparison(table) else ():
            columns = [c for c in range(1, len(row)) if len(row[c]) > 3 and row[0]]
            column, other = next(
                ((a, b) for a, b in pairwise(columns) if not alike(row[a], row[b])), (0, 0)
            )
            if not column:
                continue
            yield _of_row(section, chunk, table, row, (column, other))


def _of_row(
    section: Section, chunk: Chunk, table: Table, row: tuple[str, ...], columns: tuple[int, int]
) -> Draft:
    right = random.Random("".join(row)).random() < 0.5  # noqa: S311 - a stable choice, not a secret
    axis, *cells = (lower_start(without_citations(text), section.words) for text in (row[0], *(row[c] for c in columns)))
    x, y = (lower_start(without_citations(table.headers[c]), section.words) for c in columns)
    a, b = cells if right else reversed(cells)
    asked = f"{section.name.partition(': ')[0]}: true or false, and why? {upper_start(axis)}: {a} for {x}; {b} for {y}."
    short = f"{'True' if right else 'False'}. {upper_start(axis)} is {cells[0]} for {x} and {cells[1]} for {y}."
    return Draft(
        section, chunk.part, chunk.text, "true_false", "compare", "intermediate", asked, short, (row_quote(table, row),),
        TRUE_FALSE, 0 if right else 1,
    )


def bank_statements(section: Section, bank: Sequence[Question]) -> Iterator[Draft]:
    """Statements of the bank on a section: its misconceptions, which are wrong, and as many of its key points, which are right.

    The evidence is the sentence of the notes that the correction, or the key point, rests on.
    """
    for question in bank:
        chunks = [c for c in section.chunks if {section.anchor(), section.anchor(c.part)} & set(question.notes)]
        for misconception, point in zip_longest(question.misconceptions, question.key_points[: len(question.misconceptions)]):
            if misconception and _stated(misconception.wrong, question):
                yield from _with_evidence(section, chunks, misconception.wrong, misconception)
            if point and _stated(point.text, question):
                yield from _with_evidence(section, chunks, point.text, None)


def _stated(text: str, question: Question) -> bool:
    """True when a statement of the bank can be judged without the numbers of its question."""
    if question.kind == "behaviour" or text.startswith('"') or (has_figures(text) and question.kind in {"calculate", "design"}):
        return False
    return stands_alone(text) and not is_trivia(text) and not is_order(text)


def _with_evidence(
    section: Section, chunks: Sequence[Chunk], statement: str, misconception: Misconception | None
) -> Iterator[Draft]:
    """A statement with the sentence that decides it, when the chunks hold one."""
    found = _evidence(misconception.correction if misconception else statement, chunks)
    if found:
        chunk, sentence = found
        short = f"False. {misconception.correction}" if misconception else f"True. {without_citations(sentence)}"
        yield Draft(
            section, chunk.part, chunk.text, "true_false", "concept", "intermediate",
            f"True or false, and why? {statement}", short, (quote_of(sentence),), TRUE_FALSE, 1 if misconception else 0,
            (misconception,) if misconception else (),
        )


def _evidence(correction: str, chunks: Sequence[Chunk]) -> tuple[Chunk, str] | None:
    """The sentence that shares most content words with a correction."""
    wanted = {w[:6] for w in re.findall(r"[a-z0-9@]{4,}", correction.lower())}
    best = max(
        ((len(wanted & {w[:6] for w in re.findall(r"[a-z0-9@]{4,}", s.lower())}), c.position, c, s)
         for c in chunks for s in prose_sentences(c.text) if not s.endswith(":")),
        key=lambda found: found[:2], default=None,
    )
    return (best[2], best[3]) if best and best[0] >= EVIDENCE_COVERAGE * len(wanted) else None


def _draft(section: Section, chunk: Chunk, sentence: str, statement: str, right: bool) -> Draft:
    kind = "compare" if " vs " in chunk.part else "concept"
    quote = quote_of(sentence)
    short = f"{'True' if right else 'False'}. {without_citations(sentence)}"
    return Draft(
        section, chunk.part, chunk.text, "true_false", kind, "intermediate", f"True or false, and why? {statement}", short,
        (quote,), TRUE_FALSE, 0 if right else 1,
    )

