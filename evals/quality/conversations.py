"""Are follow-up questions understood? A follow-up must find what its standalone form finds."""

from __future__ import annotations

from collections.abc import Sequence

from chat.answering import SEARCH_DEPTH
from chat.standalone import standalone_question
from core.content import GlossaryTerm
from core.types import Turn
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
        resolved = standalone_question(turns_of(case), case.question, glossary)
        found = retriever.retrieve(resolved, SEARCH_DEPTH, None).hits
        both = bool(wanted and found)
        same_section.append(both and section_anchor(wanted[0].chunk) == section_anchor(found[0].chunk))
        same_topic.append(both and wanted[0].chunk.topic == found[0].chunk.topic)
        right_topic.append(both and found[0].chunk.topic == case.topic)
    return {
        "same top section as the standalone form": mean_figure(same_section),
        "same topic as the standalone form": mean_figure(same_topic),
        "labelled topic first": mean_figure(right_topic),
    }
