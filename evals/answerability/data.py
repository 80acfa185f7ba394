"""Documents with questions that they answer and questions that they only seem to, and the pairs that the model is trained on."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from core.answerability import passage_text
from core.content import ASKED, UNANSWERED
from core.models import Vectors
from core.types import Chunk, Document
from evals.judge.data import Pair
from evals.judge.texts import rows_of
from ingest.chunking import CountTokens, split_document
from retrieval.sections import section_anchor
from retrieval.snapshot import Snapshot

DOCUMENTS_DIR = Path(__file__).with_name("documents")  # one file a writer
HELD_BACK = ("11", "14")  # writers whose documents the model is not trained on
OTHER_PASSAGES = 0.3  # share of questions that are also asked of the nearest passage on something else
PADDED = {True: 0.15, False: 1.0}  # share of those that (do not) answer with the answer to another question: length shall tell nothing
NOTES_QUESTIONS, NOTES_UNANSWERED = 1000, 500  # stored questions of the notes, and such that nothing there answers
NEAR = 4  # a passage of another section is one of the nearest so many
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z])")
Encode = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True)
class Asked:
    """A question on a document. `quote` is verbatim from the passage that answers; where none does, it is empty, and `addition`, put behind
    the words `after` of the document, would answer."""

    question: str
    quote: str
    after: str = ""
    addition: str = ""


@dataclass(frozen=True)
class AskedDocument:
    """A document in Markdown with questions on it."""

    name: str
    title: str
    text: str
    questions: tuple[Asked, ...]


@cache
def load_documents(folder: Path = DOCUMENTS_DIR) -> tuple[AskedDocument, ...]:
    """All documents; the name begins with the writer's number."""
    found = []
    for (writer, number), row in rows_of(folder):
        questions = [Asked(one["question"], one["quote"]) for one in row["answered"]]
        questions += [Asked(one["question"], "", one["after"], one["addition"]) for one in row["unanswered"]]
        found.append(AskedDocument(f"{writer}-{number:02}", row["title"], row["text"], tuple(questions)))
    return tuple(found)


def document_pairs(
    documents: Sequence[AskedDocument], encode: Encode, count_tokens: CountTokens, random_: random.Random
) -> Iterator[Pair]:
    """Each question with the passage that it is about, once with the words that answer it and once without them: the quote's sentence is
    left out, or the addition put in. Neither the question nor the passage alone tells which of the two it is."""
    for document in documents:
        passages = split_document(Document(document.name, document.title, document.text), count_tokens)
        similarity = encode([asked.question for asked in document.questions]) @ encode([passage_text(p) for p in passages]).T
        for asked, row in zip(document.questions, similarity, strict=True):
            order = [passages[place] for place in np.argsort(-row)]
            about = next((p for p in order if (asked.quote or asked.after) in p.text), None)
            if about is None:  # the words stand across the border of two passages
                continue
            text = about.text
            answering, other = (text, leave_out(text, asked.quote)) if asked.quote else (put_in(text, asked), text)
            others = [one for one in document.questions if one.addition and one != asked]
            right = replace(about, text=_padded(answering, others, PADDED[True], random_))
            wrong = [replace(about, text=_padded(other, others, PADDED[False], random_))]
            if random_.random() < OTHER_PASSAGES:
                wrong += [p for p in order if p is not about][:1]
            yield from _pairs(asked.question, [right], wrong, document.name)


def leave_out(text: str, quote: str) -> str:
    """The text without the sentences, or the row of a table or list, that hold the quote."""
    start = text.index(quote)
    line = text.rfind("\n", 0, start) + 1
    first = max([line, *(line + m.end() for m in _SENTENCE_END.finditer(text[line:start]))])
    end = text.find("\n", start + len(quote))
    end = len(text) if end < 0 else end
    after = _SENTENCE_END.search(text, start + len(quote) - 1, end)
    return (text[:first] + text[after.end() :] if after else text[:first].rstrip(" ") + text[end:]).strip()


def put_in(text: str, asked: Asked) -> str:
    """The text with the words that answer the question."""
    return text.replace(asked.after, f"{asked.after} {asked.addition}", 1)


def _padded(text: str, others: Sequence[Asked], share: float, random_: random.Random) -> str:
    """The text with the answer to one of the other questions, in a share of cases, where such a one belongs."""
    fitting = [one for one in others if one.after in text]
    return put_in(text, random_.choice(fitting)) if fitting and random_.random() < share else text


def notes_pairs(index: Snapshot, encode: Encode, random_: random.Random) -> Iterator[Pair]:
    """Stored questions with the nearest passage of their section and a near one of another; those that nothing answers with near ones."""
    for kind, count in ((ASKED, NOTES_QUESTIONS), (UNANSWERED, NOTES_UNANSWERED)):
        stored = [question for question in index.questions if question.document == kind]
        chosen = random_.sample(stored, min(count, len(stored)))
        for question, vector in zip(chosen, encode([question.text for question in chosen]), strict=True):
            sections = {anchor.split("--")[0] for anchor in question.headings}
            near = [index.chunks[place] for place in np.argsort(-(index.vectors @ vector))[: 10 * NEAR]]
            right = [p for p in near if section_anchor(p) in sections]
            others = [p for p in near if p not in right][:NEAR]
            wrong = random_.sample(others, 1) if kind == ASKED else others[:2]
            yield from _pairs(question.text, right[:1], wrong, "notes")


def _pairs(question: str, right: Sequence[Chunk], wrong: Sequence[Chunk], source: str) -> Iterator[Pair]:
    group = f"{source} {question}"
    for passage in right:
        yield Pair(question, passage_text(passage), "supported", 0, source, "answers", group)
    for passage in wrong:
        yield Pair(question, passage_text(passage), "unrelated", 0, source, "does not answer", group)
