import pytest

from chat.answering import Assistant
from chat.citations import cited_numbers
from chat.definitions import Definitions
from core.content import KNOWLEDGE_DIR, GlossaryTerm, load_glossary
from core.settings import Settings
from ingest.pipeline import ingest
from retrieval.retriever import get_retriever
from tests.chat.test_answering import model

GLOSSARY = (
    GlossaryTerm(term="Stop sequence", aliases=("stop string",), definition="A string at which generation ends.", topics=(1,)),
    GlossaryTerm(term="Hierarchical navigable small world", acronym="HNSW", definition="A layered graph index.", topics=(5,)),
    GlossaryTerm(term="Mean average precision", acronym="MAP", definition="The mean of average precision over queries.", topics=(6,)),
)


@pytest.fixture
def assistant(settings: Settings) -> Assistant:
    ingest(settings)
    return Assistant(get_retriever(settings), glossary=GLOSSARY)


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What is a stop sequence?", "Stop sequence"),
        ("what are stop sequences", "Stop sequence"),
        ("Define stop-string", "Stop sequence"),
        ("what does HNSW stand for?", "Hierarchical navigable small world"),
        ("hnsw", "Hierarchical navigable small world"),
    ],
)
def test_a_question_about_a_term_finds_its_line(question: str, term: str) -> None:
    found = Definitions(GLOSSARY).about(question)
    assert found
    assert found.passage.headings == (term,)


@pytest.mark.parametrize("question", ["", "What is it?", "Which stop sequence should I choose for JSON?", "HNSW vs IVF", "stops"])
def test_a_question_about_more_than_a_term_finds_none(question: str) -> None:
    assert Definitions(GLOSSARY).about(question) is None


def test_an_acronym_that_is_also_a_word_counts_as_it_is_written() -> None:
    found = Definitions(GLOSSARY).about("what is MAP")
    assert found
    assert found.named_in("MAP over 50 queries")
    assert not found.named_in("Mapping values")
    assert Definitions(GLOSSARY).about("what is a map") is None


def test_a_term_that_no_passage_explains_is_answered_by_the_glossary(assistant: Assistant) -> None:
    answer = assistant.answer("What is a stop sequence?")
    assert answer.verdict == "answered"
    assert answer.text == "Stop sequence: A string at which generation ends. [1]"
    (source,) = answer.sources
    assert (source.title, source.heading, source.topic) == ("Glossary", "Stop sequence", 1)
    assert source.quote in source.text
    assert source.chunk_id in {passage.id for passage in assistant.definitions.passages}


def test_how_a_term_works_is_only_partly_answered_by_its_line(assistant: Assistant) -> None:
    answer = assistant.answer("How does a stop sequence work?")
    assert answer.verdict == "partial"
    assert "A string at which generation ends." in answer.text


def test_a_section_about_the_term_needs_no_line_before_it(assistant: Assistant) -> None:
    answer = assistant.answer("What is HNSW?")
    assert answer.sources[0].title != "Glossary"
    assert set(cited_numbers(answer.text)) == {source.n for source in answer.sources}


def test_a_chat_model_is_given_the_line_too(assistant: Assistant, endpoint: str) -> None:
    answer = assistant.with_model(model(endpoint, "ok")).answer("What is a stop sequence?")
    assert answer.verdict in {"answered", "partial"}
    assert answer.sources[0].title == "Glossary"


def test_every_shipped_term_answers_its_own_name() -> None:
    terms = load_glossary(KNOWLEDGE_DIR)
    definitions = Definitions(terms)
    lost = [t.term for t in terms if not (found := definitions.about(f"What is {t.term}?")) or t.definition not in found.passage.text]
    assert not lost
