"""Are follow-up questions understood? A follow-up must find what its standalone form finds; a question on something else, what it finds
on its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from chat.answering import SEARCH_DEPTH, Assistant
from chat.standalone import standalone_question
from core.content import GlossaryTerm
from core.types import Answer, Turn
from evals.cases import Case
from evals.quality.figures import Figures, mean_figure
from retrieval.retriever import Retriever
from retrieval.sections import section_anchor


def turns_of(case: Case) -> list[Turn]:
    """The conversation before a case's question."""
    return [Turn(turn["role"], turn["content"]) for turn in case.data.get("history", ())]


def follow_up_figures(retriever: Retriever, cases: Sequence[Case], glossary: Sequence[GlossaryTerm]) -> Figures:
    """Shares of follow-ups whose first passage is of the section, and of the topic, that the standalone form finds."""
    same_section, same_topic, right_topic = [], [], []
    for case in cases:
        wanted = retriever.retrieve(case.data["standalone"], SEARCH_DEPTH, None).hits
        resolved = standalone_question(turns_of(case), case.question, glossary, glance=retriever.glance)
        found = retriever.retrieve(resolved, SEARCH_DEPTH, None).hits
        both = bool(wanted and found)
        same_section.append(both and section_anchor(wanted[0].chunk) == section_anchor(found[0].chunk))
        same_topic.append(both and wanted[0].chunk.topic == found[0].chunk.topic)
        if case.topic:  # 0 in messages on something else than the field
            right_topic.append(both and found[0].chunk.topic == case.topic)
    return {
        "same top section as the standalone form": mean_figure(same_section),
        "same topic as the standalone form": mean_figure(same_topic),
        "labelled topic first": mean_figure(right_topic),
    }


def switch_figures(assistant: Assistant, earlier: Sequence[Case], inside: Sequence[Case], outside: Sequence[Case]) -> Figures:
    """Questions asked in a conversation on something else: those of the field must find the section that they find on their own, those
    that nothing answers must be refused."""
    alone = cache(assistant.answer)
    amid = _amid(assistant, alone, earlier)

    def first_section(answer: Answer) -> list[str]:
        return [source.heading.split(" > ")[0] for source in answer.sources[:1]]

    same = [first_section(alone(case.question)) == first_section(amid(number, case.question)) for number, case in enumerate(inside)]
    return {
        "on something else: first source as on its own": mean_figure(same),
        **_answered("on what nothing answers", [amid(number, case.question) for number, case in enumerate(outside)]),
    }


def stray_figures(assistant: Assistant, earlier: Sequence[Case], strays: Sequence[Case]) -> Figures:
    """Messages like "what about the weather?" amid questions of the field: they must be refused, though they are worded as follow-ups."""
    amid = _amid(assistant, cache(assistant.answer), earlier)
    return _answered("worded as a follow-up, on another field", [amid(number, case.question) for number, case in enumerate(strays)])


def _amid(assistant: Assistant, alone: Callable[[str], Answer], earlier: Sequence[Case]) -> Callable[[int, str], Answer]:
    """Answers a message after a question and its answer, which `alone` gives; before the i-th message comes the i-th of `earlier`, the last
    one first."""

    def amid(number: int, message: str) -> Answer:
        before = earlier[-1 - number % len(earlier)].question
        return assistant.answer(message, [Turn("user", before), Turn("assistant", alone(before).text)])

    return amid


def _answered(name: str, answers: Sequence[Answer]) -> Figures:
    verdicts = [answer.verdict for answer in answers]
    return {
        f"{name}: answered": mean_figure([v == "answered" for v in verdicts], "lower"),
        f"{name}: answered or partial": mean_figure([v != "not_covered" for v in verdicts], "lower"),
    }
