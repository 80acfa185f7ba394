"""Are a learner's own documents found and answered from, beside the shipped notes and their thousands of stored questions?"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.settings import Settings
from evals.cases import CASES_DIR, Case, Split
from evals.quality.figures import Figures, mean_figure
from ingest.pipeline import ingest
from retrieval.confidence import load_coefficients
from retrieval.own_documents import find
from retrieval.retriever import Retriever, get_retriever

DOCUMENTS_DIR = CASES_DIR / "documents"  # one folder a split
TOP, DEPTH = 5, 10


def document_figures(settings: Settings, cases: Sequence[Case], split: Split) -> Figures:
    """Shares of questions on the documents of a split, asked with these added to the current index."""
    with retriever_with(settings, DOCUMENTS_DIR / split) as retriever:
        return figures_with(retriever, cases)


@contextmanager
def retriever_with(settings: Settings, documents: Path) -> Iterator[Retriever]:
    """A retriever over the current index with a folder of documents added as the learner's own."""
    with tempfile.TemporaryDirectory() as folder:
        own = settings.model_copy(update={"data_dir": Path(folder)})
        shutil.copytree(settings.data_dir / "chroma", own.data_dir / "chroma")  # the notes need not be embedded again
        ingest(own, [documents])
        yield get_retriever(own)


def figures_with(retriever: Retriever, cases: Sequence[Case]) -> Figures:
    """Of questions that a document answers: found first, quoted among the first five, refused; of others on the same subject: answered."""
    floors = load_coefficients()
    first, quoted, refused, answered, partly = [], [], [], [], []
    for case in cases:
        found = find(retriever, case.question, DEPTH)
        if not case.data["quote"]:
            answered.append(found.confidence >= floors.answered_floor)
            partly.append(found.confidence >= floors.partial_floor)
            continue
        first.append(bool(found.hits) and PurePosixPath(found.hits[0].chunk.document).name == case.data["document"])
        quoted.append(any(case.data["quote"] in hit.chunk.text for hit in found.hits[:TOP]))
        refused.append(found.confidence < floors.partial_floor)
    return {
        "right document first": mean_figure(first), "answering passage in top 5": mean_figure(quoted),
        "refused though it answers": mean_figure(refused, "lower"), "answered though it does not": mean_figure(answered, "lower"),
        "the same, partial ones included": mean_figure(partly, "lower"),
    }
