"""Which section answers a question, learned from the stored questions: multinomial logistic regression over vector and terms.

A nearest neighbour sees one stored question at a time; a linear model weighs what tells sections apart
(docs/decisions/0015-section-model.md).
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.content import NOWHERE, UNANSWERED
from core.eight_bits import pack_lines, pack_rows, unpack_lines, unpack_rows
from core.models import Vectors
from core.types import Chunk
from retrieval.lexical import tokenize

MODEL_FILE = "section_model.npz"  # in the knowledge folder, written by scripts/embed_questions.py; else beside the index
FORMAT = 1  # raise it when features or training change
MIN_QUESTIONS = 2  # a term in fewer questions says nothing about others
PENALTY = 1e-5  # of the squared weights
MAX_ITERATIONS = 120
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class SectionModel:
    """The weights of one class a section.

    Attributes:
        anchors: the sections; NOWHERE may be among them.
        intercepts: shape (sections,).
        of_vector: shape (dimension, sections).
        terms: stems that count, in the order of the rows of `of_terms`.
        idf: the inverse document frequency of each term.
        of_terms: shape (terms, sections).
    """

    anchors: tuple[str, ...]
    intercepts: Floats
    of_vector: Floats
    terms: tuple[str, ...]
    idf: Floats
    of_terms: Floats

    def probabilities(self, vector: Vectors, text: str) -> Floats:
        """How likely each of `anchors` answers a query, from its vector and its text; they sum to 1."""
        logits = vector @ self.of_vector + self.intercepts
        places, values = _weigh(text, self._places, self.idf)
        if places:
            logits = logits + values @ self.of_terms[places]
        probabilities: Floats = np.exp(logits - logits.max())
        probabilities /= probabilities.sum()
        return probabilities

    @cached_property
    def _places(self) -> dict[str, int]:
        return {term: place for place, term in enumerate(self.terms)}

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The model as arrays for a file, the weights in 8 bits."""
        vector, vector_scales = pack_rows(self.of_vector)
        terms, term_scales = pack_rows(self.of_terms)
        return {
            "anchors": pack_lines(self.anchors), "intercepts": self.intercepts, "vector": vector, "vector_scales": vector_scales,
            "names": pack_lines(self.terms), "idf": self.idf, "terms": terms, "term_scales": term_scales,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> SectionModel:
        """The model that `arrays` packed. Raises KeyError, ValueError."""
        return cls(
            unpack_lines(arrays["anchors"]), arrays["intercepts"], unpack_rows(arrays["vector"], arrays["vector_scales"]),
            unpack_lines(arrays["names"]), arrays["idf"], unpack_rows(arrays["terms"], arrays["term_scales"]),
        )


def fit_sections(questions: Sequence[Chunk], vectors: Vectors) -> SectionModel | None:
    """Fit the model to stored questions and their vectors; None when they lead to fewer than two sections.

    A question on several sections counts for each; sections with many questions count less for each of them.
    """
    rows = sorted({(anchor, place) for place, question in enumerate(questions) for anchor in sections_of(question)})
    anchors = tuple(sorted({anchor for anchor, _ in rows}))
    if len(anchors) < 2:
        return None
    number = {anchor: place for place, anchor in enumerate(anchors)}
    classes, places = np.array([number[anchor] for anchor, _ in rows]), np.array([place for _, place in rows])
    texts = [questions[place].text for place in places]
    held = Counter(term for place in set(places.tolist()) for term in set(tokenize(questions[place].text)))
    terms = tuple(sorted(term for term, count in held.items() if count >= MIN_QUESTIONS))
    idf = np.array([np.log(1 + len(texts) / held[term]) for term in terms], np.float32)
    importance = 1 / np.sqrt(np.bincount(classes)[classes])
    dense = np.hstack([np.ones((len(texts), 1), np.float32), vectors[places].astype(np.float32)])
    weights = _minimise(dense, _term_matrix(texts, terms, idf), classes, (importance / importance.sum()).astype(np.float32))
    cut = dense.shape[1]
    return SectionModel(anchors, weights[0], weights[1:cut], terms, idf, weights[cut:])


def sections_of(question: Chunk) -> set[str]:
    """The anchors of the sections that a stored question leads to; NOWHERE for one that nothing answers."""
    return {NOWHERE} if question.document == UNANSWERED else {anchor.split("--")[0] for anchor in question.headings}


def digest(questions: Sequence[Chunk], fingerprint: str) -> str:
    """Names what a model was fitted to: the stored questions and the embedding model."""
    hashed = hashlib.sha256(f"{FORMAT} {fingerprint}".encode())
    for question in sorted(questions, key=lambda question: question.id):
        hashed.update("\n".join((question.id, *sorted(sections_of(question)))).encode())
    return hashed.hexdigest()


def load_model(folder: Path, name: str) -> SectionModel | None:
    """The model that is stored in a folder, or None when it is not of the questions that `name` (a digest) stands for."""
    try:
        with (folder / MODEL_FILE).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return SectionModel.of_arrays(file) if bytes(file["digest"]).decode() == name else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def write_model(folder: Path, name: str, model: SectionModel) -> None:
    """Write the file that `load_model` reads. Raises OSError."""
    arrays: dict[str, Any] = {"digest": np.frombuffer(name.encode(), np.uint8), **model.arrays()}
    np.savez_compressed(folder / MODEL_FILE, **arrays)


def _term_matrix(texts: Sequence[str], terms: Sequence[str], idf: Floats) -> Any:
    """The terms of each text as a sparse row, shape (texts, terms)."""
    from scipy.sparse import csr_array

    places = dict(zip(terms, range(len(terms)), strict=True))
    weighed = [_weigh(text, places, idf) for text in texts]
    bounds = np.cumsum([0, *(len(columns) for columns, _ in weighed)])
    columns = np.array([place for columns, _ in weighed for place in columns], np.intp)
    return csr_array((np.concatenate([values for _, values in weighed]), columns, bounds), shape=(len(texts), len(terms)))


def _minimise(dense: Floats, words: Any, classes: npt.NDArray[np.intp], sample_weight: Floats) -> Floats:
    """The weights of least cross-entropy and squared size, shape (columns of `dense` and of `words`, sections).

    `dense` begins with a column of ones, whose weights are the intercepts and cost nothing; `sample_weight` sums to 1.
    """
    from scipy.optimize import minimize

    back = words.T.tocsr()
    cut, rows = dense.shape[1], np.arange(len(classes))
    shape = (cut + words.shape[1], int(classes.max()) + 1)

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights = flat.reshape(shape).astype(np.float32)
        logits = dense @ weights[:cut] + words @ weights[cut:]
        logits -= logits.max(axis=1, keepdims=True)
        residuals = np.exp(logits)
        sums = residuals.sum(axis=1, keepdims=True)
        value = float(sample_weight @ (np.log(sums[:, 0]) - logits[rows, classes]))
        residuals /= sums
        residuals[rows, classes] -= 1
        residuals *= sample_weight[:, None]
        penalised = weights.copy()
        penalised[0] = 0
        gradient = np.vstack([dense.T @ residuals, back @ residuals]) + 2 * PENALTY * penalised
        return value + PENALTY * float((penalised.astype(np.float64) ** 2).sum()), gradient.astype(np.float64).ravel()

    found = minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": MAX_ITERATIONS})
    weights: Floats = found.x.reshape(shape).astype(np.float32)
    return weights


def _weigh(text: str, terms: Mapping[str, int], idf: Floats) -> tuple[list[int], Floats]:
    """The places of a text's known terms and their weights, rarer ones weighing more, as a unit vector."""
    places = [terms[term] for term in sorted(set(tokenize(text))) if term in terms]
    values = idf[places]
    return places, values / max(float(np.linalg.norm(values)), 1e-9)
