"""Query expansion with the glossary: an acronym brings its expansion along, and an expansion its acronym."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.content import GlossaryTerm

WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9@+#.-]*[A-Za-z0-9+#]|[A-Za-z0-9]")
MAX_NAME_WORDS = 6
ORDINARY_WORDS = frozenset({"map", "react", "cove", "pass", "bits", "phi"})
MIN_FOLDED_LETTERS = 3  # shorter acronyms count only in capitals


class Expander:
    """Finds glossary names in a query and appends their other names."""

    def __init__(self, terms: Sequence[GlossaryTerm]) -> None:
        self._names: dict[tuple[str, ...], GlossaryTerm] = {}
        self._exact: dict[str, GlossaryTerm] = {}  # acronyms that are also words count only as they are written
        for term in terms:
            for name in term.names:
                if name.lower() in ORDINARY_WORDS or len(name) < MIN_FOLDED_LETTERS:
                    self._exact.setdefault(name, term)
                else:
                    self._names.setdefault(name_key(name), term)

    def expand(self, query: str) -> str:
        """The query followed by names it does not hold yet; unchanged when no glossary name occurs in it."""
        words = list(name_key(query))
        present = " ".join(words)
        added: list[str] = []
        for word in WORD.findall(query):
            if term := self._exact.get(word):
                added += self._other_names(term, present)
        position = 0
        while position < len(words):
            for length in range(min(MAX_NAME_WORDS, len(words) - position), 0, -1):
                if term := self._names.get(tuple(words[position : position + length])):
                    added += self._other_names(term, present)
                    position += length - 1
                    break
            position += 1
        return " ".join([query, *dict.fromkeys(added)])

    @staticmethod
    def _other_names(term: GlossaryTerm, present: str) -> list[str]:
        """The full name and the acronym, where the query lacks them; aliases are ways in, not ways out."""
        names = (term.term, term.acronym) if term.acronym else (term.term,)
        return [name for name in names if " ".join(name_key(name)) not in present]


def name_key(text: str) -> tuple[str, ...]:
    """The words by which a name is looked up: lower case, hyphens as spaces.

    >>> name_key("K-means clustering")
    ('k', 'means', 'clustering')
    """
    return tuple(word.lower().rstrip(".") for word in WORD.findall(text.replace("-", " ")))
