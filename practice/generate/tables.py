"""Multiple choice from table rows; the distractors are other cells of the same table, so the table says they are wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import combinations

from core.types import Chunk
from practice.generate.reading import Table, split_cells, tables_of, without_citations
from practice.generate.sections import Draft, Section
from practice.generate.wording import has_figures, upper_start

OPTIONS = 4
_AXIS = frozenset({"", "axis", "axes", "aspect", "question", "criterion", "dimension", "property"})
_KIND_NAMES = re.compile(r"^[A-Za-z][A-Za-z -]{2,24}$")
_NOT_A_THING = re.compile(r"^(?:sum|total|all|reserve|overall|none)\b|^\W*\d+\W*$|\?$", re.IGNORECASE)
_NOT_COMPARED = frozenset({"metric", "measure", "reason", "why", "example", "task", "question it answers", "typical measure"})


def section_tables(section: Section) -> Iterator[tuple[Chunk, Table]]:
    """The section's tables with the chunk they stand in; the pieces of a table that was cut between rows stay apart."""
    for chunks in section.parts().values():
        for chunk in chunks:
            for table in tables_of(chunk.text):
                yield chunk, table


def row_questions(section: Section) -> Iterator[Draft]:
    """Which row fits two cells? Tables with one thing a row (`index`, `Method`); not tables that compare columns."""
    for chunk, table in section_tables(section):
        if table.headers[0].lower() in _AXIS or not _KIND_NAMES.match(table.headers[0]) or len(table.rows) < 3:
            continue
        rows = [row for row in table.rows if row[0] and not _NOT_A_THING.search(row[0])]
        for row in rows:
            if draft := _row_question(section, chunk, table, rows, row):
                yield draft


def _row_question(
    section: Section, chunk: Chunk, table: Table, rows: list[tuple[str, ...]], row: tuple[str, ...]
) -> Draft | None:
    clue = _clue(table, rows, row)
    if clue is None or len({r[0].lower() for r in rows}) < 3:
        return None
    rng = random.Random("\x00".join(row))  # noqa: S311 - a stable choice, not a secret
    wrong = [r[0] for r in rows if r is not row and all(not alike(r[c], row[c]) for c in clue[:1])]
    if len(wrong) < 2:
        return None
    right = without_citations(row[0])
    options = [right, *(without_citations(w) for w in rng.sample(wrong, min(OPTIONS - 1, len(wrong))))]
    rng.shuffle(options)
    described = "; ".join(f"{_header(table.headers[c])}: {without_citations(row[c])}" for c in clue)
    kind_name = _header(table.headers[0]).replace("name", "of these")
    return Draft(
        section, chunk.part, chunk.text, "multiple_choice", "compare", "intermediate",
        f"{section.name.partition(': ')[0]}: which {kind_name} fits this description? {_sentence(described)}",
        f"{right}.", (row_quote(table, row),), tuple(options), options.index(right),
    )


def _clue(table: Table, rows: list[tuple[str, ...]], row: tuple[str, ...]) -> tuple[int, ...] | None:
    """Two columns whose cells are telling, the most distinctive first; None when the row has none."""
    telling = [
        c for c in range(1, len(row))
        if len(row[c]) > 3 and table.headers[c] and not any(r is not row and alike(r[c], row[c]) for r in rows)
        and not _mentions(row[c], row[0])
    ]
    said = [c for c in telling if not has_figures(row[c])]
    pairs: list[tuple[int, ...]] = [pair for pair in combinations(telling, 2) if set(pair) & set(said)]
    pairs = pairs or [(c,) for c in said if len(row[c].split()) >= 3]
    if not pairs:
        return None
    return max(pairs, key=lambda pair: sum(len(row[c].split()) for c in pair if not has_figures(row[c])))


def column_questions(section: Section) -> Iterator[Draft]:
    """Which of these describes X rather than Y? Tables that compare columns; distractors are Y's cells on other axes."""
    for chunk, table in section_tables(section):
        if not is_comparison(table) or len(table.rows) < OPTIONS:
            continue
        width = len(table.headers)
        neighbours = [(c, c % (width - 1) + 1) for c in range(1, width)]
        for column, other in dict.fromkeys([*neighbours, *((b, a) for a, b in neighbours)]):
            if draft := _column_question(section, chunk, table, column, other):
                yield draft


def _column_question(section: Section, chunk: Chunk, table: Table, column: int, other: int) -> Draft | None:
    rng = random.Random(f"{table.text}{column}{other}")  # noqa: S311 - a stable choice, not a secret
    rows = [r for r in table.rows if r[0] and r[column] and r[other] and not alike(r[column], r[other])]
    if len(rows) < OPTIONS:
        return None
    telling = [row for row in rows if len(row[column].split()) > 1]
    if not telling:
        return None
    right = rng.choice(telling)
    wrong = rng.sample([row for row in rows if row is not right], OPTIONS - 1)
    options = [_option(right, column), *(_option(row, other) for row in wrong)]
    answer = options[0]
    rng.shuffle(options)
    mine, theirs = (without_citations(table.headers[c]) for c in (column, other))
    context = "" if _names_itself(mine) else f"{section.name.partition(': ')[0]}: "
    question = f"{context}{'which' if context else 'Which'} of these describes {mine} rather than {theirs}?"
    return Draft(
        section, chunk.part, chunk.text, "multiple_choice", "compare", "intermediate", question, f"{answer}.",
        (row_quote(table, right),), tuple(options), options.index(answer),
    )


def is_comparison(table: Table) -> bool:
    """True for a table with one thing a column and one axis a row."""
    first, *others = (without_citations(header).lower() for header in table.headers)
    return first in _AXIS and 2 <= len(others) <= 4 and not _NOT_COMPARED & set(others)


def _names_itself(name: str) -> bool:
    """True when a column's name says what it is about without its section's."""
    return bool(re.search(r"[A-Z]{2}|[A-Z]\w+[A-Z]", name))


def _option(row: tuple[str, ...], column: int) -> str:
    return without_citations(f"{row[0]}: {row[column]}")


def _header(text: str) -> str:
    text = without_citations(text)
    return text[0].lower() + text[1:] if text[:2].istitle() or len(text) == 1 else text


def _sentence(text: str) -> str:
    return upper_start(text) + ("" if text.endswith("?") else ".")


def row_quote(table: Table, row: tuple[str, ...]) -> str:
    """The row's verbatim line without its outer pipes."""
    return next(
        inner for line in table.text.splitlines()
        if tuple(split_cells(line)) == row and (inner := line.strip().strip("|").strip()) is not None
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))


def alike(a: str, b: str) -> bool:
    """True when one cell says what the other says: all words of the shorter are in the longer."""
    first, second = _words(a), _words(b)
    return first <= second or second <= first


def _mentions(cell: str, name: str) -> bool:
    return bool({w[:5] for w in _words(cell) if len(w) > 3} & {w[:5] for w in _words(name) if len(w) > 3})
