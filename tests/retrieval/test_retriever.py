import pytest

from core.errors import IndexUnavailableError
from core.settings import Settings
from ingest.pipeline import ingest
from retrieval.confidence import FEATURES, confidence, load_coefficients
from retrieval.retriever import RERANK_DEPTH, Retriever, get_retriever
from retrieval.snapshot import load_snapshot


@pytest.fixture
def retriever(settings: Settings) -> Retriever:
    ingest(settings)
    return get_retriever(settings)


def test_the_right_passage_comes_first(retriever: Retriever) -> None:
    found = retriever.retrieve("how does IVF compare with an HNSW graph?", k=3)
    assert found.hits[0].chunk.heading == "Vector indexing structures > HNSW vs IVF"
    assert found.hits[0].dense_rank is not None
    assert found.hits[0].lexical_rank is not None
    assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)
    assert len({hit.chunk.id for hit in found.hits}) == 3
    assert set(found.timings_ms) >= {"embed", "dense", "lexical", "fuse"}


def test_a_topic_filter_holds(retriever: Retriever) -> None:
    found = retriever.retrieve("HNSW", topic=2)
    assert found.hits
    assert {hit.chunk.topic for hit in found.hits} == {2}
    assert retriever.retrieve("HNSW", topic=12).hits == ()


@pytest.mark.parametrize("query", ["", "   ", "?!", "\x00", "x" * 100_000, "日本語の質問", "SELECT * FROM x; --"])
def test_odd_queries_do_no_harm(retriever: Retriever, query: str) -> None:
    found = retriever.retrieve(query)
    assert 0.0 <= found.confidence <= 1.0


def test_results_are_reproducible(retriever: Retriever) -> None:
    first, second = (retriever.retrieve("quantization recall") for _ in range(2))
    assert [h.chunk.id for h in first.hits] == [h.chunk.id for h in second.hits]
    assert first.confidence == second.confidence


def test_confidence_separates_covered_from_foreign(retriever: Retriever) -> None:
    covered = retriever.retrieve("What is an HNSW index?").confidence
    foreign = retriever.retrieve("How do I proof sourdough?").confidence
    assert covered > 0.5 > foreign


def test_the_confidence_model_uses_every_feature() -> None:
    coefficients = load_coefficients()
    assert set(coefficients.weights) == set(FEATURES)
    assert 0 < coefficients.partial_floor < coefficients.answered_floor < 1
    zeros = dict.fromkeys(FEATURES, 0.0)
    assert confidence(zeros) < 0.2


def test_a_reranker_reorders_the_head(settings: Settings) -> None:
    ingest(settings)
    plain = get_retriever(settings)

    class Backwards:
        def scores(self, query, passages):
            return list(range(len(passages)))

    reranked = Retriever(load_snapshot(settings), plain._encoder, reranker=Backwards())
    before, after = ([h.chunk.id for h in r.retrieve("HNSW", 50).hits] for r in (plain, reranked))
    assert after == [*reversed(before[:RERANK_DEPTH]), *before[RERANK_DEPTH:]]
    assert "rerank" in reranked.retrieve("HNSW", 50).timings_ms


def test_an_empty_index_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(IndexUnavailableError) as caught:
        get_retriever(settings)
    assert "ingest" in caught.value.help
