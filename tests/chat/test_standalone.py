import pytest

from chat.intents import classify, comparison_sides
from chat.standalone import standalone_question
from core.content import GlossaryTerm
from core.models import get_chat_model
from core.settings import Settings
from core.types import Retrieval, Turn
from tests.fake_endpoint import Handler

NAMES = ("HNSW", "IVF", "DiskANN", "product quantization", "BM25", "RAG", "chain of thought prompting", "IVF-PQ", "LoRA", "QLoRA", "benchmark", "query expansion")
# the glossary has the names of the field; what else a message says counts as content words
GLOSSARY = tuple(GlossaryTerm(term=name, definition="d", topics=(1,)) for name in NAMES)


def ask(*turns: str) -> str:
    """The standalone form of the last of the turns; one that starts with `A:` is the assistant's, and a user's that starts with "and" leans
    on the one before."""

    class Decided:
        def probability_of(self, message: str, _: object) -> float:
            return float(message == turns[-1] or message.startswith("and "))

    history = [Turn("assistant", t[2:].strip()) if t.startswith("A:") else Turn("user", t) for t in turns[:-1]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chat.standalone.load_leaning", Decided)
        return standalone_question(history, turns[-1], GLOSSARY, glance=lambda text: Retrieval(text, (), 0.5))


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        (("What is HNSW?", "and how does it differ from IVF?"), "How does HNSW differ from IVF?"),
        (("Compare HNSW and IVF", "and when would you use the second one?"), "When would you use IVF?"),
        (("Compare HNSW and IVF", "What is DiskANN?", "and how does it differ from the second one?"), "How does DiskANN differ from IVF?"),
        (("Compare HNSW and IVF", "is the former faster?"), "Is HNSW faster?"),
        (("Compare HNSW and IVF", "is the second stage slow?"), "Compare HNSW and IVF: is the second stage slow?"),
        (("What is product quantization?", "what are its drawbacks?"), "What are product quantization's drawbacks?"),
        (("How much memory does HNSW use?", "what about IVF-PQ?"), "How much memory does IVF-PQ use?"),
        (("What is chain of thought prompting?", "pitfalls?"), "What is chain of thought prompting: pitfalls?"),
        (("How do LoRA and QLoRA work?", "which of them needs less memory?"), "Which of LoRA and QLoRA needs less memory?"),
        (("How does attention work?", "why?"), "How does attention work: why?"),
        (("How does attention work?", "eli5"), "How does attention work: eli5"),
        (("How does attention work?", "Shorter please"), "How does attention work: shorter"),
        (("What is LoRA?", "how much memory does that take for an 8b model?"), "How much memory does LoRA take for an 8b model?"),
        (("How to filter?", "A: There are three: pre-filtering, post-filtering and in-filtering.", "and the third?"), "In-filtering (filter)?"),
        (("HNSW vs IVF", "give me an example of each"), "Give me an example of HNSW and IVF"),
        (("Which prompts exist?", "A: - **Zero-shot**: a\n- **One-shot**: b", "explain the second one"), "Explain One-shot (prompts exist)?"),
        (("How do I split a legal contract?", "what about the tables in it"), "What about the tables in it (split a legal contract)?"),
        (("HNSW vs IVF", "can you show me with numbers"), "HNSW vs IVF: can you show me with numbers"),
        (("What is late chunking?", "vs contextual retrieval?"), "What is late chunking: vs contextual retrieval?"),
        (("What is LoRA?", "A: An adapter.", "how would i even notice"), "What is LoRA: how would i even notice"),
        (("What is LoRA?", "do i still need benchmark data for that"), "Do i still need benchmark data for LoRA"),
        (("What is LoRA?", "is it hard to train"), "What is LoRA: is it hard to train"),
        (("BM25?", "ok and query expansion, why not just that then"), "BM25: query expansion, why not just that then"),
        (("Why use BM25?", "and query-expansion?"), "Why use query-expansion?"),
        (("first stage recall?", "and speed?", "is the second one worth it"), "Is speed worth it (first stage recall)?"),
        (("What is LoRA?", "Does HNSW need a training set?", "is it fast"), "Is it fast (HNSW need a training set)?"),
        (("How does BM25 weigh terms?", "what is LoRA", "and the downside?"), "what is LoRA: the downside?"),
        (("What can fail?", "A: - Provider outages\n- Silent drift of quality", "how do i catch the last one"), "How do i catch Silent drift of quality"),
        (("Which indexes exist?", "A: - HNSW: a graph\n- IVF: cells\n- DiskANN: on disk", "difference between the first two?"), "Difference between HNSW and IVF (indexes exist)?"),
        (("How do I adapt a model?", "A: - RAG: fetch\n- LoRA: train", "which one is better if docs change weekly"), "Which one is better if docs change weekly (RAG vs LoRA)?"),
        (("How does query expansion work?", "no, i meant with an llm"), "How does query expansion work: with an llm"),
        (("What is red teaming?", "yes for agents, i meant that"), "What is red teaming: for agents"),
        (("How do I build document search?", "what changes if nothing may leave the network"), "How do I build document search: what changes if nothing may leave the network"),
        (
            ("What is MCP?", "A: A protocol between agents and tools.", "How does BM25 weigh terms?", "A: By rarity.", "ok back to the protocol, why not plain functions?"),
            "What is MCP: the protocol, why not plain functions?",
        ),
        *(
            (
                ("What is MCP?", "A: A protocol between agents and tools.", aside, "A: - Where is IVF used? [1]\n- What is LoRA? [2]", "How does BM25 weigh terms?", "A: By rarity.",
                 "ok back to the protocol, why not plain functions?"),
                "What is MCP: the protocol, why not plain functions?",
            )
            for aside in ("thanks!", "quiz me")
        ),
        (("Is RAG slow?", "and HNSW?", "going back to the first thing you said. how slow"), "Is RAG slow: the first thing, how slow"),
        (("Is RAG slow?", "What is LoRA?", "returning to rag, how slow is that?"), "Is RAG slow: rag, how slow is that?"),
        (("Is RAG slow?", "can an agent roll back to a checkpoint, and how?"), "Is RAG slow: can an agent roll back to a checkpoint, and how?"),
        (("what is perplexity", "can i use gpt-4 as a judge", "how do i reduce its bias"), "How do i reduce its bias (gpt-4 as a judge)?"),
    ],
)
def test_references_are_resolved(turns: tuple[str, ...], standalone: str) -> None:
    assert ask(*turns) == standalone


@pytest.mark.parametrize(
    "question",
    ["What is BM25?", "Is there a technique that reduces latency in RAG?", "what does it mean when a benchmark is contaminated",
     "why does RAG fail when the index is stale and how would you fix it", "is it bad if two annotators disagree a lot about the same answer",
     "what makes it hard to choose M for HNSW", "my model repeats every claim of the user, what do i do about it",
     "and what is the difference between BM25 and RAG", "pitfalls?"],
)
def test_no_rule_completes_what_refers_to_nothing(question: str) -> None:
    """Without `glance` the rules decide alone."""
    assert standalone_question([Turn("user", "What is LoRA?"), Turn("assistant", "An adapter.")], question, GLOSSARY) == question


def test_a_long_message_is_not_cut() -> None:
    scenario = "Our support bot answers from four thousand manuals and the answers are often stale. " * 9 + "How do I keep the index fresh?"
    assert ask("What is RAG?", scenario).endswith("How do I keep the index fresh?")


def test_the_first_turn_is_only_tidied() -> None:
    assert ask("  what   is it? ") == "what is it?"


def test_a_model_rewrites_and_its_failure_leaves_the_rules(endpoint: str) -> None:
    history = [Turn("user", "What is HNSW?")]
    good = get_chat_model(Settings(base_url=endpoint, model="rewriter"))
    assert standalone_question(history, "and how does it differ from IVF?", GLOSSARY, good) == "How does HNSW differ from IVF?"
    assert "What is HNSW?" in Handler.requests[-1]["body"]["messages"][0]["content"]
    broken = get_chat_model(Settings(base_url=endpoint, model="failing"))
    assert standalone_question(history, "what are its limits?", GLOSSARY, broken) == "What are HNSW's limits?"


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("What is the difference between HNSW and IVF?", ["HNSW", "IVF"]),
        ("zero-shot vs few-shot", ["zero-shot", "few-shot"]),
        ("Explain the difference between zero-shot, one-shot, and few-shot prompting", ["zero-shot", "one-shot", "few-shot"]),
        ("How does DPO differ from RLHF?", ["DPO", "RLHF"]),
        ("Compare and contrast vector search and keyword search", ["vector search", "keyword search"]),
        ("What are the tradeoffs between different chunking strategies?", []),
        ("What is HNSW?", []),
    ],
)
def test_comparisons_name_their_sides(question: str, sides: list[str]) -> None:
    assert comparison_sides(question) == sides


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("what is hnsw", "definition"), ("HNSW", "definition"), ("How does RoPE work?", "how"), ("Why normalise vectors?", "why"),
        ("How much memory does a KV cache take?", "calculation"), ("Explain the tradeoffs in vector quantization", "trade_off"),
        ("Design a content moderation system using LLMs", "design"), ("HNSW vs IVF", "comparison"), ("What are the types of memory?", "list"),
        ("How would you explain RAG?", "definition"), ("How do you explain why attention is quadratic?", "how"),
        ("What is wrong with BLEU?", "trade_off"), ("When would you not use chain of thought?", "trade_off"),
        ("What are the failure modes of re-ranking?", "failure"), ("debugging HNSW recall", "failure"), ("How do agents fail?", "failure"),
    ],
)
def test_intents(question: str, intent: str) -> None:
    assert classify(question) == intent
