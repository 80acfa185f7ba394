"""The roadmap's own questions and subtopics, asked over the shipped knowledge."""

from __future__ import annotations

import pytest

from chat.answering import Assistant
from core.content import load_glossary, load_questions, load_roadmap
from core.settings import Settings
from retrieval.retriever import get_retriever
from tests.conftest import shared_encoder

TOPICS = load_roadmap().topics
QUESTIONS = [(topic.number, question) for topic in TOPICS for question in topic.questions]
SUBTOPICS = [(topic.number, subtopic.name) for topic in TOPICS for subtopic in topic.subtopics]
SHARED = {name for _, name in SUBTOPICS if sum(name == other for _, other in SUBTOPICS) > 1}


@pytest.fixture(scope="module")
def assistant(shipped: Settings) -> Assistant:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("retrieval.retriever.get_query_encoder", lambda _: shared_encoder())
        return Assistant(get_retriever(shipped), load_questions(), load_glossary())


@pytest.mark.parametrize(("topic", "question"), QUESTIONS)
def test_a_roadmap_question_is_answered_from_its_topic(assistant: Assistant, topic: int, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.verdict == "answered"
    assert answer.sources[0].topic == topic
    assert all(source.quote in source.text for source in answer.sources)
    assert answer.follow_ups


@pytest.mark.parametrize(("topic", "name"), SUBTOPICS)
def test_a_subtopic_is_answered_from_its_section(assistant: Assistant, topic: int, name: str) -> None:
    answer = assistant.answer(name)
    assert answer.verdict != "not_covered"
    assert answer.sources[0].topic == topic or name in SHARED
    assert any(source.heading.split(" > ")[0] == name for source in answer.sources)


def test_sourdough_is_not_in_the_notes(assistant: Assistant) -> None:
    assert assistant.answer("How do I proof sourdough?").verdict == "not_covered"
