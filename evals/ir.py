"""The product's own retrieval on any collection in BEIR format: dense, lexical, fused, and what ships, side by side.

Collection: a folder with `corpus.jsonl` {_id or id, title, text}, `queries.jsonl` {_id or id, text} and `qrels.tsv`
(query, document, relevance; a header line is allowed). Source of the format: Thakur et al., 2021, arXiv:2104.08663.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from core.errors import GroundworkError
from core.models import get_embeddings, get_query_encoder, token_counter
from core.settings import Settings
from core.types import Chunk, Document
from evals.metrics import ndcg, recall, reciprocal_rank
from ingest.chunking import chunk_embedding_text, split_document
from retrieval.fusion import Scores
from retrieval.lexical import LexicalIndex
from retrieval.retriever import Retriever
from retrieval.snapshot import Snapshot

Qrels = dict[str, dict[str, int]]
DEPTH = 100  # documents ranked a query


class CollectionError(GroundworkError):
    """A collection cannot be read."""

    help = "It needs corpus.jsonl, queries.jsonl and qrels.tsv in BEIR format."


def load_collection(folder: Path) -> tuple[dict[str, str], dict[str, str], Qrels]:
    """Documents as Markdown (title as heading) and queries by id, and the judgements. Raises CollectionError."""
    try:
        corpus = {_id(d): f"# {d.get('title') or _id(d)}\n\n{d['text']}" for d in _json_lines(folder / "corpus.jsonl")}
        queries = {_id(q): str(q["text"]) for q in _json_lines(folder / "queries.jsonl")}
        qrels: Qrels = {}
        for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
            parts = line.split()
            if len(parts) >= 3 and parts[-1].lstrip("-").isdigit():
                qrels.setdefault(parts[0], {})[parts[-2]] = int(parts[-1])
    except (OSError, ValueError, KeyError) as error:
        raise CollectionError(f"The collection in {folder} cannot be read ({error}).") from error
    return corpus, queries, qrels


def _json_lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _id(row: Mapping[str, str]) -> str:
    return str(row.get("_id") or row["id"])


def build_retriever(corpus: Mapping[str, str], settings: Settings) -> Retriever:
    """The product's chunker, model and retriever over a collection; neither glossary nor question bank."""
    count_tokens = token_counter(settings)
    chunks: list[Chunk] = []
    for id_, text in corpus.items():
        title = text.partition("\n")[0].removeprefix("# ")
        chunks += split_document(Document(id_, title, text), count_tokens)
    print(f"{len(corpus)} documents, {len(chunks)} passages; embedding…", file=sys.stderr)
    vectors = get_embeddings(settings).encode([chunk_embedding_text(chunk) for chunk in chunks])
    index = Snapshot(chunks, vectors, LexicalIndex.build(chunks), [], np.zeros((0, 0), np.float32), np.zeros(0, np.intp))
    return Retriever(index, get_query_encoder(settings))


def rank_documents(scores: Scores, chunks: Sequence[Chunk]) -> list[str]:
    """The DEPTH best documents, each by its best passage; ties in passage order."""
    order = np.argsort(-scores, kind="stable")
    ranked: dict[str, None] = {}
    for place in order:
        ranked[chunks[place].document] = None
        if len(ranked) == DEPTH:
            break
    return list(ranked)


class Report(TypedDict):
    """Scores of every system on one collection."""

    collection: str
    systems: dict[str, dict[str, float]]


def evaluate_collection(folder: Path, settings: Settings) -> Report:
    """{"collection", "systems": {name: {"ndcg@10", "recall@100", "mrr@10", "qps"}}}.

    nDCG has linear gain. Queries per second: of one thread, the embedding of the query included. The first three systems are read off the
    same search, so their speed is that search's; `shipped` is what the product does, the list of hits included.
    """
    corpus, queries, qrels = load_collection(folder)
    retriever = build_retriever(corpus, settings)
    asked = [id_ for id_ in queries if qrels.get(id_)]
    started = time.perf_counter()
    searches = {id_: retriever.search(queries[id_]) for id_ in asked}
    rate = len(asked) / (time.perf_counter() - started)
    started = time.perf_counter()
    for id_ in asked:
        retriever.retrieve(queries[id_])
    shipped_rate = len(asked) / (time.perf_counter() - started)
    runs = {
        name: {id_: rank_documents(getattr(search, stage), retriever.chunks) for id_, search in searches.items()}
        for name, stage in {"dense": "dense", "lexical": "lexical", "fused": "fused", "shipped": "scores"}.items()
    }
    rates = {name: shipped_rate if name == "shipped" else rate for name in runs}
    systems = {name: _scores(run, qrels) | {"qps": round(rates[name], 1)} for name, run in runs.items()}
    return {"collection": folder.name, "systems": systems}


def _scores(run: Mapping[str, Sequence[str]], qrels: Qrels) -> dict[str, float]:
    def mean(values: list[float]) -> float:
        return round(float(np.mean(values)), 4)

    relevant = {id_: {d for d, grade in qrels[id_].items() if grade > 0} for id_ in run}
    return {
        "ndcg@10": mean([ndcg(ranking, qrels[id_], 10) for id_, ranking in run.items()]),
        "recall@100": mean([recall(ranking, relevant[id_], 100) for id_, ranking in run.items() if relevant[id_]]),
        "mrr@10": mean([reciprocal_rank(ranking[:10], relevant[id_]) for id_, ranking in run.items()]),
    }
