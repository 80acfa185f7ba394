"""A search over its floor: the same encoder embeds the query, then exact dot products with the same matrix, and nothing else.

The passages are the shipped ones with their vectors and, beyond these, recombined ones with random unit vectors. The stored
questions are the shipped ones at every size.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.content import load_glossary
from core.models import Vectors, get_query_encoder
from core.settings import Settings
from evals.bench.corpus import random_unit_vectors, recombine
from evals.bench.figures import Figure, Goal, Measured, compare, quantile, summarize
from evals.bench.workspace import Workspace, say
from evals.cases import load_cases
from retrieval.lexical import LexicalIndex
from retrieval.retriever import Retriever
from retrieval.snapshot import Snapshot, load_snapshot

SIZES = (2_000, 5_000, 20_000, 50_000, 100_000)
QUICK_SIZES = (2_000, 5_000)
ROUNDS, QUERIES = 9, 100
QUICK_ROUNDS, QUICK_QUERIES = 3, 20
P50_GOALS = {
    2_000: Goal("retrieval p50 over its floor, 2k chunks", 1.3), 20_000: Goal("retrieval p50 over its floor, 20k chunks", 1.3),
    100_000: Goal("retrieval p50 over its floor, 100k chunks", 1.1),
}
GROWTH_GOAL = Goal("retrieval p95, from 2k to 100k chunks", 2.0)
GOALS = (*P50_GOALS.values(), GROWTH_GOAL)


@dataclass(frozen=True)
class Index:
    """A retriever, and the vectors that it searches."""

    retriever: Retriever
    vectors: Vectors


@dataclass(frozen=True)
class Times:
    """Milliseconds of every query of one round."""

    searches: list[float]
    floors: list[float]


def measure(workspace: Workspace) -> Measured:
    """Ratios of the quantiles at each size, and how the slowest searches grow."""
    quick = workspace.quick
    indexes = build_indexes(workspace.ingested, QUICK_SIZES if quick else SIZES)
    queries = choose_queries(QUICK_QUERIES if quick else QUERIES)
    rounds: dict[int, list[Times]] = {size: [] for size in indexes}
    say("Searching")
    for index in indexes.values():
        time_queries(index, queries[:10])
    for _ in range(QUICK_ROUNDS if quick else ROUNDS):
        for size, index in indexes.items():
            rounds[size].append(time_queries(index, queries))
    laps = {size: mean_laps(index.retriever, queries) for size, index in indexes.items()}
    return report(rounds, laps, workspace.ingested)


def build_indexes(settings: Settings, sizes: Sequence[int]) -> dict[int, Index]:
    """A retriever a size, over the first passages of one and the same sequence."""
    shipped = load_snapshot(settings)
    missing = max(max(sizes) - len(shipped.chunks), 0)
    chunks = [*shipped.chunks, *recombine(shipped.chunks, missing)]
    vectors = np.concatenate([shipped.vectors, random_unit_vectors(missing, shipped.vectors.shape[1])])
    encoder, glossary = get_query_encoder(settings), load_glossary(settings.knowledge_dir)
    indexes = {}
    for size in sizes:
        say(f"Indexing {size:,} chunks")
        lexical = LexicalIndex.build(chunks[:size])
        snapshot: Snapshot = replace(shipped, chunks=chunks[:size], vectors=vectors[:size], lexical=lexical)
        indexes[size] = Index(Retriever(snapshot, encoder, glossary), snapshot.vectors)
    return indexes


def choose_queries(count: int) -> list[str]:
    """Labelled questions, two in three of them answerable."""
    answerable = [case.question for case in load_cases("answerable")]
    unanswerable = [case.question for case in load_cases("unanswerable")]
    third = count // 3
    return answerable[:: max(len(answerable) // (count - third), 1)][: count - third] + unanswerable[:third]


def time_queries(index: Index, queries: Sequence[str]) -> Times:
    """Each query searched and its floor run, in alternating order, so that neither always finds the matrix in the cache."""
    times = Times([], [])
    for number, query in enumerate(queries):
        runs: list[tuple[list[float], Callable[[str], object]]] = [
            (times.searches, index.retriever.retrieve), (times.floors, lambda q: index.vectors @ index.retriever.encode([q])[0])
        ]
        for found, run in runs if number % 2 else reversed(runs):
            started = time.perf_counter()
            run(query)
            found.append((time.perf_counter() - started) * 1000)
    return times


def mean_laps(retriever: Retriever, queries: Sequence[str]) -> dict[str, float]:
    """Where a search spends its time: mean milliseconds by stage, which add up."""
    laps = [retriever.retrieve(query).timings_ms for query in queries]
    return {f"{stage} ms": round(sum(lap[stage] for lap in laps) / len(laps), 3) for stage in laps[0]}


def report(rounds: Mapping[int, Sequence[Times]], laps: Mapping[int, Mapping[str, float]], settings: Settings) -> Measured:
    """Ratios from the times of all rounds."""
    rows: dict[str, dict[str, Any]] = {}
    ratios: dict[int, Figure] = {}
    p95: dict[int, list[float]] = {}
    for size, times in rounds.items():
        ratios[size] = compare([quantile(t.searches, 0.5) for t in times], [quantile(t.floors, 0.5) for t in times])
        p95[size] = [quantile(t.searches, 0.95) for t in times]
        rows[str(size)] = {
            "p50 over floor": ratios[size].to_dict(),
            "p95 over floor": compare(p95[size], [quantile(t.floors, 0.95) for t in times]).to_dict(),
            "p50 ms": round(summarize([quantile(t.searches, 0.5) for t in times]).value, 3),
            "p95 ms": round(summarize(p95[size]).value, 3),
            "floor p50 ms": round(summarize([quantile(t.floors, 0.5) for t in times]).value, 3),
            "floor p95 ms": round(summarize([quantile(t.floors, 0.95) for t in times]).value, 3),
        }
    ends = p95.get(2_000), p95.get(100_000)
    growth = compare(ends[1], ends[0]) if ends[0] and ends[1] else None
    shipped = len(load_snapshot(settings).chunks)
    return Measured(
        {**{goal: ratios.get(size) for size, goal in P50_GOALS.items()}, GROWTH_GOAL: growth},
        {
            "chunks": rows, "stages": {str(size): dict(stages) for size, stages in laps.items()},
            "corpus": f"the first {shipped:,} chunks are the shipped ones with their vectors; the rest are recombined from their "
            "sentences, with random unit vectors",
            "queries in a round": len(next(iter(rounds.values()))[0].searches),
        },
    )
