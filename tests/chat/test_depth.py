
import pytest

from chat.answering import Assistant
from chat.intents import split_depth
from core.types import Turn
from retrieval.retriever import Retriever


@pytest.fixture(scope="module")
def assistant(shipped_retriever: Retriever) -> Assistant:
    return Assistant(shipped_retriever)


@pytest.mark.parametrize(
    ("question", "subject", "depth"),
    [
        ("What is HNSW: explain it simpler: go deeper", "What is HNSW", "deep"),
        ("in 30 seconds: what is DPO", "what is DPO", "short"),
        ("What does MoE simply mean?", "What does MoE simply mean?", "normal"),
        ("go deeper", "go deeper", "normal"),
        ("What is HNSW: shorter please", "What is HNSW", "short"),
        ("How would you explain RAG to a non-technical stakeholder?", "How would you explain RAG", "simple"),
        ("Explain attention to a product manager", "Explain attention", "simple"),
        ("How is data sold to a customer?", "How is data sold to a customer?", "normal"),
        ("explain embeddings in plain English", "explain embeddings", "simple"),
        ("How do I make prompts shorter?", "How do I make prompts shorter?", "normal"),
    ],
)
def test_a_wish_for_another_depth_is_told_from_the_question(question: str, subject: str, depth: str) -> None:
    assert split_depth(question) == (subject, depth)


def test_shorter_and_deeper_answers_are_shorter_and_longer_and_on_the_same_section(assistant: Assistant) -> None:
    asked = "How does HNSW find nearest neighbors?"
    history = [Turn("user", asked), Turn("assistant", "HNSW is a graph.")]
    normal, short, deep = assistant.answer(asked), assistant.answer("In 30 seconds", history), assistant.answer("Go deeper", history)
    words = {name: len(answer.text.split()) for name, answer in (("normal", normal), ("short", short), ("deep", deep))}
    assert words["short"] <= 110 < words["normal"]
    assert words["normal"] < words["deep"]
    assert normal.sources[0].topic == short.sources[0].topic == deep.sources[0].topic == 5


def test_a_simpler_answer_has_no_code_and_no_formula_block(assistant: Assistant) -> None:
    simple = assistant.answer("How does HNSW find nearest neighbors: explain it simpler")
    assert simple.sources
    assert "```" not in simple.text
    assert "$$" not in simple.text
