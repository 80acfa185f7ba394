"""The question bank as chunks to embed: a question close to the learner's points at the sections that answer it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.content import Question, parse_yaml
from core.types import Chunk


def question_chunks(folder: Path) -> list[Chunk]:
    """Two chunks a question, its text and its short answer; `headings` holds the anchors of the sections it rests on.

    Raises:
        ContentError: a file of the bank does not fit its schema.
    """
    chunks = []
    for path in sorted((folder / "questions").glob("*.yaml")):
        for question in parse_yaml(path, tuple[Question, ...]):
            for position, text in enumerate((question.question, question.answer_30s)):
                key = "\x00".join((question.id, *question.notes, text))
                id_ = hashlib.sha256(key.encode()).hexdigest()[:24]
                chunks.append(Chunk(id_, question.id, "question", question.topic, question.notes, text, position))
    return chunks
