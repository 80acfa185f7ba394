"""Questions about the meaning of a term: the glossary's own line answers them, as a passage that can be cited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chat.wording import FRAME
from core.content import GlossaryTerm
from core.types import Chunk, content_id
from retrieval.glossary import ORDINARY_WORDS, WORD, name_key

DOCUMENT, TITLE = "knowledge/glossary.yaml", "Glossary"
CONFIDENCE = 0.95  # in an answer to a question whose term the glossary defines


@dataclass(frozen=True)
class Definition:
    """A term of the glossary: its line as a passage, and its names as they are looked up."""

    passage: Chunk
    names: tuple[str, ...]

    def named_in(self, text: str) -> bool:
        """True when a text holds a name of the term; an ending, as of a plural, may follow.

        A short name counts only as a word of its own.
        """
        words = f" {' '.join(name_key(text))} "
        return any(f" {name} " in words or (len(name) > 3 and f" {name}" in words) for name in self.names)


class Definitions:
    """The glossary by every name of its terms."""

    def __init__(self, glossary: Sequence[GlossaryTerm]) -> None:
        found = [_define(term, position) for position, term in enumerate(glossary)]
        self.passages = tuple(definition.passage for definition in found)
        self._by_name: dict[str, Definition] = {}
        for definition in found:
            for name in definition.names:
                self._by_name.setdefault(name, definition)

    def about(self, question: str) -> Definition | None:
        """The term that is all a question names: `What is a stop sequence?`, `define LSH`; None for another question."""
        text = re.sub(r"\b(what|how|who)['’]?s\b", r"\1", question, flags=re.IGNORECASE).replace("-", " ")
        written, words = WORD.findall(text), name_key(text)
        for start in range(len(words)):
            for end in range(len(words), start, -1):
                name = " ".join(words[start:end])
                if name in ORDINARY_WORDS and written[start].islower():  # "a map" is no mean average precision
                    return None
                if found := self._by_name.get(name) or self._by_name.get(name.removesuffix("s")):
                    return found
                if words[end - 1] not in FRAME:
                    break
            if words[start] not in FRAME:
                break
        return None


def _define(term: GlossaryTerm, position: int) -> Definition:
    name = f"{term.term} ({term.acronym})" if term.acronym else term.term
    text = f"{name}: {term.definition}"
    passage = Chunk(content_id(DOCUMENT, TITLE, term.term, text), DOCUMENT, TITLE, term.topics[0], (term.term,), text, position)
    return Definition(passage, tuple(" ".join(name_key(other)) for other in term.names))
