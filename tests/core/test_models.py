import numpy as np
import pytest
from pydantic import SecretStr

from core import models
from core.errors import (
    EndpointAuthenticationError,
    EndpointError,
    EndpointRateLimitError,
    EndpointResponseError,
    EndpointTimeoutError,
    EndpointUnreachableError,
    ModelIntegrityError,
    ModelUnavailableError,
)
from core.models import SentenceEmbeddings, get_chat_model, list_models, try_connection
from core.settings import Settings
from tests import fake_endpoint


def settings_for(url: str, model: str, timeout: float = 5.0) -> Settings:
    return Settings(base_url=url, model=model, api_key=SecretStr("sk-secret"), timeout_seconds=timeout)


def test_embeddings_are_unit_length_and_meaningful(embeddings: SentenceEmbeddings) -> None:
    vectors = embeddings.encode(["a cat on a mat", "a kitten on a rug", "quarterly tax filing"])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert np.allclose(embeddings.embed_query("a cat on a mat"), vectors[0], atol=1e-3)
    assert np.allclose(embeddings.embed_documents(["a cat on a mat"])[0], vectors[0], atol=1e-3)


def test_the_packaged_weights_are_the_upstream_ones() -> None:
    models.verify_packaged_model()


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "PACKAGED_SHA256", "0" * 64)
    with pytest.raises(ModelIntegrityError, match="unexpected hash"):
        models.get_embeddings(Settings())


def test_an_unknown_embedding_model_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelUnavailableError, match="no-such"):
        models.get_embeddings(Settings(embedding_model=str(tmp_path / "no-such-model")))


def test_precision_follows_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert models.choose_precision(Settings()) == "bfloat16"
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False})
    assert models.choose_precision(Settings()) == "float32"
    assert models.choose_precision(Settings(embedding_precision="bfloat16")) == "bfloat16"


def test_a_reply_streams(endpoint: str) -> None:
    model = get_chat_model(settings_for(endpoint, "good"))
    assert model is not None
    pieces = list(model.stream("hello"))
    assert len(pieces) > 5
    assert "".join(pieces).strip() == fake_endpoint.GROUNDED
    assert fake_endpoint.Handler.requests[-1]["key"] == "Bearer sk-secret"


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("unauthorized", EndpointAuthenticationError),
        ("limited", EndpointRateLimitError),
        ("failing", EndpointResponseError),
        ("unknown", EndpointResponseError),
        ("malformed", EndpointResponseError),
        ("garbled", EndpointResponseError),
        ("cut", EndpointResponseError),
        ("unfinished", EndpointResponseError),
        ("truncated", EndpointResponseError),
        ("empty", EndpointResponseError),
        ("silent", EndpointTimeoutError),
    ],
)
def test_each_failure_has_its_error_and_leaks_nothing(endpoint: str, model: str, error: type[EndpointError]) -> None:
    chat_model = get_chat_model(settings_for(endpoint, model, timeout=1.0))
    assert chat_model is not None
    with pytest.raises(error) as caught:
        chat_model.complete("hello")
    assert "secret" not in caught.value.explain()
    assert caught.value.help


def test_an_address_that_is_none_is_an_endpoint_error() -> None:
    chat_model = get_chat_model(settings_for("http://127.0.0.1:11434v1", "good"))
    assert chat_model is not None
    with pytest.raises(EndpointUnreachableError):
        chat_model.complete("hello")


def test_a_dead_endpoint_is_unreachable() -> None:
    chat_model = get_chat_model(settings_for("http://127.0.0.1:9/v1", "good"))
    assert chat_model is not None
    with pytest.raises(EndpointUnreachableError):
        chat_model.complete("hello")


def test_connection_test_and_model_list(endpoint: str) -> None:
    assert "good answered in" in try_connection(settings_for(endpoint, "good"))
    assert list_models(endpoint) == ["good"]
    with pytest.raises(EndpointError, match="No model"):
        try_connection(Settings())


def test_local_servers_are_detected(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(endpoint.split(":")[2].split("/", maxsplit=1)[0])
    monkeypatch.setattr(models, "LOCAL_SERVERS", {"Ollama": port, "LM Studio": 9})
    assert models.detect_local_servers() == {"Ollama": (endpoint, ["good"])}
