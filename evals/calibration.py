"""Fit the confidence model on the development cases: python -m evals.calibration [--write]

Prints how it does on both splits; `--write` replaces retrieval/confidence.json. Only the development split is fitted on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

import numpy as np

from core.settings import load_settings
from evals.cases import Split, load_cases
from evals.metrics import auroc, expected_calibration_error
from ingest.pipeline import ingest
from retrieval.confidence import COEFFICIENTS_FILE, FEATURES, Coefficients, confidence
from retrieval.retriever import Retriever, get_retriever

ANSWERED_FLOOR, PARTIAL_FLOOR = 0.60, 0.50  # chosen on the development split
Rows = list[tuple[dict[str, float], bool]]


def collect(retriever: Retriever, split: Split) -> Rows:
    """Features of every case of a split, with whether the notes answer it."""
    labelled = [(case, True) for case in load_cases("answerable", split)]
    labelled += [(case, False) for case in load_cases("unanswerable", split)]
    return [(dict(retriever.retrieve(case.question).features), answerable) for case, answerable in labelled]


def fit(rows: Rows) -> Coefficients:
    """Logistic regression on the features, lightly regularised."""
    from sklearn.linear_model import LogisticRegression

    x = np.array([[features[name] for name in FEATURES] for features, _ in rows])
    model = LogisticRegression(C=10.0, max_iter=5000).fit(x, [answerable for _, answerable in rows])
    weights = {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0], strict=True)}
    return Coefficients(round(float(model.intercept_[0]), 4), weights, ANSWERED_FLOOR, PARTIAL_FLOOR)


def describe(rows: Rows, model: Coefficients) -> str:
    """AUROC, calibration error, and the error rates at the floors, as one line."""
    scores = [(confidence(features, model), answerable) for features, answerable in rows]
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
    retriever = get_retriever(settings)
    development = collect(retriever, "development")
    model = fit(development)
    print(f"development: {describe(development, model)}")
    print(f"held-out:    {describe(collect(retriever, 'held-out'), model)}")
    if options.write:
        COEFFICIENTS_FILE.write_text(json.dumps(model.__dict__, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
