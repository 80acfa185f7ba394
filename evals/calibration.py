"""Fit the confidence model on the development cases and on stored questions asked again: python -m evals.calibration [--write]

Prints how it does on both splits; `--write` replaces retrieval/confidence.json. Nothing held-out is fitted on.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from core.content import ASKED, UNANSWERED, load_glossary
from core.models import Vectors, get_query_encoder
from core.question_store import get_question_store
from core.settings import load_settings
from evals.cases import Split, load_cases
from evals.metrics import auroc, expected_calibration_error
from evals.section_classifier import kept_back
from ingest.pipeline import ingest
from retrieval.confidence import COEFFICIENTS_FILE, FEATURES, Coefficients, confidence
from retrieval.questions import distinct
from retrieval.retriever import Retriever
from retrieval.section_model import fit_sections
from retrieval.snapshot import Snapshot, load_snapshot

ANSWERED_FLOOR, PARTIAL_FLOOR = 0.82, 0.68  # chosen on the development split: 3 % wrong answers, 1 % refusals
CASE_WEIGHT = 8.0  # of an unanswerable case; a stored question asked again, its own copy left out, counts 1
ANSWERABLE_RATIO = 2.0  # of the weight of all answerable cases to that of all unanswerable ones, as in the held-out split
STORED_SAMPLE, UPLOAD_SAMPLE = 1500, 500
FOLDS = 4
Rows = list[tuple[dict[str, float], bool, float]]  # features, whether the notes answer it, weight


def collect(retriever: Retriever, split: Split) -> Rows:
    """Features of every case of a split, with whether the notes answer it."""
    inside, outside = load_cases("answerable", split), load_cases("unanswerable", split)
    weights = (CASE_WEIGHT, CASE_WEIGHT * ANSWERABLE_RATIO * len(outside) / len(inside))
    return [
        (dict(retriever.retrieve(case.question).features), answerable, weights[answerable])
        for cases, answerable in ((inside, True), (outside, False))
        for case in cases
    ]


def collect_stored(index: Snapshot, vectors: Vectors, open_retriever: Callable[[Snapshot], Retriever], seed: int = 0) -> Rows:
    """Features of stored questions asked again without their own copy, by models that were not fitted to them, and of some asked
    as if their topic were an upload, which has no stored questions; `vectors` are those of all stored questions."""
    random_ = random.Random(seed)  # noqa: S311 - not for security
    questions = index.questions
    unseen = [(place, question) for place, question in enumerate(questions) if kept_back(question)]
    asked = [place for place, question in unseen if question.document == ASKED and question.topic is not None]
    outside = [place for place, question in unseen if question.document == UNANSWERED]
    again = {*random_.sample(asked, min(STORED_SAMPLE, len(asked))), *outside}
    uploads = random_.sample(asked, min(UPLOAD_SAMPLE, len(asked)))
    rows: Rows = []
    for fold in range(FOLDS):
        held = {place for place in range(len(questions)) if place % FOLDS == fold}
        retriever = open_retriever(_fitted_without(index, vectors, held))
        for place in sorted(again & held):
            features = retriever.retrieve(questions[place].text, without=[place]).features
            rows.append((dict(features), questions[place].document == ASKED, 1.0))
    for fold in range(FOLDS):
        topics = {topic for place in uploads if (topic := questions[place].topic) is not None and topic % FOLDS == fold}
        fitted = _fitted_without(index, vectors, {place for place, question in enumerate(questions) if question.topic in topics})
        for topic in topics:
            retriever = open_retriever(replace(_as_upload(fitted, topic), classifier=None))  # it has seen the topic
            hidden = [place for place, question in enumerate(questions) if question.topic == topic]
            for place in sorted(set(uploads) & set(hidden)):
                rows.append((dict(retriever.retrieve(questions[place].text, without=hidden).features), True, 1.0))
    return rows


def _as_upload(index: Snapshot, topic: int) -> Snapshot:
    """The index with the notes of a topic as documents of the learner's own."""
    chunks = [
        replace(chunk, document=f"own/{PurePosixPath(chunk.document).name}", topic=None) if chunk.topic == topic else chunk
        for chunk in index.chunks
    ]
    return replace(index, chunks=chunks)


def _fitted_without(index: Snapshot, vectors: Vectors, held: Collection[int]) -> Snapshot:
    """The index with a section model fitted to all stored questions but those at some places, and queries compared with none of these."""
    kept = np.array([place for place in range(len(index.questions)) if place not in held], np.intp)
    questions = [index.questions[place] for place in kept]
    compared = kept[distinct(questions, vectors[kept])]
    return replace(index, section_model=fit_sections(questions, vectors[kept]), compared=compared, question_vectors=vectors[compared])


def fit(rows: Rows) -> Coefficients:
    """Logistic regression on the features, lightly regularised."""
    from sklearn.linear_model import LogisticRegression

    x = np.array([[features[name] for name in FEATURES] for features, _, _ in rows])
    model = LogisticRegression(C=10.0, max_iter=5000)
    model.fit(x, [answerable for _, answerable, _ in rows], sample_weight=[weight for _, _, weight in rows])
    weights = {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0], strict=True)}
    return Coefficients(round(float(model.intercept_[0]), 4), weights, ANSWERED_FLOOR, PARTIAL_FLOOR)


def rescale(model: Coefficients, rows: Rows) -> Coefficients:
    """Scale and shift the logit so that the probabilities fit the labelled cases. Source: Platt, 1999."""
    from sklearn.linear_model import LogisticRegression

    logits = [[model.logit(features)] for features, _, _ in rows]
    platt = LogisticRegression(C=1000.0).fit(
        logits, [answerable for _, answerable, _ in rows], sample_weight=[weight for _, _, weight in rows]
    )
    scale, shift = float(platt.coef_[0][0]), float(platt.intercept_[0])
    weights = {name: round(weight * scale, 4) for name, weight in model.weights.items()}
    return Coefficients(round(model.intercept * scale + shift, 4), weights, ANSWERED_FLOOR, PARTIAL_FLOOR)


def describe(rows: Rows, model: Coefficients) -> str:
    """AUROC, calibration error, and the error rates at the floors, as one line."""
    scores = [(confidence(features, model), answerable) for features, answerable, _ in rows]
    yes, no = [p for p, a in scores if a], [p for p, a in scores if not a]
    return (
        f"AUROC {auroc(yes, no):.3f}, ECE {expected_calibration_error([p for p, _ in scores], [a for _, a in scores]):.3f}, "
        f"unanswerable but answered {np.mean(np.array(no) >= model.answered_floor):.1%} "
        f"(or partly {np.mean(np.array(no) >= model.partial_floor):.1%}), "
        f"answerable but refused {np.mean(np.array(yes) < model.partial_floor):.1%}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, report, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="replace retrieval/confidence.json")
    options = parser.parse_args(arguments)
    settings = load_settings()
    ingest(settings)
    index, encoder, glossary = load_snapshot(settings), get_query_encoder(settings), load_glossary(settings.knowledge_dir)
    retriever = Retriever(index, encoder, glossary)
    development = collect(retriever, "development")
    _, vectors = get_question_store(settings).load()
    stored = collect_stored(index, vectors, lambda fitted: Retriever(fitted, encoder, glossary))
    model = rescale(fit([*development, *stored]), development)
    print(f"stored:      {describe(stored, model)}")
    print(f"development: {describe(development, model)}")
    print(f"held-out:    {describe(collect(retriever, 'held-out'), model)}")
    if options.write:
        model.save(COEFFICIENTS_FILE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
