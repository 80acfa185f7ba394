"""Messages that no rule completes: what the model looks at, and what becomes of them."""

from dataclasses import replace

import pytest

from chat.leaning import FEATURES, LEANS_FROM, leaning_features, load_leaning
from chat.standalone import MAX_STANDALONE_CHARACTERS, standalone_question, unresolved_features
from core.content import GlossaryTerm
from core.types import Chunk, Hit, Retrieval, Turn
from retrieval.logistic import LogisticModel


def found(confidence: float, topic: int | None = None, section: str = "A") -> Retrieval:
    hits = () if topic is None else (Hit(Chunk("1", f"knowledge/notes/{topic}.md", "T", topic, (section,), "text", 0), 1.0),)
    return Retrieval("", hits, confidence, {"best_match": 0.5 + confidence / 2})


ANSWER = "Most models use pre-norm, since it trains more stably than post-norm."
BEFORE = found(0.95, 7)


def features(message: str, alone: Retrieval) -> dict[str, float]:
    return leaning_features(message, ["what's in a transformer block"], ANSWER, alone, BEFORE, refers=False, opens=False)


def test_features_are_shares_lengths_and_flags() -> None:
    seen = features("why more stably in transformer training", found(0.4, 7))
    assert set(seen) == set(FEATURES)
    assert seen["terms"] == 3
    assert seen["words"] == 6
    assert seen["in_answer"] == pytest.approx(2 / 3)  # stably, training
    assert seen["in_questions"] == pytest.approx(1 / 3)  # transformer
    assert seen["new"] == 0
    assert seen["asks"] == 1
    assert (seen["same_topic"], seen["same_section"]) == (1, 1)
    elsewhere = features("why more stably", found(0.4, 3, "A"))
    assert (elsewhere["same_topic"], elsewhere["same_section"]) == (0, 0)


def test_a_message_without_words_has_features() -> None:
    assert features("?!", found(0.0))["terms"] == 0
    assert features("", found(0.0))["asks"] == 0


def test_a_probability_follows_the_weights() -> None:
    model = LogisticModel(-1.0, dict.fromkeys(FEATURES, 0.0) | {"in_answer": 4.0})
    seen = dict.fromkeys(FEATURES, 0.0)
    assert model.probability(seen) == pytest.approx(0.2689, abs=1e-3)
    assert model.probability(seen | {"in_answer": 1.0}) > 0.9


def test_a_word_of_the_answer_leans_and_a_whole_question_on_something_else_does_not() -> None:
    model = load_leaning()
    assert model.probability(features("why more stably", found(0.3, 7))) >= LEANS_FROM
    assert model.probability(features("How does product quantization compress vectors in an index?", found(0.99, 5))) < LEANS_FROM
    assert model.probability(features("what is the capital of France", found(0.05, 3))) < LEANS_FROM


HISTORY = [Turn("user", "what's in a transformer block"), Turn("assistant", ANSWER)]


def test_a_message_that_leans_is_put_behind_the_previous_question() -> None:
    def glance(text: str) -> Retrieval:
        return BEFORE if "transformer block" in text else found(0.3, 7)

    assert standalone_question(HISTORY, "Why would pre-norm train more stably", glance=glance) == (
        "what's in a transformer block: why would pre-norm train more stably"
    )
    assert standalone_question(HISTORY, "So pre-norm models train more stably", glance=glance) == (
        "what's in a transformer block: pre-norm models train more stably"
    )
    assert standalone_question(HISTORY, "BERT trains more stably with pre-norm", glance=glance).endswith(": BERT trains more stably with pre-norm")


def test_the_previous_question_gives_way_to_a_long_message() -> None:
    history = [Turn("user", "our transformer block diverges, " * 20), HISTORY[1]]
    message = "why would pre-norm train more stably than post-norm, " * 3 + "if most models train more stably"
    resolved = standalone_question(history, message, glance=lambda _: found(0.3, 7))
    assert resolved == f"{'our transformer block diverges, ' * 6}our: {message}"
    assert len(resolved) <= MAX_STANDALONE_CHARACTERS


@pytest.mark.parametrize(
    "message",
    ["What is pre-norm?", "???", "谢谢", "👍", "pre-norm models train stably " * 12],
    ids=["a name of the field", "no words", "another script", "a sign", "a long message"],
)
def test_what_cannot_lean_stays_as_it_is(message: str) -> None:
    glossary = [GlossaryTerm(term="pre-norm", definition="Normalisation in front of the layer.", topics=(7,))]
    assert standalone_question(HISTORY, message, glossary, glance=lambda _: found(0.3, 7)) == " ".join(message.split())


def test_a_question_of_the_bank_stays_as_it_is() -> None:
    question = "why does pre-norm train more stably than post-norm"
    known = replace(found(0.9, 7), same_question="q-07-12")
    assert standalone_question(HISTORY, question, glance=lambda _: known) == question


def test_the_subject_stays_after_a_message_that_leans() -> None:
    def glance(text: str) -> Retrieval:
        return BEFORE if "transformer block" in text else found(0.3, 7)

    history = [*HISTORY, Turn("user", "why would pre-norm train more stably"), Turn("assistant", "Gradients reach the first layers.")]
    assert standalone_question(history, "pitfalls?", glance=glance) == "Pitfalls (transformer block)?"


def test_only_what_the_rules_leave_is_looked_at() -> None:
    assert unresolved_features(HISTORY, "how does it scale?", (), lambda _: BEFORE) == {}
    assert unresolved_features(HISTORY, "why would pre-norm train more stably", (), lambda _: BEFORE)["in_answer"] > 0.5
