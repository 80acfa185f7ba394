"""A quiz: questions from the bank or generated ones that passed the gate, and the exact grading of choices."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, get_args

from core.content import GlossaryTerm, Question, QuestionKind, load_glossary
from core.errors import EndpointError
from practice.bank import NoQuestionsError, choose_questions, fits
from practice.generate import Section, generate_questions, sections_of
from practice.quality import Gate, GateReport, Index
from practice.types import Criterion, Format, FoundMisconception, Grade, PracticeQuestion

if TYPE_CHECKING:
    from core.models import ChatModel

KINDS: tuple[str, ...] = get_args(QuestionKind)
MAX_PASSAGES = 12  # that a model is asked about for one quiz
FORMATS: tuple[str, ...] = get_args(Format)


@dataclass(frozen=True)
class Quiz:
    """Questions in order. `report` counts what the gate dropped; `notice` says in a sentence what the learner should know."""

    questions: tuple[PracticeQuestion, ...]
    report: GateReport = field(default_factory=GateReport)
    notice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy."""
        report = {"offered": self.report.offered, "kept": self.report.kept, "dropped": dict(self.report.dropped)}
        return {"questions": [question.to_dict() for question in self.questions], "report": report, "notice": self.notice}


def build_quiz(
    retriever: Index | None, bank: Sequence[Question], *, topic: int | None = None, count: int = 10, level: str | None = None,
    kind: str | None = None, generated: bool = False, seen: Collection[str] = (), seen_texts: Sequence[str] = (),
    model: ChatModel | None = None, seed: int = 0, document: str | None = None, glossary: Sequence[GlossaryTerm] | None = None,
) -> Quiz:
    """A quiz of up to `count` questions.

    `kind` is a kind of question (concept, compare, …) or a format (open, multiple_choice, true_false). `generated` asks for
    questions made from the notes, or from the upload `document`; with a `model` it writes them, and structure fills what is
    missing. `seen` are ids not to ask again, `seen_texts` questions not to ask in other words. The same seed gives the same quiz.

    Raises:
        NoQuestionsError: nothing fits the filters.
        ValueError: generated questions need a retriever; the bank does not.
    """
    form = kind if kind in FORMATS else None
    kind = None if form else kind
    if not generated and document is None:
        if form not in (None, "open"):
            raise NoQuestionsError("The bank holds open questions only.", help="Ask for generated questions instead.")
        chosen = choose_questions(bank, count, topic=topic, level=level, kind=kind, seen=seen, seed=seed)
        return Quiz(tuple(chosen), notice=_shortage(len(chosen), count))
    if retriever is None:
        raise ValueError("generated questions need a retriever")
    terms = load_glossary() if glossary is None else glossary
    sections = sections_of(retriever.chunks, topic, document, terms)
    if not sections:
        raise NoQuestionsError(f"There are no notes on {document or f'topic {topic}'}.", help="Choose another one.")
    gate = Gate(retriever, [q for q in bank if topic in (None, q.topic)], seen_texts)
    notices: list[str] = []
    questions: list[PracticeQuestion] = []
    written = _written(sections, model, gate.report, notices, random.Random(seed)) if model else iter(())  # noqa: S311
    for question in chain(written, interleave(generate_questions(sections, bank), seed)):
        wanted = fits(question, None, level, kind) and form in (None, question.format) and question.id not in seen
        if wanted and gate.accept(question):
            questions.append(question)
        if len(questions) == count:
            break
    if not questions:
        raise _nothing_generated(level, kind or form)
    return Quiz(tuple(questions), gate.report, " ".join(filter(None, [*notices, _shortage(len(questions), count)])))


def _written(
    sections: Sequence[Section], model: ChatModel, report: GateReport, notices: list[str], rng: random.Random
) -> Iterator[PracticeQuestion]:
    """Questions written by the model, passage by passage; a failing endpoint ends them with one sentence in `notices`."""
    from practice.generate.model import passages_of, write_questions

    passages = passages_of(sections)
    for section, part in rng.sample(passages, min(len(passages), MAX_PASSAGES)):
        try:
            batch = write_questions(model, section, part)
        except EndpointError as error:
            notices.append(f"{error.explain()} The other questions are made from the structure of your notes.")
            return
        report.offered += batch.dropped
        report.dropped["unusable reply of the model"] += batch.dropped
        yield from batch.questions


def interleave(by_builder: dict[str, list[PracticeQuestion]], seed: int) -> Iterator[PracticeQuestion]:
    """Questions of all builders in turn, each builder's own in an order set by the seed."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable order, not a secret
    queues = [rng.sample(questions, len(questions)) for questions in by_builder.values() if questions]
    rng.shuffle(queues)
    while queues:
        for queue in queues:
            yield queue.pop()
        queues = [queue for queue in queues if queue]


def _shortage(found: int, count: int) -> str:
    return f"Only {found} of {count} questions fit." if found < count else ""


def _nothing_generated(level: str | None, kind: str | None) -> NoQuestionsError:
    named = ", ".join(f"{name} {value}" for name, value in (("level", level), ("kind", kind)) if value)
    if not named:
        return NoQuestionsError("The notes gave no question that you have not seen.", help="Choose another topic, or the bank.")
    return NoQuestionsError(f"No generated question fits {named}.", help=f"Leave out {named}, or choose another topic.")


def grade_choice(question: PracticeQuestion, choice: int | str) -> Grade:
    """Grade multiple choice or true/false exactly. `choice` is an index, a letter (`B`) or an option's text.

    Raises:
        ValueError: the question is open, or the choice is none of its options.
    """
    picked = _choice_index(question, choice)
    right = picked == question.correct
    criteria = tuple(
        Criterion(
            point.text, point.weight, point.required, "met" if right else "missed", question.options[picked] if right else "",
            point.text, question.notes[0] if question.notes else "",
        )
        for point in question.key_points
    )
    found = () if right else tuple(
        FoundMisconception(m.wrong, m.correction, question.options[picked]) for m in question.misconceptions
    )
    return Grade(question.id, float(right), criteria, found, "good" if right else "again", engine="exact")


def _choice_index(question: PracticeQuestion, choice: int | str) -> int:
    if question.format == "open" or question.correct is None:
        raise ValueError("an open question has no options to choose from")
    if isinstance(choice, int):
        index = choice
    else:
        text = choice.strip().casefold()
        options = [option.casefold() for option in question.options]
        letters = [chr(ord("a") + i) for i in range(len(options))]
        index = options.index(text) if text in options else letters.index(text) if text in letters else -1
    if not 0 <= index < len(question.options):
        raise ValueError(f"{choice!r} is none of the {len(question.options)} options")
    return index


def option_letter(index: int) -> str:
    """The letter of an option, from A."""
    return chr(ord("A") + index)


