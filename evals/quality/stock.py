"""The stock LangChain pipeline over the same documents and questions, for comparison.

RecursiveCharacterTextSplitter(1000, 200), the same model as HuggingFaceEmbeddings runs it and Chroma.from_documents with their
defaults, the four nearest passages. It names no sections: a passage stands for the sections it overlaps, found by character offsets. A
longer ranking of the same index is reported too, so that depth alone does not decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from chat.answering import SEARCH_DEPTH
from core.content import slugify
from core.errors import GroundworkError
from core.models import embedding_model_path
from core.settings import Settings
from core.types import Document
from evals.cases import Case
from evals.metrics import auroc
from evals.quality.figures import Figures, bootstrap
from evals.quality.retrieval import Ranked
from ingest.documents import load_document
from ingest.pipeline import document_id, knowledge_files

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CHUNK_CHARACTERS, OVERLAP_CHARACTERS, TOP = 1000, 200, 4
SHARE = 0.2  # of a passage: what it must hold of a section to stand for it
_HEADING = re.compile(r"^(?:```.*?^```|## +(?P<name>[^\n]+?)[ #]*$)", re.MULTILINE | re.DOTALL)


class StockUnavailableError(GroundworkError):
    """The stock pipeline cannot be built."""

    help = "Install the development requirements: make eval does it."


@dataclass(frozen=True)
class SectionMap:
    """Where the `##` sections of a document lie in its text."""

    spans: tuple[tuple[int, int, str], ...]  # start, end, anchor

    @classmethod
    def of(cls, document: Document) -> SectionMap:
        """Read the headings of a Markdown document, code blocks passed over."""
        stem = PurePosixPath(document.id).stem
        starts = [(m.start(), f"{stem}#{slugify(m['name'])}") for m in _HEADING.finditer(document.text) if m["name"]]
        starts = [(0, f"{stem}#"), *starts]
        ends = [start for start, _ in starts[1:]] + [len(document.text)]
        return cls(tuple((start, end, anchor) for (start, anchor), end in zip(starts, ends, strict=True)))

    def sections(self, start: int, end: int) -> list[str]:
        """The sections that hold a good part of the text from `start` to `end`, the largest part first."""
        parts = [(min(end, b) - max(start, a), anchor) for a, b, anchor in self.spans]
        held = sorted(((size, anchor) for size, anchor in parts if size >= SHARE * (end - start)), key=lambda part: -part[0])
        return [anchor for _, anchor in held]


def load_stock_model(model: str) -> SentenceTransformer:
    """A sentence-transformers model, by folder or hub name, as anyone would load it, in float32."""
    import torch
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(model, device="cpu", model_kwargs={"dtype": torch.float32})


class StockEmbeddings(Embeddings):
    """What langchain-huggingface's HuggingFaceEmbeddings does by default, in float32. That package asks for an older huggingface-hub."""

    def __init__(self, model: str) -> None:
        self._model = load_stock_model(model)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, line breaks read as spaces."""
        vectors = self._model.encode([text.replace("\n", " ") for text in texts])
        return vectors.tolist()  # type: ignore[no-any-return]

    def embed_query(self, text: str) -> list[float]:
        """The vector of one query."""
        return self.embed_documents([text])[0]


class StockPipeline:
    """The index, and the sections of its passages."""

    def __init__(self, settings: Settings) -> None:
        """Split, embed and index the shipped documents, in memory.

        Raises:
            StockUnavailableError: langchain-chroma is not installed.
        """
        try:
            from langchain_chroma import Chroma
        except ImportError as error:
            raise StockUnavailableError("The stock pipeline needs langchain-chroma.") from error
        from langchain_core.documents import Document as Passage
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        documents = [load_document(path, document_id(path, settings)) for path in knowledge_files(settings)]
        self._maps = {document.id: SectionMap.of(document) for document in documents}
        splitter = RecursiveCharacterTextSplitter(
            chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS, add_start_index=True
        )
        passages = splitter.split_documents([
            Passage(page_content=d.text, metadata={"document": d.id, "topic": d.topic or 0}) for d in documents
        ])
        self.size = len(passages)
        self._store = Chroma.from_documents(passages, StockEmbeddings(embedding_model_path(settings)), collection_name="stock")

    def close(self) -> None:
        """Drop the index."""
        self._store.delete_collection()

    def search(self, question: str) -> list[tuple[Any, float]]:
        """Passages with their distance, nearest first, as many as the longer ranking has."""
        return self._store.similarity_search_with_score(question, SEARCH_DEPTH)

    def rank(self, case: Case, found: Sequence[tuple[Any, float]]) -> Ranked:
        """The topic of the first passage and the sections of all, as the product's ranking is read."""
        sections: list[str] = []
        for passage, _ in found:
            start = passage.metadata["start_index"]
            sections += self._maps[passage.metadata["document"]].sections(start, start + len(passage.page_content))
        return Ranked(case, found[0][0].metadata["topic"] if found else None, list(dict.fromkeys(sections)))


@dataclass(frozen=True)
class StockResult:
    """Rankings of the four nearest passages and of the longer list, and what the nearest distance says about answerability."""

    top: list[Ranked]
    longer: list[Ranked]
    abstention: Figures


def run_stock(pipeline: StockPipeline, answerable: Sequence[Case], unanswerable: Sequence[Case]) -> StockResult:
    """Ask the stock pipeline every case."""
    found = {case.id: pipeline.search(case.question) for case in (*answerable, *unanswerable)}
    near = {id_: -passages[0][1] for id_, passages in found.items()}
    return StockResult(
        [pipeline.rank(case, found[case.id][:TOP]) for case in answerable],
        [pipeline.rank(case, found[case.id]) for case in answerable],
        {"AUROC": bootstrap(auroc, [near[case.id] for case in answerable], [near[case.id] for case in unanswerable])},
    )
