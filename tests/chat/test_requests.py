import pytest

from chat.answering import Assistant
from chat.requests import GREETING, HELP, THANKS, courtesy, question_request
from core.content import load_questions
from core.settings import load_settings
from core.types import Turn
from ingest.questions import question_chunks
from retrieval.retriever import Retriever


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ("hi", GREETING), ("Hello there!", GREETING), ("hey, how's it going?", GREETING), ("good morning :)", GREETING),
        ("thanks!", THANKS), ("ok great, that helps a lot", THANKS), ("got it", THANKS), ("ok thats all for today, bye", THANKS),
        ("help", HELP), ("what can you do?", HELP), ("who are you", HELP), ("im new here, where do i start", HELP),
        ("ok but why does that hurt recall", ""), ("hi, what is lora", ""), ("help me understand self attention", ""), ("", ""),
        ("what can you do to reduce latency in llm inference", ""), ("good night's sleep of a model?", ""), ("why?", ""),
    ],
)
def test_courtesies_are_told_from_questions(message: str, reply: str) -> None:
    assert courtesy(message) == reply


@pytest.mark.parametrize(
    ("message", "subject", "count"),
    [
        ("quiz me on RAG", "RAG", 5), ("quiz me", "", 5), ("test me on that", "", 5), ("give me 3 hard questions about LoRA please", "LoRA", 3),
        ("can i get some practice qs for vector dbs pls", "vector dbs", 5), ("what would an interviewer ask about agents?", "agents", 5),
        ("what interview questions are asked about quantization", "quantization", 5), ("a couple of questions on query rewriting", "query rewriting", 2),
        ("hi! can you quiz me on transformers?", "transformers", 5), ("rlhf interview questions", "rlhf", 5), ("next question", "", 1),
        ("top 20 interview questions for vector databases", "vector databases", 10), ("ask me about jailbreaks", "jailbreaks", 5),
    ],
)
def test_a_wish_for_questions_is_read(message: str, subject: str, count: int) -> None:
    request = question_request(message)
    assert request is not None
    assert (request.subject, request.count) == (subject, count)


@pytest.mark.parametrize(
    "message",
    ["how do I test a prompt", "what questions should I ask stakeholders before designing a RAG system", "give me an example of a jailbreak",
     "how does query expansion generate several questions", "give me three ways to reduce hallucinations", "what are multi-hop questions",
     "i have two questions about hnsw: what is M and what is ef", "how should I answer an interview question on system design",
     "which questions does the roadmap list for topic 3?", "can an llm generate quiz questions from a document", "what does MMLU test"],
)
def test_a_question_is_not_taken_for_a_wish_to_be_asked(message: str) -> None:
    assert question_request(message) is None


def test_what_people_ask_is_hardly_ever_taken_for_anything_else() -> None:
    texts = [chunk.text for chunk in question_chunks(load_settings().knowledge_dir)]
    taken = [text for text in texts if courtesy(text) or question_request(text)]
    assert len(taken) < len(texts) / 2000


@pytest.fixture(scope="module")
def assistant(shipped_retriever: Retriever) -> Assistant:
    return Assistant(shipped_retriever, load_questions())


def test_questions_are_offered_with_the_passages_that_answer_them(assistant: Assistant) -> None:
    answer = assistant.answer("give me three questions about HNSW")
    bank = {question.question for question in load_questions()}
    offered = [line.split(". ", 1)[1].rsplit(" [", 1)[0] for line in answer.text.splitlines() if line[:1].isdigit() and ". " in line[:4]]
    assert len(offered) == 3
    assert set(offered) | set(answer.follow_ups) <= bank
    assert all("HNSW" in question or "index" in question for question in offered)
    assert {source.topic for source in answer.sources} == {5}
    assert all(source.quote in source.text for source in answer.sources)
    assert (answer.verdict, answer.engine) == ("answered", "none")


def test_asking_again_brings_others_and_the_conversation_gives_the_subject(assistant: Assistant) -> None:
    history = [Turn("user", "What is LoRA?"), Turn("assistant", "An adapter.")]
    first = assistant.answer("quiz me on it", history)
    assert "LoRA" in first.text
    second = assistant.answer("five more questions", [*history, Turn("user", "quiz me on it"), Turn("assistant", first.text)])
    lines = [{line for line in answer.text.splitlines() if line[:2] in {"1.", "2."}} for answer in (first, second)]
    assert lines[0]
    assert lines[1]
    assert not {line[3:40] for line in lines[0]} & {line[3:40] for line in lines[1]}


def test_without_a_subject_each_question_is_of_another_topic(assistant: Assistant) -> None:
    assert [source.topic for source in assistant.answer("quiz me").sources] == [1, 2, 3, 4, 5]


def test_no_questions_on_what_the_notes_do_not_hold(assistant: Assistant) -> None:
    answer = assistant.answer("quiz me on gardening")
    assert (answer.verdict, answer.sources) == ("not_covered", ())


def test_a_courtesy_searches_nothing_and_does_not_change_the_subject(assistant: Assistant) -> None:
    thanks = assistant.answer("thanks!", [Turn("user", "What is LoRA?"), Turn("assistant", "An adapter.")])
    assert (thanks.text, thanks.engine, thanks.trace) == (THANKS, "none", ())
    history = [Turn("user", "What is LoRA?"), Turn("assistant", "An adapter."), Turn("user", "thanks!"), Turn("assistant", THANKS)]
    assert "LoRA" in assistant.answer("what are its pitfalls", history).standalone_question


def test_an_offered_question_can_be_pointed_at(assistant: Assistant) -> None:
    offer = assistant.answer("give me two questions about HNSW")
    second = next(line[3:] for line in offer.text.splitlines() if line.startswith("2. ")).rsplit(" [", 1)[0]
    answer = assistant.answer("answer the second one", [Turn("user", "give me two questions about HNSW"), Turn("assistant", offer.text)])
    assert second.rstrip("?. ") in answer.standalone_question


@pytest.mark.parametrize(
    ("message", "levels"),
    [
        ("give me five hard questions about LoRA", ("advanced", "expert")), ("ask me some easy ones on RAG", ("beginner",)),
        ("give me intermediate questions on chunking", ("intermediate",)), ("quiz me on advanced RAG", ()), ("quiz me", ()),
    ],
)
def test_a_wish_for_a_level_is_read(message: str, levels: tuple[str, ...]) -> None:
    request = question_request(message)
    assert request is not None
    assert request.levels == levels
