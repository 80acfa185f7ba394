"""Messages that lead from the section of the question before them to another one, over the shipped notes."""

import pytest

from chat.answering import Assistant
from core.content import load_glossary
from core.types import Turn
from retrieval.retriever import Retriever


@pytest.fixture(scope="module")
def assistant(shipped_retriever: Retriever) -> Assistant:
    return Assistant(shipped_retriever, glossary=load_glossary())


@pytest.mark.parametrize(
    ("question", "message", "section"),
    [
        ("How should I chunk a contract?", "what about python files?", "Structure-aware chunking"),
        ("How should I chunk a contract?", "and for python files?", "Structure-aware chunking"),
        ("Explain LoRA", "and if I quantize the base model to 4 bits on a 24 GB card?", "Parameter efficiency"),
        ("How should I chunk a contract?", "who won the world cup", ""),
        ("How should I chunk a contract?", "what about my landlord?", ""),
        ("Explain LoRA", "and the laundry?", ""),
        ("Explain LoRA", "and vulcanoes?", ""),
        ("Explain LoRA", "and the drawbacks?", "Parameter-efficient fine-tuning"),
    ],
)
def test_a_message_finds_its_own_section_or_none(assistant: Assistant, question: str, message: str, section: str) -> None:
    answer = assistant.answer(message, [Turn("user", question), Turn("assistant", "Like this.")])
    assert [source.heading.split(" > ")[0] for source in answer.sources[:1]] == ([section] if section else [])


@pytest.mark.parametrize(("text", "unheard"), [("and the laundry on Everest?", 2), ("what are the drawbacks?", 0), ("How does HNSW work?", 0)])
def test_words_that_neither_notes_nor_questions_hold_are_counted(shipped_retriever: Retriever, text: str, unheard: int) -> None:
    assert shipped_retriever.retrieve(text).features["unheard"] == unheard
