"""A learner's response cut into quotable pieces, and the sentences of the notes that a key point rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.content import anchor_of
from core.stems import stem_words
from core.types import Chunk
from retrieval.sections import section_anchor

MAX_UNITS = 40
MIN_NOTE_WORDS, MAX_NOTE_WORDS = 5, 60
_BREAK = re.compile(r"(?<=[.!?;])\s+|\n+|\s+(?:but|however|whereas|while|and then|so)\s+(?=\w+\s+\w+\s+\w+)", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
_WORD = re.compile(r"[A-Za-z0-9]+")


def split_response(response: str) -> list[str]:
    """Verbatim pieces of a response, one statement each: sentences, bullets, clauses joined by a contrast."""
    pieces: list[str] = []
    position = 0
    for match in [*_BREAK.finditer(response), None]:
        end = match.start() if match else len(response)
        piece = _BULLET.sub("", response[position:end]).strip()
        if len(_WORD.findall(piece)) >= 2 or any(letter.isdigit() for letter in piece):
            pieces.append(piece)
        position = match.end() if match else end
    return pieces[:MAX_UNITS]


class NoteQuotes:
    """Finds the sentence of the notes that states a key point, below the anchors that its question cites."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._by_anchor: dict[str, list[Chunk]] = {}
        for chunk in chunks:
            if chunk.part == "Sources":
                continue
            self._by_anchor.setdefault(section_anchor(chunk), []).append(chunk)
            if chunk.part:
                self._by_anchor.setdefault(anchor_of(chunk.document, chunk.section, chunk.part), []).append(chunk)

    def find(self, key_point: str, anchors: Sequence[str]) -> tuple[str, str]:
        """The sentence that shares most terms with the key point, and the anchor it stands under; empty when nothing fits."""
        terms = terms_of(key_point)
        best = (0.0, "", "")
        for anchor in anchors:
            for chunk in self._by_anchor.get(anchor, ()):
                for sentence in note_sentences(chunk.text):
                    held = terms_of(sentence)
                    overlap = len(terms & held) / ((len(terms) * len(held)) ** 0.5 or 1)
                    if overlap > best[0]:
                        best = (overlap, sentence, anchor)
        return best[1], best[2]


def note_sentences(text: str) -> list[str]:
    """Verbatim sentences and table rows of a passage."""
    pieces = re.split(r"(?<=[.!?])\s+(?=[A-Z`$*\"(])|\n\s*\n|\n(?=[-*|]\s?)", text)
    stripped = (re.sub(r"\s+\d+\.$", "", piece.strip()) for piece in pieces)  # the number of the next list item
    return [piece for piece in stripped if MIN_NOTE_WORDS <= len(piece.split()) <= MAX_NOTE_WORDS]


def terms_of(text: str) -> set[str]:
    """The stems of a text's words of three letters or more, and its numbers."""
    return set(stem_words([w for w in _WORD.findall(text.lower()) if len(w) > 2 or w.isdigit()]))
