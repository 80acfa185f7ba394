"""Questions made from a passage: by structure (no model), or by a chat model whose output is verified in code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from core.content import Question
from practice.generate.definitions import definition_questions, definitions_in, term_questions
from practice.generate.numbers import number_questions
from practice.generate.outlines import outline_questions
from practice.generate.reasons import condition_questions, reason_questions
from practice.generate.sections import Draft, Section, sections_of
from practice.generate.statements import bank_statements, sentence_statements, table_statements
from practice.generate.tables import column_questions, row_questions
from practice.types import PracticeQuestion

Builder = Callable[[Section], Iterator[Draft]]


def builders(sections: Sequence[Section], bank: Sequence[Question] = ()) -> Mapping[str, Builder]:
    """The builders by name. Terms that `sections` define are one another's distractors; `bank` gives known misconceptions."""
    known = definitions_in(sections)
    return {
        "reason": reason_questions, "row": row_questions, "bank statement": partial(bank_statements, bank=bank),
        "number": number_questions, "condition": condition_questions, "column": column_questions,
        "statement": sentence_statements,
        "term": partial(term_questions, known=known), "outline": outline_questions, "definition": definition_questions,
        "table statement": table_statements,
    }


def generate_questions(sections: Sequence[Section], bank: Sequence[Question] = ()) -> dict[str, list[PracticeQuestion]]:
    """All questions that the structure of the sections gives, by builder; nothing is checked yet (`practice.quality`).

    The same sections give the same questions with the same ids.
    """
    return {
        name: [draft.to_question() for section in sections for draft in build(section)]
        for name, build in builders(sections, bank).items()
    }


__all__ = ["Builder", "Section", "builders", "generate_questions", "sections_of"]
