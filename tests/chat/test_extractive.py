from pathlib import Path

import pytest

from chat.answering import Assistant
from chat.spans import pick_span
from core.content import load_glossary
from core.settings import Settings
from core.types import Chunk
from ingest.pipeline import ingest
from retrieval.retriever import Retriever, get_retriever

POLICY = """# Travel policy

## Hotels

The cap for a hotel night in Zurich is 210 francs; breakfast is not part of it.

## Trains

Take the train below four hours.
"""


@pytest.fixture(scope="module")
def assistant(shipped_retriever: Retriever) -> Assistant:
    return Assistant(shipped_retriever)


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("Why do we divide by sqrt(d_k) in attention?", "Attention mechanisms > Why attention divides by the square root of the key size"),
        ("What is benchmark contamination and how do you detect it?", "Benchmarks > Contamination"),
        ("What makes a good tool description?", "Tool use > Function schemas"),
        ("What is quantization?", "Quantization"),
        ("What is wrong with BLEU?", "Automated metrics > Pitfalls"),
        ("What are the failure modes of LLM as a judge?", "LLM-as-judge > Pitfalls"),
        ("How do multi-agent systems fail?", "Multi-agent collaboration > Why multi-agent systems fail"),
    ],
)
def test_the_passage_that_answers_leads_and_a_definition_where_the_section_is_asked_for(assistant: Assistant, question: str, heading: str) -> None:
    assert assistant.answer(question).sources[0].heading == heading


def test_an_explanation_to_a_newcomer_begins_with_what_it_is(assistant: Assistant) -> None:
    answer = assistant.answer("how would you explain KV cache to a junior and when does it hurt you")
    assert answer.text.startswith("The KV cache stores")


def test_a_term_that_its_passages_only_discuss_is_defined_first(shipped_retriever: Retriever) -> None:
    assistant = Assistant(shipped_retriever, glossary=load_glossary())
    assert assistant.answer("What is HyDE?").sources[0].title == "Glossary"
    assert assistant.answer("What is MCP?").sources[0].heading == "Model Context Protocol and agent interoperability"
    assert assistant.answer("What is self-consistency?").sources[0].heading == "Self-consistency"


def test_a_design_is_read_in_its_own_order(assistant: Assistant) -> None:
    headings = [source.heading for source in assistant.answer("Design a code review assistant").sources]
    parts = [heading.partition(" > ")[2] for heading in headings]
    assert parts[:3] == ["", "Requirements", "Architecture"]


@pytest.mark.parametrize("question", ["What goes wrong when chunks are too small?", "When is semantic chunking not worth the cost?"])
def test_pitfalls_and_tables_do_not_open_an_answer_that_did_not_ask_for_them(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert not answer.sources[0].heading.endswith(("Pitfalls", "Worked example", "Trade-offs"))
    assert not answer.text.startswith("|")


@pytest.mark.parametrize(
    "question",
    ["What are in-batch negatives and why do bigger batches help?", "What is knowledge distillation and why train on soft labels?", "What is ColBERT and what is late interaction?"],
)
def test_the_parts_of_a_message_do_not_quote_the_same_twice(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    quotes = [source.quote for source in answer.sources]
    assert len(quotes) > 1
    assert not [(a, b) for a in quotes for b in quotes if a is not b and a in b]
    assert all(answer.text.count(quote) == 1 for quote in quotes)


def test_a_short_passage_of_an_own_document_is_not_filled_up_with_the_notes(settings: Settings, tmp_path: Path) -> None:
    policy = tmp_path / "policy.md"
    policy.write_text(POLICY)
    ingest(settings, [policy])
    answer = Assistant(get_retriever(settings)).answer("What is the cap for a hotel night in Zurich?")
    assert answer.sources[0].quote == "The cap for a hotel night in Zurich is 210 francs; breakfast is not part of it."
    assert {source.document for source in answer.sources} == {str(policy)}


def test_a_quote_does_not_end_with_a_sentence_that_announces_what_follows() -> None:
    text = "HNSW searches a graph greedily. HNSW has three parameters. " + "The first is the number of links, which raises recall and memory. " * 3
    chunk = Chunk("1", "a.md", "A", 1, ("Indexes",), text.strip(), 0)
    span = pick_span("How does HNSW search?", "how", chunk, 12)
    assert span is not None
    assert span.quote == "HNSW searches a graph greedily."
