"""Passages of the learner's own documents are read before they answer."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from core.answerability import Answerability, passage_text
from core.judge import Judgement
from core.settings import Settings
from core.types import Chunk
from ingest.pipeline import ingest
from retrieval.confidence import load_coefficients
from retrieval.own_documents import READ, answer_features, find, load_own_model
from retrieval.retriever import Retriever, get_retriever

HANDBOOK = """# Workshop handbook

## Opening hours

The workshop is open on Tuesdays and Thursdays from 17:00 to 21:30. It stays closed in August.

## Kilns

The large kiln reaches 1,280 degrees and takes nine hours to cool down. Only members with the kiln certificate may open it.

## Glazes

Glazes with lead are forbidden. Buckets of glaze are labelled with the date on which they were mixed.
"""


class Scripted:
    """Answers are passages that hold certain words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.read: list[str] = []

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        self.read += [passage for _, passage in pairs]
        odds = [0.97 if any(word in passage for word in self.words) else 0.02 for _, passage in pairs]
        return [Judgement((p, 0.0, 1 - p, 0.0)) for p in odds]


@pytest.fixture
def retriever(settings: Settings, tmp_path: Path) -> Retriever:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "handbook.md").write_text(HANDBOOK)
    ingest(settings, [tmp_path / "own"])
    return get_retriever(settings)


def test_the_own_passage_that_answers_comes_first(retriever: Retriever) -> None:
    reader = Scripted("August")
    found = find(retriever, "When is the kiln in the workshop open?", 10, open_reader=lambda: Answerability(reader))
    assert len(reader.read) == READ
    assert found.hits[0].chunk.headings == ("Opening hours",)
    assert found.confidence == pytest.approx(load_own_model().probability(answer_features([0.97])))
    assert found.confidence >= load_coefficients().answered_floor
    assert found.features["own_answers"] == 0.97
    assert len({hit.chunk.id for hit in found.hits}) == len(found.hits) == 10


def test_own_passages_that_are_near_but_do_not_answer_are_a_partial_answer(retriever: Retriever) -> None:
    question, floors = "How much does the large kiln cost?", load_coefficients()
    before = retriever.retrieve(question)
    assert before.hits[0].chunk.own
    assert before.confidence >= floors.answered_floor
    found = find(retriever, question, 10, open_reader=lambda: Answerability(Scripted()))
    assert found.hits[0].chunk.own
    assert floors.partial_floor <= found.confidence < floors.answered_floor
    assert found.features["own_answers"] == 0.02


def test_where_own_passages_do_not_answer_the_notes_may(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "How long does the workshop store the vectors of the kiln?"
    assert retriever.retrieve(question).hits[0].chunk.own
    monkeypatch.setattr("retrieval.retriever.confidence", lambda _: 0.99)
    found = find(retriever, question, 10, open_reader=lambda: Answerability(Scripted()))
    assert found.hits
    assert not any(hit.chunk.own for hit in found.hits)
    assert found.features["own_answers"] == 0.02


def test_what_the_notes_surely_answer_is_not_read(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Scripted("August")
    question = "How does product quantization compress vectors?"
    monkeypatch.setattr("retrieval.retriever.confidence", lambda _: 0.99)
    assert find(retriever, question, 10, open_reader=lambda: Answerability(reader)).hits == retriever.retrieve(question, 10).hits
    assert reader.read == []


def test_without_the_weights_similarity_decides(retriever: Retriever) -> None:
    question = "Who repairs the kiln of the workshop?"
    assert find(retriever, question, 10, open_reader=lambda: None).hits == retriever.retrieve(question, 10).hits


def test_a_passage_is_read_with_its_headings() -> None:
    assert passage_text(Chunk("c", "own.md", "Handbook", None, ("Kilns", "Cooling"), "Nine hours.", 0)) == "Handbook > Kilns > Cooling\nNine hours."


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("When is the workshop open?", True), ("is it open in august", True), ("who may open the kiln", True),
        ("who mixes the buckets of glaze?", False), ("what does the kiln certificate cost", False), ("how are buckets of glaze mixed?", False),
    ],
)
def test_the_shipped_model_tells_what_a_document_answers(retriever: Retriever, question: str, answered: bool) -> None:
    floor = load_coefficients().answered_floor
    assert retriever.retrieve(question).confidence >= floor
    assert (find(retriever, question, 10).confidence >= floor) is answered
