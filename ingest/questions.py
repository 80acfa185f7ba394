"""Questions as chunks to embed: one close to the learner's points at the sections that answer it, or says that nothing here does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from core.content import ASKED, UNANSWERED, Asked, Question, Unanswered, parse_yaml
from core.types import Chunk, content_id


def question_files(folder: Path) -> list[Path]:
    """The question bank, what people ask of each section, and what the notes do not answer."""
    outside = folder / "unanswered.yaml"
    inside = [path for name in ("questions", "asked") for path in sorted((folder / name).glob("*.yaml"))]
    return [*inside, *([outside] if outside.exists() else [])]


def question_chunks(folder: Path) -> list[Chunk]:
    """A chunk a wording; `headings` holds the anchors of the sections that answer it, none when nothing does.

    Raises:
        ContentError: a file does not fit its schema.
    """
    return list({chunk.id: chunk for path in question_files(folder) for chunk in _chunks_of(path)}.values())


def _chunks_of(path: Path) -> Iterator[Chunk]:
    if path.parent.name == "questions":
        for question in parse_yaml(path, tuple[Question, ...]):
            for text in (question.question, question.answer_30s):
                yield _chunk(question.id, question.topic, question.notes, text)
    elif path.parent.name == "asked":
        for asked in parse_yaml(path, tuple[Asked, ...]):
            for text in asked.texts:
                yield _chunk(ASKED, asked.topic, (asked.section,), text)
    else:
        for area in parse_yaml(path, tuple[Unanswered, ...]):
            for text in area.questions:
                yield _chunk(UNANSWERED, None, (), text)


def _chunk(document: str, topic: int | None, anchors: Sequence[str], text: str) -> Chunk:
    return Chunk(content_id(document, *anchors, text), document, "question", topic, tuple(anchors), text, 0)
