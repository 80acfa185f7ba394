"""all-MiniLM-L6-v2 in numpy, for queries and for the judge: ready in a third of a second, where importing the usual libraries takes five.

The same weights give the same vectors (docs/decisions/0006-numpy-bert.md). Passages are embedded by sentence_transformers, which is faster
on large batches of long texts and takes any model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = npt.NDArray[np.float32]
LAYERS, HEADS, WIDTH = 6, 12, 384
EPSILON = np.float32(1e-12)
MAX_TOKENS = 256
WORDS = "embeddings.word_embeddings.weight"
BATCH_TOKENS = 2048  # rows of one matrix product: enough for full speed, small enough for the cache


class Bert:
    """The six transformer blocks over a batch of token sequences, without padding. Safe to share between threads.

    Source: Devlin et al., 2018, arXiv:1810.04805; weights as sentence-transformers names them.
    """

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self._words = weights[WORDS]
        self._places = weights["embeddings.position_embeddings.weight"]
        self._types = weights["embeddings.token_type_embeddings.weight"]
        self._norm = (weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"])
        self._layers = [_Layer(weights, f"encoder.layer.{i}.") for i in range(LAYERS)]

    def hidden(self, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]] | None = None) -> list[Floats]:
        """The last hidden states of each sequence, shape (tokens, 384); `types` are the segment numbers, zero by default."""
        lengths = [len(sequence) for sequence in ids]
        flat = np.concatenate([np.asarray(sequence, np.int64) for sequence in ids])
        segment = np.concatenate([np.asarray(t, np.int64) for t in types]) if types else np.zeros(len(flat), np.int64)
        place = np.concatenate([np.arange(length) for length in lengths])
        x = _layer_norm(self._words[flat] + self._places[place] + self._types[segment], *self._norm)
        ends = np.cumsum(lengths)
        spans = [slice(int(end - length), int(end)) for end, length in zip(ends, lengths, strict=True)]
        for layer in self._layers:
            x = layer(x, spans)
        return [x[span] for span in spans]


class _Layer:
    """One block. The three attention projections are one matrix; the query's is scaled once, at load."""

    def __init__(self, weights: Mapping[str, Floats], prefix: str) -> None:
        def linear(name: str, scale: float = 1.0) -> tuple[Floats, Floats]:
            w, b = weights[f"{prefix}{name}.weight"], weights[f"{prefix}{name}.bias"]
            return np.ascontiguousarray(w.T) * np.float32(scale), b * np.float32(scale)

        def norm(name: str) -> tuple[Floats, Floats]:
            return weights[f"{prefix}{name}.LayerNorm.weight"], weights[f"{prefix}{name}.LayerNorm.bias"]

        parts = [linear("attention.self.query", (WIDTH // HEADS) ** -0.5), *map(linear, ("attention.self.key", "attention.self.value"))]
        self._qkv = (np.concatenate([w for w, _ in parts], axis=1), np.concatenate([b for _, b in parts]))
        self._out, self._out_norm = linear("attention.output.dense"), norm("attention.output")
        self._up, self._down, self._down_norm = linear("intermediate.dense"), linear("output.dense"), norm("output")

    def __call__(self, x: Floats, spans: Sequence[slice]) -> Floats:
        qkv = (x @ self._qkv[0] + self._qkv[1]).reshape(len(x), 3, HEADS, WIDTH // HEADS)
        context = np.empty_like(x)
        for span in spans:
            context[span] = _attend(qkv[span])
        x = _layer_norm(x + context @ self._out[0] + self._out[1], *self._out_norm)
        return _layer_norm(x + _gelu(x @ self._up[0] + self._up[1]) @ self._down[0] + self._down[1], *self._down_norm)


def _attend(qkv: Floats) -> Floats:
    q, k, v = (qkv[:, i].transpose(1, 0, 2) for i in range(3))
    scores: Floats = q @ k.transpose(0, 2, 1)
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return (scores @ v).transpose(1, 0, 2).reshape(len(qkv), WIDTH).astype(np.float32, copy=False)


def _layer_norm(x: Floats, weight: Floats, bias: Floats) -> Floats:
    centred: Floats = x - x.mean(axis=-1, keepdims=True)
    variance = np.einsum("ij,ij->i", centred, centred)[:, None] / WIDTH
    centred /= np.sqrt(variance + EPSILON).astype(np.float32)
    centred *= weight
    centred += bias
    return centred


def _gelu(x: Floats) -> Floats:
    """GELU in its tanh form; the vectors agree with the exact form's to a cosine of 1.0000.

    Source: Hendrycks and Gimpel, 2016, arXiv:1606.08415.
    """
    inner = x * x
    inner *= np.float32(0.044715)
    inner += 1
    inner *= x
    inner *= np.float32(0.7978845608)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= np.float32(0.5)
    return inner


class QueryEncoder:
    """Embeds short texts as sentence-transformers does with this model: mean pooling, then length 1."""

    def __init__(self, folder: Path) -> None:
        """Load `model.safetensors` and `tokenizer.json` of a folder. Raises OSError."""
        from safetensors.numpy import load_file

        self._bert = Bert(load_file(folder / "model.safetensors"))
        self._tokenizer = load_tokenizer(folder, MAX_TOKENS)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Embed texts, each cut at 256 tokens. Returns shape (len(texts), 384), rows of length 1."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.zeros((len(ids), WIDTH), np.float32)
        for batch in batches_by_size([len(sequence) for sequence in ids]):
            for place, hidden in zip(batch, self._bert.hidden([ids[i] for i in batch]), strict=True):
                pooled = hidden.mean(axis=0)
                vectors[place] = pooled / np.linalg.norm(pooled)
        return vectors


def load_words(folder: Path) -> Floats:
    """The word embeddings of a model's folder, which fine-tuned models share. Raises OSError."""
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", "numpy") as file:
        words: Floats = file.get_tensor(WORDS)
    return words


def load_tokenizer(folder: Path, longest: int) -> Tokenizer:
    """The tokenizer of a model's folder, for single texts, cutting at `longest` tokens."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(longest)
    tokenizer.no_padding()
    return tokenizer


def batches_by_size(sizes: Sequence[int], limit: int = BATCH_TOKENS) -> list[list[int]]:
    """Indices grouped so that the sizes of a group add up to about `limit`.

    >>> batches_by_size([3000, 40, 10])
    [[0], [1, 2]]
    """
    batches: list[list[int]] = []
    room = 0
    for place, size in enumerate(sizes):
        if room <= 0:
            batches.append([])
            room = limit
        batches[-1].append(place)
        room -= size
    return batches
