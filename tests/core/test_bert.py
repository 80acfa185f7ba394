
import numpy as np
import pytest

from core.bert import QueryEncoder
from core.models import SentenceEmbeddings, get_query_encoder, packaged_model_dir
from core.settings import Settings

TEXTS = ["What is HNSW?", "", "word " * 600, "Köln, 東京 and 🙂", "grouped-query attention shares key and value heads between query heads"]


@pytest.fixture(scope="module")
def encoder() -> QueryEncoder:
    return QueryEncoder(packaged_model_dir())


def test_vectors_are_those_of_sentence_transformers(encoder: QueryEncoder) -> None:
    reference = SentenceEmbeddings(Settings(embedding_precision="float32"))
    ours, theirs = encoder.encode(TEXTS), reference.encode(TEXTS)
    assert ours.shape == theirs.shape == (len(TEXTS), 384)
    assert np.sum(ours * theirs, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-4)


def test_a_text_has_the_same_vector_alone_and_in_a_batch(encoder: QueryEncoder) -> None:
    batch = encoder.encode(TEXTS)
    assert np.allclose(batch, np.concatenate([encoder.encode([text]) for text in TEXTS]), atol=1e-5)
    assert np.linalg.norm(batch, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_nothing_gives_nothing(encoder: QueryEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_another_model_of_the_settings_embeds_queries_too(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("core.models.get_embeddings", lambda settings: asked.append(settings) or "theirs")
    assert get_query_encoder(Settings(embedding_model="somewhere/else")) == "theirs"
    assert len(asked) == 1
