"""Whether a message leans on its conversation: what the model looks at, and what becomes of the message."""

from dataclasses import replace
from pathlib import Path

import pytest

from chat.leaning import FEATURES, LEANS_FROM, LeaningModel, leaning_features, load_leaning, phrases_of
from chat.standalone import message_features, standalone_question
from core.content import GlossaryTerm
from core.conversation import MAX_STANDALONE_CHARACTERS
from core.types import Retrieval, Turn

ANSWER = "Most models use pre-norm, since it trains more stably than post-norm."
HISTORY = [Turn("user", "what's in a transformer block"), Turn("assistant", ANSWER)]


def found(best_match: float, agreement: float = 0.5, nowhere: float = 0.0) -> Retrieval:
    return Retrieval("", (), 0.5, {"best_match": best_match, "agreement": agreement, "nowhere": nowhere})


def features(message: str, alone: Retrieval, joined: Retrieval) -> dict[str, float]:
    return leaning_features(
        message, ["what's in a transformer block"], ANSWER, alone, joined, names=5, rules=False, back=False, refers=True
    )


def test_features_are_lengths_shares_and_what_is_found() -> None:
    seen = features("why more stably in transformer training", found(0.6, 0.2, 0.1), found(0.8, 0.9))
    assert set(seen) == set(FEATURES)
    assert seen["words"] == 6
    assert seen["in_questions"] == pytest.approx(1 / 3)  # transformer
    assert seen["new"] == 0  # stably and training are of the answer
    assert seen["names"] == 2  # no more are told apart
    assert (seen["rules"], seen["back"], seen["refers"]) == (0, 0, 1)
    assert (seen["best_match"], seen["agreement"], seen["nowhere"]) == (0.6, 0.2, 0.1)
    assert seen["gain"] == pytest.approx(0.7)


def test_a_message_without_words_has_features() -> None:
    assert features("?!", found(0.0), found(0.0))["new"] == 0
    assert features("", found(0.0), found(0.0))["words"] == 0


def test_phrases_are_words_and_pairs() -> None:
    assert phrases_of("Why’s it?") == {"<s>", "why's", "it", "?", "<s> why's", "why's it", "it ?"}
    assert phrases_of("") == {"<s>"}


def test_a_probability_follows_the_weights_and_the_phrases(tmp_path: Path) -> None:
    model = LeaningModel(-1.0, dict.fromkeys(FEATURES, 0.0) | {"back": 4.0}, {"<s> and": 4.0})
    model.save(tmp_path / "model.json")
    assert LeaningModel.load(tmp_path / "model.json") == model
    seen = dict.fromkeys(FEATURES, 0.0)
    assert model.probability_of("what is IVF", seen) == pytest.approx(0.2689, abs=1e-3)
    assert model.probability_of("and IVF", seen) > 0.9
    assert model.probability_of("what is IVF", seen | {"back": 1.0}) > 0.9


def test_the_fitted_model_has_a_weight_for_every_feature() -> None:
    assert set(load_leaning().weights) == set(FEATURES)
    assert load_leaning().phrases["<s> and"] > 0 > load_leaning().phrases["what is"]


@pytest.mark.parametrize(
    ("message", "leans"),
    [
        ("why more stably", True), ("and with post-norm?", True), ("drawbacks?", True), ("what if i have only a cpu", True), ("not convinced", True),
        ("How does product quantization compress vectors in an index?", False), ("what is the capital of France", False),
    ],
)
def test_short_remarks_lean_and_whole_questions_do_not(message: str, leans: bool) -> None:
    alone, joined = (found(0.5, 0.2, 0.2), found(0.8, 0.9)) if leans else (found(0.9, 0.95), found(0.8, 0.6))
    history_features = message_features(HISTORY, message, (), lambda text: joined if "transformer block" in text else alone)
    assert (load_leaning().probability_of(message, history_features) >= LEANS_FROM) is leans


class Decided:
    """A model that has decided."""

    def __init__(self, *leaning: str) -> None:
        self.leaning = leaning

    def probability_of(self, message: str, _: object) -> float:
        return float(message in self.leaning)


def decide(monkeypatch: pytest.MonkeyPatch, *leaning: str) -> None:
    monkeypatch.setattr("chat.standalone.load_leaning", lambda: Decided(*leaning))


def nothing(_: str) -> Retrieval:
    return found(0.0)


def test_what_no_rule_completes_is_put_behind_the_previous_question(monkeypatch: pytest.MonkeyPatch) -> None:
    message = "So why would pre-norm train more stably"
    decide(monkeypatch, message)
    assert standalone_question(HISTORY, message, glance=nothing) == "what's in a transformer block: why would pre-norm train more stably"
    assert standalone_question(HISTORY, "How does RoPE work?", glance=nothing) == "How does RoPE work?"


def test_the_previous_question_gives_way_to_a_long_message(monkeypatch: pytest.MonkeyPatch) -> None:
    history = [Turn("user", "our transformer block diverges, " * 20), HISTORY[1]]
    message = "why would pre-norm train more stably than post-norm, " * 3 + "if most models train more stably"
    decide(monkeypatch, message)
    resolved = standalone_question(history, message, glance=nothing)
    assert resolved == f"{'our transformer block diverges, ' * 6}our: {message}"
    assert len(resolved) <= MAX_STANDALONE_CHARACTERS


def test_a_scenario_of_its_own_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = "pre-norm models train stably " * 12
    decide(monkeypatch, scenario, " ".join(scenario.split()))
    assert standalone_question(HISTORY, scenario, glance=nothing) == " ".join(scenario.split())
    assert message_features(HISTORY, " ".join(scenario.split()), (), nothing) == {}


def test_the_subject_stays_after_a_message_that_leans(monkeypatch: pytest.MonkeyPatch) -> None:
    first = "why would pre-norm train more stably"
    decide(monkeypatch, first, "is it slow?")
    history = [*HISTORY, Turn("user", first), Turn("assistant", "Gradients reach the first layers.")]
    assert standalone_question(history, "is it slow?", glance=nothing) == "Is it slow (transformer block)?"


@pytest.mark.parametrize("message", ["???", "谢谢", "👍", "   "])
def test_a_message_without_words_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, message: str) -> None:
    decide(monkeypatch, message)
    assert standalone_question(HISTORY, message, glance=nothing) == message.strip()


def test_a_question_of_the_bank_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    question = "why does pre-norm train more stably than post-norm"
    decide(monkeypatch, question)
    assert standalone_question(HISTORY, question, glance=lambda _: replace(found(0.9), same_question="07-pre-norm")) == question


def test_remarks_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    decide(monkeypatch, "on a laptop?", "with 8 gb?")
    history = [*HISTORY, Turn("user", "on a laptop?"), Turn("assistant", "Slowly.")]
    assert standalone_question(history, "with 8 gb?", glance=nothing) == "what's in a transformer block: with 8 gb?"


GLOSSARY = tuple(GlossaryTerm(term=name, definition="d", topics=(5,)) for name in ("HNSW", "IVF", "IVF-PQ"))


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        (("Compare HNSW and IVF", "which one?", "is the second one faster?"), "Is IVF faster?"),
        (("Compare HNSW and IVF", "not convinced", "is the second one faster?"), "Is IVF faster?"),
        (("How much memory does HNSW use?", "what about IVF-PQ?", "and is the latter slow?"), "Is IVF-PQ slow?"),
        (("What is HNSW?", "quiz me on IVF", "is it fast?"), "Is IVF fast?"),
        (("What is HNSW?", "  ", "is it fast?"), "Is HNSW fast?"),
    ],
)
def test_what_was_named_stays_named(monkeypatch: pytest.MonkeyPatch, turns: tuple[str, ...], standalone: str) -> None:
    decide(monkeypatch, *turns[1:])
    assert standalone_question([Turn("user", turn) for turn in turns[:-1]], turns[-1], GLOSSARY, glance=nothing) == standalone
