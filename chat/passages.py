"""Reading a passage: its sentences, list items, tables and code as spans of the verbatim text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|et al|vs|cf|approx|Fig|Eq|Sec|No|Dr|St|resp)|\b[A-Z])\.$")
_SENTENCE_END = re.compile(r"(?<=[.!?])(?:[\"')\]]*)\s+(?=[\"'(\[*`$]*[A-Z0-9\\$`*])")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_PROTECTED = re.compile(r"\$\$.*?\$\$|(?<!\\)\$[^$\n]+\$|`[^`\n]+`", re.DOTALL)


@dataclass(frozen=True)
class Unit:
    """A span of a passage: `kind` is sentence, item, table, code or math; `start` and `end` index the passage's text."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def words(self) -> int:
        """Number of words."""
        return len(self.text.split())


def split_units(text: str) -> list[Unit]:
    """The units of a passage, in order. Joined from the first start to the last end they are the passage itself."""
    units: list[Unit] = []
    for kind, start, end in _blocks(text):
        if kind == "prose":
            units += [Unit("sentence", text[a:b], a, b) for a, b in _sentences(text, start, end)]
        else:
            units.append(Unit(kind, text[start:end], start, end))
    return units


def _blocks(text: str) -> Iterator[tuple[str, int, int]]:
    kind, start, position = "", 0, 0
    fence = ""
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        if fence:
            here = kind
            if stripped.startswith(fence):
                fence = ""
        elif stripped.startswith(("```", "~~~")):
            fence, here = stripped[:3], "code"
        elif stripped.startswith("$$") and not (len(stripped) > 2 and stripped.endswith("$$")):
            fence, here = "$$", "math"
        elif stripped.startswith("$$"):
            here = "math"
        elif stripped.startswith("|"):
            here = "table"
        elif _ITEM.match(line):
            here = "new item"
        elif not stripped:
            here = ""
        else:
            here = "item" if kind == "item" and line[:1].isspace() else "prose"
        if here != kind:
            if kind:
                yield kind, start, _trim(text, start, position)
            start, kind = position, "item" if here == "new item" else here
        position += len(line)
        if kind in {"code", "math"} and not fence:
            yield kind, start, _trim(text, start, position)
            start, kind = position, ""
    if kind:
        yield kind, start, _trim(text, start, position)


def _trim(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of sentences; never cut inside a formula, code, or after an abbreviation."""
    prose = text[start:end]
    protected = [(m.start(), m.end()) for m in _PROTECTED.finditer(prose)]
    begin = 0
    for match in _SENTENCE_END.finditer(prose):
        at = match.start()
        if any(a < at < b for a, b in protected) or _ABBREVIATION.search(prose[begin:at]):
            continue
        yield start + begin, start + _trim(prose, 0, at + len(match[0].rstrip()))
        begin = match.end()
    if prose[begin:].strip():
        yield start + begin, start + len(prose.rstrip())
