"""What each part of the ranking is worth: the labelled questions searched with parts left out, and with fewer stored wordings.

Written to docs/measurements/ablation.json, from where the report takes it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.content import ASKED, load_glossary
from core.models import Vectors, get_query_encoder
from core.question_store import get_question_store
from core.settings import REPOSITORY, Settings
from evals.cases import load_cases
from evals.quality.measure import SPLITS, describe_commit
from evals.quality.retrieval import ranking_figures, search_cases
from retrieval.questions import distinct
from retrieval.retriever import SHIPPED, Retriever, Weights
from retrieval.section_model import fit_sections
from retrieval.snapshot import Snapshot, index_words, load_snapshot

MEASUREMENT = REPOSITORY / "docs" / "measurements" / "ablation.json"
SCORES = ("right topic first", "right section in top 5", "MRR")
PLAIN = Weights(nearest=0, chosen=0, words=0, heading=0)
WORDINGS = (30, 60, 90)


def measure_ablation(settings: Settings, target: Path | None = MEASUREMENT) -> dict[str, Any]:
    """Scores of every variant on both splits, as JSON."""
    cases = {split: load_cases("answerable", split) for split in SPLITS}
    table: dict[str, dict[str, float]] = {}
    for name, retriever in _variants(settings):
        table[name] = {}
        for split, asked in cases.items():
            figures = ranking_figures(search_cases(retriever, asked))
            table[name] |= {f"{score}, {split}": round(figures[score].value, 3) for score in SCORES}
    sizes = {f"cases, {split}": len(asked) for split, asked in cases.items()}
    result = {"commit": describe_commit(), **sizes, "parts of the ranking, on the notes": table}
    if target:
        target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return result


def _variants(settings: Settings) -> Iterator[tuple[str, Retriever]]:
    index, encoder, glossary = load_snapshot(settings), get_query_encoder(settings), load_glossary(settings.knowledge_dir)
    _, vectors = get_question_store(settings).load()

    def variant(weights: Weights = SHIPPED, snapshot: Snapshot = index, names: bool = True) -> Retriever:
        return Retriever(snapshot, encoder, glossary if names else (), weights=weights)

    yield "dense leg alone", variant(replace(PLAIN, lexical=0))
    yield "dense and lexical legs", variant(PLAIN)
    yield "and a heading that is asked for", variant(replace(PLAIN, heading=SHIPPED.heading))
    yield "and the nearest stored question", variant(replace(SHIPPED, chosen=0, words=0))
    yield "and the one that shares most words", variant(replace(SHIPPED, chosen=0))
    yield "and the section model", variant(snapshot=replace(index, classifier=None))
    yield "and the classifier: what ships", variant()
    yield "what ships without the glossary's expansions", variant(names=False)
    yield "what ships without the nearest question", variant(replace(SHIPPED, nearest=0))
    yield "what ships without shared words", variant(replace(SHIPPED, words=0))
    yield "what ships without the lexical leg", variant(replace(SHIPPED, lexical=0))
    for count in WORDINGS:
        yield f"without the classifier, with {count} wordings a section", variant(snapshot=_fewer(index, vectors, count))


def _fewer(index: Snapshot, vectors: Vectors, count: int) -> Snapshot:
    """The index with the first `count` stored wordings of every section, and the bank's questions, without the classifier, which has seen
    all; `vectors` are those of all questions."""
    seen: Counter[str] = Counter()
    kept = []
    for place, question in enumerate(index.questions):
        if question.document == ASKED:
            seen[question.heading] += 1
        if question.document != ASKED or seen[question.heading] <= count:
            kept.append(place)
    questions = [index.questions[place] for place in kept]
    vectors = vectors[np.array(kept)]
    compared = distinct(questions, vectors)
    return replace(
        index, questions=questions, question_vectors=vectors[compared], compared=compared, question_words=index_words(questions),
        section_model=fit_sections(questions, vectors), classifier=None,
    )
