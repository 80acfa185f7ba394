"""Does this text support this claim? A small cross-encoder that reads both in one pass, trained for it (evals/judge).

Similarity is not support: a sentence and its negation are near neighbours. Labels and texts of its training are model-made; what it
reaches and where it fails is in core/weights/judge.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.bert import WORDS, Bert, Floats, batches_by_size, load_words
from core.eight_bits import load_weights
from core.errors import ModelIntegrityError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Support = Literal["supported", "partly", "unrelated", "contradicted"]
SUPPORTS: tuple[Support, ...] = ("supported", "partly", "unrelated", "contradicted")
WEIGHTS_FILE = Path(__file__).with_name("weights") / "judge.safetensors"
WEIGHTS_SHA256 = "db7ddc3c1a698251703c352cb8600bfe8740dd6a174467fbf23858fd0c416ebd"
MAX_PAIR_TOKENS = 320
UNSURE_BELOW = 0.55  # probability of the likeliest verdict


@dataclass(frozen=True)
class Judgement:
    """The probabilities of `SUPPORTS`, in that order, in [0, 1]."""

    probabilities: tuple[float, ...]

    @property
    def likeliest(self) -> Support:
        """The verdict with the highest probability."""
        return SUPPORTS[int(np.argmax(self.probabilities))]

    @property
    def support(self) -> Support | Literal["unsure"]:
        """The likeliest verdict, or `unsure` when its probability is low."""
        return self.likeliest if max(self.probabilities) >= UNSURE_BELOW else "unsure"

    def probability(self, support: Support) -> float:
        """The probability of one verdict."""
        return self.probabilities[SUPPORTS.index(support)]


class Judge:
    """Judges pairs of a claim and a text. Safe to share between threads."""

    def __init__(self, model_folder: Path, weights_file: Path = WEIGHTS_FILE) -> None:
        """Load the trained layers, and the word embeddings of the packaged model. Raises OSError."""
        weights = {**load_weights(weights_file), WORDS: load_words(model_folder)}
        self._bert = Bert(weights)
        self._head: tuple[Floats, Floats] = (weights["head.weight"], weights["head.bias"])
        self._temperature = float(weights["temperature"][0])
        self._tokenizer = pair_tokenizer(model_folder)

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """One judgement a pair (claim, evidence); of a longer evidence the beginning is read (MAX_PAIR_TOKENS)."""
        if not pairs:
            return []
        encodings = self._tokenizer.encode_batch(list(pairs))
        features = np.zeros((len(pairs), self._head[0].shape[1]), np.float32)
        for batch in batches_by_size([len(e.ids) for e in encodings]):
            states = self._bert.hidden([encodings[i].ids for i in batch], [encodings[i].type_ids for i in batch])
            for place, hidden in zip(batch, states, strict=True):
                features[place] = np.concatenate([hidden[0], hidden.mean(axis=0)])
        logits = (features @ self._head[0].T + self._head[1]) / self._temperature
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return [Judgement(tuple(float(p) for p in row)) for row in odds / odds.sum(axis=1, keepdims=True)]


@cache
def get_judge() -> Judge:
    """The shipped judge, loaded and verified once.

    Raises:
        ModelIntegrityError: its weights are missing or are not the ones it was measured with.
    """
    return load_verified(WEIGHTS_FILE, WEIGHTS_SHA256)


def load_verified(weights_file: Path, sha256: str) -> Judge:
    """A judge with weights of core/weights. Raises ModelIntegrityError when they are missing or have another hash."""
    from core.models import packaged_model_dir

    try:
        digest = hashlib.sha256(weights_file.read_bytes()).hexdigest()
        if digest != sha256:
            raise ModelIntegrityError(
                f"The weights in {weights_file.name} have an unexpected hash ({digest[:12]}…).",
                help="Restore core/weights from the repository.",
            )
        return Judge(packaged_model_dir(), weights_file)
    except OSError as error:
        raise ModelIntegrityError(
            f"The weights in {weights_file.name} cannot be read: {error.strerror}.", help="Restore core/weights from the repository."
        ) from error


def available_judge() -> Judge | None:
    """The shipped judge; None when its weights are missing or damaged (`doctor` says so), and shared words decide."""
    try:
        return get_judge()
    except ModelIntegrityError:
        return None


def pair_tokenizer(model_folder: Path) -> Tokenizer:
    """The model's tokenizer for pairs, cutting the evidence, never the claim."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_PAIR_TOKENS, strategy="only_second")
    tokenizer.no_padding()
    return tokenizer
