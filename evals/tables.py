"""Tables in Markdown and in a terminal, of figures and of any JSON that holds measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Row = Sequence[str]


def format_number(value: Any) -> str:
    """A number with the digits that matter; anything else as text.

    >>> format_number(0.98765), format_number(31.25), format_number(12345), format_number(True), format_number(None)
    ('0.988', '31.2', '12,345', 'yes', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"
    return str(value).replace("|", "\\|").replace("\n", " ")


def format_figure(figure: Mapping[str, Any] | None) -> str:
    """Value and interval.

    >>> format_figure({"value": 0.9667, "low": 0.9333, "high": 0.9933, "n": 150})
    '0.967 [0.933, 0.993]'
    """
    if not figure:
        return "-"
    return f"{format_number(figure['value'])} [{format_number(figure['low'])}, {format_number(figure['high'])}]"


def is_figure(value: Any) -> bool:
    """True for a JSON object that is a value with an interval."""
    return isinstance(value, Mapping) and {"value", "low", "high"} <= set(value)


def markdown_table(header: Row, rows: Sequence[Row]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def text_table(header: Row, rows: Sequence[Row]) -> str:
    """A table in columns for a terminal."""
    widths = [max(len(row[place]) for row in (header, *rows)) for place in range(len(header))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (header, *rows))
    return "\n".join(line.rstrip() for line in lines)


def describe_json(value: Any, level: int = 3) -> str:
    """Any JSON measurement as Markdown: objects of objects and lists of objects become tables, the rest name and value.

    >>> print(describe_json({"systems": {"dense": {"mrr": 0.5}, "lexical": {"mrr": 0.25}}}))
    ### systems
    <BLANKLINE>
    |  | mrr |
    | --- | --- |
    | dense | 0.500 |
    | lexical | 0.250 |
    """
    return "\n\n".join(_describe(value, level))


def _describe(value: Any, level: int) -> Iterator[str]:
    if isinstance(value, Mapping):
        if rows := [(str(name), _cell(v)) for name, v in value.items() if _is_cell(v)]:
            yield markdown_table(("", "value"), rows)
        for name, v in value.items():
            if not _is_cell(v):
                yield f"{'#' * level} {str(name).replace('_', ' ')}"
                yield from [table] if (table := _table_of(v)) else _describe(v, min(level + 1, 6))
    elif table := _table_of(value):
        yield table
    elif isinstance(value, list):
        for item in value:
            yield from _describe(item, level)
    else:
        yield _cell(value)


def _is_cell(value: Any) -> bool:
    flat = isinstance(value, list) and all(not isinstance(item, (Mapping, list)) for item in value)
    return is_figure(value) or flat or not isinstance(value, (Mapping, list))


def _is_row(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and not is_figure(value) and all(_is_cell(v) for v in value.values())


def _cell(value: Any) -> str:
    if is_figure(value):
        return format_figure(value)
    return ", ".join(format_number(item) for item in value) if isinstance(value, list) else format_number(value)


def _table_of(value: Any) -> str | None:
    """A table when all rows are objects of plain values, else None."""
    rows: list[tuple[str, Any]]
    if isinstance(value, Mapping) and value and not is_figure(value):
        rows = [(str(name), row) for name, row in value.items()]
    elif isinstance(value, list) and value:
        rows = [("", row) for row in value]
    else:
        return None
    if not all(_is_row(row) for _, row in rows):
        return None
    columns = list(dict.fromkeys(str(column) for _, row in rows for column in row))
    named = isinstance(value, Mapping)
    header = ([""] if named else []) + [column.replace("_", " ") for column in columns]
    return markdown_table(
        header, [([name] if named else []) + [_cell(row.get(column)) for column in columns] for name, row in rows]
    )
