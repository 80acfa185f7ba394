"""The data of the model that tells whether a passage answers a question."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from evals.answerability.__main__ import Read, describe, fit
from evals.answerability.data import Asked, document_pairs, leave_out, load_documents, put_in
from evals.cases import load_cases
from evals.judge.data import Pair
from evals.metrics import auroc
from retrieval.lexical import tokenize
from retrieval.own_documents import answer_features


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    def encode(texts: list[str]) -> np.ndarray:
        return np.eye(len(texts), 64, dtype=np.float32)

    return list(document_pairs(load_documents(), encode, lambda text: len(text.split()), random.Random(0)))  # type: ignore[arg-type]


def test_quotes_are_in_their_documents_and_questions_are_unlike_the_cases() -> None:
    documents = load_documents()
    assert len(documents) == 196
    asked = [one for document in documents for one in document.questions]
    assert sum(bool(one.quote) for one in asked) == 28 * 196
    assert sum(bool(one.addition) for one in asked) == 18 * 196
    for document in documents:
        assert all((one.quote or one.after) in document.text for one in document.questions)
    assert not {one.question.lower() for one in asked} & {case.question.lower() for case in load_cases("documents")}


def test_a_question_is_asked_with_and_without_the_words_that_answer_it(pairs: list[Pair]) -> None:
    document = load_documents()[0]
    for asked in document.questions:
        right, wrong, *_ = sorted((pair for pair in pairs if pair.group == f"{document.name} {asked.question}"), key=lambda pair: pair.label)
        assert [right.label, wrong.label] == ["supported", "unrelated"]
        answer = asked.quote or asked.addition
        assert answer in right.evidence
        assert answer not in wrong.evidence


def test_neither_length_nor_shared_words_nor_the_question_give_the_label_away(pairs: list[Pair]) -> None:
    def told_by(score: Callable[[Pair], float]) -> float:
        return auroc([score(p) for p in pairs if p.label == "supported"], [score(p) for p in pairs if p.label != "supported"])

    def shared(pair: Pair) -> float:
        asked = {*tokenize(pair.claim)}
        return len(asked & {*tokenize(pair.evidence)}) / max(1, len(asked))

    assert abs(told_by(lambda pair: float(len(pair.evidence))) - 0.5) < 0.12
    assert 0.5 < told_by(shared) < 0.8  # an answer does share words, but so does much that is none
    rights = {pair.group for pair in pairs if pair.label == "supported"}
    assert rights == {pair.group for pair in pairs}, "each question is answered once"


@pytest.mark.parametrize(
    ("quote", "left"),
    [
        ("two beds", "# Room\n\nIt is small. It has no bath.\n\n- a desk\n- a chair"), ("no bath", "# Room\n\nIt is small. It has two beds, e.g. for guests.\n\n- a desk\n- a chair"),
        ("- a desk", "# Room\n\nIt is small. It has two beds, e.g. for guests. It has no bath.\n\n\n- a chair"),
    ],
)
def test_the_sentence_of_the_quote_is_left_out(quote: str, left: str) -> None:
    text = "# Room\n\nIt is small. It has two beds, e.g. for guests. It has no bath.\n\n- a desk\n- a chair"
    assert leave_out(text, quote) == left


def test_an_addition_stands_behind_its_place() -> None:
    asked = Asked("How big is it?", "", "It is small.", "It measures 9 square metres.")
    assert put_in("It is small. It is dark.", asked) == "It is small. It measures 9 square metres. It is dark."


def test_the_fitted_probability_rises_with_the_odds() -> None:
    rows = [Read(True, [0.9, 0.1], 1.0), Read(True, [0.7], 1.0), Read(False, [0.2, 0.1], 1.0), Read(False, [0.3], 1.0), Read(True, [], 1.0)]
    model = fit(rows)
    likely = [model.probability(answer_features([p])) for p in (0.1, 0.5, 0.9)]
    assert likely == sorted(likely)
    assert describe(rows, model).startswith("AUROC 0.667; answered by the document: fully 66.7%, refused 33.3%; not answered by it: fully 0.0%")
