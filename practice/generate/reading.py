"""Reading Markdown for questions: blocks, tables and sentences, always as verbatim pieces of the passage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

CITATION = re.compile(r"\s?\[(?:[^\[\]]*\b(?:19|20)\d\d[a-z]?)(?:[;,][^\[\]]*)?\](?!\()")
LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)")
_PROTECTED = re.compile(r"\$[^$\n]+\$|`[^`\n]+`")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|et al|vs|cf|approx|Fig|Eq|Sec|No|Dr|St|resp)|\b[A-Z])\.$")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[*`$]*[A-Z0-9\\$`*])")


@dataclass(frozen=True)
class Table:
    """A pipe table: header cells, rows of as many cells, and its verbatim text."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text: str


@dataclass(frozen=True)
class Block:
    """A top-level block of a passage: `kind` is paragraph, list, table, code or other; `text` is verbatim."""

    kind: str
    text: str


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, allow_blank_lines=True)


def split_blocks(text: str) -> list[Block]:
    """The top-level blocks of a Markdown passage, in order."""
    kinds = {
        "paragraph_open": "paragraph", "bullet_list_open": "list", "ordered_list_open": "list", "table_open": "table",
        "fence": "code", "code_block": "code",
    }
    lines = text.split("\n")  # as the parser counts them
    return [
        Block(kinds.get(token.type, "other"), "\n".join(lines[token.map[0] : token.map[1]]).strip())
        for token in _parser().parse(text)
        if token.level == 0 and token.map is not None and token.nesting >= 0
    ]


def split_sentences(text: str) -> list[str]:
    """The sentences of a paragraph, verbatim; never cut inside a formula or code, or after an abbreviation."""
    protected = [match.span() for match in _PROTECTED.finditer(text)]
    found, begin = [], 0
    for match in _SENTENCE_END.finditer(text):
        at = match.start()
        if any(a < at < b for a, b in protected) or _ABBREVIATION.search(text[begin:at]):
            continue
        found.append(text[begin:at] + match[0].rstrip())
        begin = match.end()
    return [sentence.strip() for sentence in (*found, text[begin:]) if sentence.strip()]


def prose_sentences(text: str) -> list[str]:
    """The sentences of a passage's paragraphs."""
    return [s for block in split_blocks(text) if block.kind == "paragraph" for s in split_sentences(block.text)]


def parse_table(text: str) -> Table | None:
    """A pipe table from its text; None when it is not one."""
    rows = [split_cells(line) for line in text.splitlines() if line.strip().startswith("|")]
    if len(rows) < 3 or not all(re.fullmatch(r":?-+:?", cell) for cell in rows[1]):
        return None
    width = len(rows[0])
    body = tuple(tuple(row) for row in rows[2:] if len(row) == width)
    return Table(tuple(rows[0]), body, text) if body else None


def split_cells(line: str) -> list[str]:
    """The cells of one line of a pipe table."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def tables_of(text: str) -> Iterator[Table]:
    """The tables of a passage."""
    for block in split_blocks(text):
        if block.kind == "table" and (table := parse_table(block.text)):
            yield table


def without_citations(text: str) -> str:
    """A text as one would say it: no source brackets, link targets, bold marks or line breaks."""
    return " ".join(CITATION.sub("", LINK.sub(r"\1", text)).replace("**", "").split())


def quote_of(sentence: str) -> str:
    """The longest verbatim start of a sentence that is free of source brackets: the sentence itself when it has none."""
    match = CITATION.search(sentence)
    return sentence[: match.start()].rstrip() if match else sentence
