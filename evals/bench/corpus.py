"""Large collections out of the shipped one: its documents again and again, every sentence and heading exchanged for another."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import numpy as np

from core.models import Vectors
from core.types import Chunk

PIECE = re.compile(r"[^\n]+?(?:[.!?](?=\s)|$)", re.MULTILINE)


def split_pieces(text: str) -> list[str]:
    """The sentences of a passage; a line without a full stop (a row of a table, a line of code) is one.

    >>> split_pieces("One. Two?\\n| a | b |")
    ['One.', 'Two?', '| a | b |']
    """
    return [piece for match in PIECE.findall(text) if (piece := match.strip())]


def recombine(chunks: Sequence[Chunk], count: int, seed: int = 0) -> list[Chunk]:
    """As many new passages as asked for, in document order.

    Each document has the shape of a shipped one: as many passages of as many sentences below as many headings, all of these drawn
    at random from the shipped ones. Like uploads, they belong to no topic.
    """
    draw = random.Random(seed)  # noqa: S311 - a reproducible corpus
    pieces = [piece for chunk in chunks for piece in split_pieces(chunk.text)]
    headings = sorted({heading for chunk in chunks for heading in chunk.headings} | {chunk.title for chunk in chunks})
    made: list[Chunk] = []
    copy = 0
    while len(made) < count:
        made += _copy_all(chunks, copy, pieces, headings, draw)
        copy += 1
    return made[:count]


def _copy_all(
    chunks: Sequence[Chunk], copy: int, pieces: Sequence[str], headings: Sequence[str], draw: random.Random
) -> list[Chunk]:
    names: dict[tuple[str, str], str] = {}  # document and heading -> the heading in this copy

    def rename(document: str, heading: str) -> str:
        return names.setdefault((document, heading), draw.choice(headings))

    return [
        Chunk(
            id=f"recombined-{copy}-{place}", document=f"recombined/{copy:03d}/{chunk.document}", title=rename(chunk.document, ""),
            topic=None, headings=tuple(rename(chunk.document, heading) for heading in chunk.headings),
            text=" ".join(draw.choices(pieces, k=max(len(split_pieces(chunk.text)), 1))), position=chunk.position,
        )
        for place, chunk in enumerate(chunks)
    ]


def random_unit_vectors(count: int, width: int, seed: int = 0) -> Vectors:
    """Directions drawn uniformly, shape (count, width), rows of length 1."""
    vectors = np.random.default_rng(seed).standard_normal((count, width), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
