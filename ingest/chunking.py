"""Structure-aware chunking: split on headings, then by tokens of the embedding model's own tokenizer.

Markdown is parsed with markdown-it-py, so that code, tables, lists and formulas are seen as blocks; prose that is too long
is split with langchain's RecursiveCharacterTextSplitter. No embedded text exceeds the model's window,
unless a single formula does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from langchain_text_splitters import RecursiveCharacterTextSplitter
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from core.models import WINDOW_TOKENS
from core.types import Chunk, Document, content_id

SPECIAL_TOKENS = 2  # [CLS] and [SEP]
MIN_BODY_TOKENS = 64  # a heading path is shortened before it leaves less than this for the text
CountTokens = Callable[[str], int]
LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)")


@dataclass(frozen=True)
class Block:
    """A top-level Markdown block: `kind` is paragraph, list, table, fence, math or other; `text` is verbatim."""

    kind: str
    text: str


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, allow_blank_lines=True)


def embedding_text(title: str, headings: tuple[str, ...], text: str) -> str:
    """What the model sees: the heading path, then the text without link targets."""
    return " > ".join((title, *headings)) + "\n" + LINK.sub(r"\1", text)


def chunk_embedding_text(chunk: Chunk) -> str:
    """`embedding_text` of a chunk."""
    return embedding_text(chunk.title, chunk.headings, chunk.text)


def split_document(document: Document, count_tokens: CountTokens, window: int = WINDOW_TOKENS) -> list[Chunk]:
    """Cut a document into chunks whose embedded text fits `window` tokens.

    A chunk never crosses a heading. Tables are cut between rows (the header is repeated), code between lines (the fence is
    repeated), lists between items, prose between sentences, and each of them only when it alone exceeds the window.
    """
    chunks: list[Chunk] = []
    seen: Counter[str] = Counter()
    for headings, blocks in _sections(document):
        budget = window - SPECIAL_TOKENS - count_tokens(embedding_text(document.title, headings, ""))
        shown = headings
        while budget < MIN_BODY_TOKENS and shown:
            shown = shown[1:]
            budget = window - SPECIAL_TOKENS - count_tokens(embedding_text(document.title, shown, ""))
        for text in _pack(blocks, max(budget, MIN_BODY_TOKENS // 2), count_tokens):
            key = content_id(document.id, document.title, *headings, text)
            seen[key] += 1
            id_ = key if seen[key] == 1 else f"{key}-{seen[key]}"
            chunks.append(Chunk(id_, document.id, document.title, document.topic, headings, text, len(chunks)))
    return chunks


def _sections(document: Document) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Heading paths with the blocks below them, in order; the document's title is not part of the path."""
    lines = document.text.split("\n")  # as the parser counts them; splitlines() also breaks at form feeds
    path: list[tuple[int, str]] = []
    blocks: list[Block] = []
    tokens = _parser().parse(document.text)
    for index, token in enumerate(tokens):
        if token.level or token.map is None or token.nesting < 0:
            continue
        if token.type == "heading_open":
            if blocks:
                yield _path(path, document.title), blocks
                blocks = []
            level = int(token.tag[1])
            path = [entry for entry in path if entry[0] < level]
            path.append((level, tokens[index + 1].content.strip()))
            continue
        text = "\n".join(lines[token.map[0] : token.map[1]]).strip("\n").rstrip()
        if text:
            blocks.append(Block(_kind(token.type), text))
    if blocks:
        yield _path(path, document.title), blocks


def _path(path: list[tuple[int, str]], title: str) -> tuple[str, ...]:
    return tuple(heading for level, heading in path if not (level == 1 and heading == title))


def _kind(token_type: str) -> str:
    known = {
        "paragraph_open": "paragraph", "bullet_list_open": "list", "ordered_list_open": "list", "table_open": "table",
        "fence": "fence", "code_block": "fence", "math_block": "math",
    }
    return known.get(token_type, "other")


def _pack(blocks: list[Block], budget: int, count_tokens: CountTokens) -> Iterator[str]:
    """Join neighbouring blocks up to the budget; split the ones that exceed it alone."""
    current = ""
    for block in blocks:
        pieces = [block.text] if count_tokens(LINK.sub(r"\1", block.text)) <= budget else _split(block, budget, count_tokens)
        for piece in pieces:
            joined = f"{current}\n\n{piece}" if current else piece
            if current and count_tokens(LINK.sub(r"\1", joined)) > budget:
                yield current
                current = piece
            else:
                current = joined
    if current:
        yield current


def _split(block: Block, budget: int, count_tokens: CountTokens) -> list[str]:
    lines = block.text.split("\n")
    if block.kind == "table" and len(lines) > 3:
        return _split_lines(lines[2:], budget, count_tokens, before="\n".join(lines[:2]) + "\n")
    if block.kind == "fence" and len(lines) > 3 and lines[0].lstrip().startswith(("```", "~~~")):
        return _split_lines(lines[1:-1], budget, count_tokens, before=lines[0] + "\n", after="\n" + lines[-1])
    if block.kind == "list":
        items = re.split(r"\n(?=(?:[-*+]|\d+[.)])\s)", block.text)
        if len(items) > 1:
            return [
                piece for item in items
                for piece in ([item] if count_tokens(item) <= budget else _split_prose(item, budget, count_tokens))
            ]
    if block.kind == "math":
        return [block.text]
    return _split_prose(block.text, budget, count_tokens)


def _split_lines(
    lines: list[str], budget: int, count_tokens: CountTokens, before: str, after: str = ""
) -> list[str]:
    """Group lines so that each group, between `before` and `after`, fits; a single line that does not fit is hard-split."""
    room = budget - count_tokens(before + after)
    if room < budget // 4:  # a header row that fills the window leaves no table to keep
        return _split_prose("\n".join([before.rstrip("\n"), *lines]) + after, budget, count_tokens)
    groups: list[list[str]] = [[]]
    for line in lines:
        for piece in [line] if count_tokens(line) <= room else _split_prose(line, room, count_tokens):
            if groups[-1] and count_tokens("\n".join([*groups[-1], piece])) > room:
                groups.append([])
            groups[-1].append(piece)
    return [before + "\n".join(group) + after for group in groups]


def _split_prose(text: str, budget: int, count_tokens: CountTokens) -> list[str]:
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=budget, chunk_overlap=0, length_function=count_tokens, keep_separator="end",
        separators=["\n\n", ". ", "? ", "! ", "\n", "; ", ", ", " ", ""],
    )
    return splitter.split_text(text)
