"""A second opinion on which section answers a question: the packaged MiniLM, fine-tuned on the stored questions.

It reads words in their context where the linear model weighs them one by one, and costs as much as embedding the query; so it is asked
when the linear model is not sure (docs/decisions/0016-second-opinion.md). Trained by `python -m evals.section_classifier`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.bert import WORDS, Bert, Floats, load_tokenizer, load_words
from core.content import NOWHERE
from core.eight_bits import load_weights, unpack_lines
from core.models import packaged_model_dir

if TYPE_CHECKING:
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)
WEIGHTS_FILE = "section_classifier.safetensors"  # in the knowledge folder
MAX_TOKENS = 128
SCALE = 20.0  # of the pooled vector of length 1, before the head


class SectionClassifier:
    """Reads a query and tells how likely each section answers it. Loads at its first use; safe to share between threads."""

    def __init__(self, weights_file: Path) -> None:
        """`weights_file` as the training writes it. Raises OSError, or safetensors' error for a damaged file."""
        from safetensors import safe_open

        self._file = weights_file
        with safe_open(weights_file, "numpy") as file:
            self.anchors = unpack_lines(file.get_tensor("anchors"))

    def log_probabilities(self, text: str, anchors: Sequence[str]) -> Floats:
        """The logarithm of how likely each of some sections answers a text; what is not among `anchors` adds to NOWHERE. Zeros when the
        weights turn out to be damaged."""
        if self._loaded is None:
            return np.zeros(len(anchors), np.float32)
        bert, weight, bias, tokenizer = self._loaded
        pooled = bert.hidden([tokenizer.encode(text).ids])[0].mean(axis=0)
        logits: Floats = pooled / np.linalg.norm(pooled) @ weight + bias
        odds = np.exp(logits - logits.max())
        odds /= odds.sum()
        wanted = np.array([odds[self._places[anchor]] for anchor in anchors])
        if NOWHERE in anchors:
            wanted[anchors.index(NOWHERE)] += max(0.0, 1 - float(wanted.sum()))
        found: Floats = np.log(np.maximum(wanted, 1e-9)).astype(np.float32)
        return found

    @cached_property
    def _places(self) -> dict[str, int]:
        return {anchor: place for place, anchor in enumerate(self.anchors)}

    @cached_property
    def _loaded(self) -> tuple[Bert, Floats, Floats, Tokenizer] | None:
        """The fine-tuned layers on the word embeddings of the packaged model, the head, and the tokenizer; None when they are damaged."""
        from safetensors import SafetensorError

        folder = packaged_model_dir()
        try:
            weights = {**load_weights(self._file), WORDS: load_words(folder)}
            head = np.ascontiguousarray(weights["head.weight"].T) * np.float32(SCALE)
            return Bert(weights), head, weights["head.bias"], load_tokenizer(folder, MAX_TOKENS)
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            log.warning("The section classifier cannot be used (%s): %s", self._file.name, error)
            return None


def shipped_classifier(folder: Path) -> SectionClassifier | None:
    """The classifier of a knowledge folder; None when it has none or a damaged one, and the linear model decides alone."""
    from safetensors import SafetensorError

    try:
        return SectionClassifier(folder / WEIGHTS_FILE)
    except (OSError, SafetensorError, ValueError):
        return None
