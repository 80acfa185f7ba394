"""python -m evals.answerability train --weights FILE [--start FILE] [--seed N] | fit [--write] | score

`train` makes weights, from the judge's or those of --start; `fit` turns what is read into a probability, on the development documents and
on those of writers that the model was not trained on; `score` prints how the two are told apart.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.answerability import Answerability, available_answerability
from core.judge import WEIGHTS_FILE as JUDGE_WEIGHTS
from core.models import get_query_encoder, token_counter
from core.settings import Settings, load_settings
from evals.answerability.data import HELD_BACK, Asked, AskedDocument, document_pairs, load_documents, notes_pairs
from evals.cases import load_cases
from evals.judge.train import train
from evals.metrics import auroc
from evals.quality.documents import DEPTH, DOCUMENTS_DIR, retriever_with
from ingest.pipeline import ingest
from retrieval.confidence import load_coefficients
from retrieval.logistic import LogisticModel
from retrieval.own_documents import COEFFICIENTS_FILE, answer_features, own_passages
from retrieval.snapshot import load_snapshot

RATE = 2e-4
TEMPERATURE_PAIRS = 600
DEVELOPMENT_WEIGHT = 20.0  # of a development question; one of the held-back writers, which are made to be hard, counts 1
ANSWERED_RATIO = 4.0  # answered questions to others: people ask their own documents for what these hold


class Read(NamedTuple):
    """A question, whether the document answers it, and the odds of the passages that were read, none when none was."""

    answered: bool
    odds: list[float]
    weight: float


def make_weights(settings: Settings, target: Path, start: Path, rate: float, seed: int) -> None:
    """One epoch over the documents of all writers but those held back, and over some of the notes' stored questions."""
    count_tokens, encoder = token_counter(settings), get_query_encoder(settings)
    random_ = random.Random(seed)  # noqa: S311 - not for security
    known = [document for document in load_documents() if not document.name.startswith(HELD_BACK)]
    unseen = [document for document in load_documents() if document.name.startswith(HELD_BACK)]
    pairs = [*document_pairs(known, encoder.encode, count_tokens, random_), *notes_pairs(load_snapshot(settings), encoder.encode, random_)]
    development = random_.sample(list(document_pairs(unseen, encoder.encode, count_tokens, random_)), TEMPERATURE_PAIRS)
    print(f"{len(pairs)} pairs", file=sys.stderr)
    train([pairs], development, target, start, rate, seed)


def read_all(settings: Settings, reader: Answerability) -> dict[str, list[Read]]:
    """What is read for the questions of the development and the held-out documents and of the writers held back, each beside the notes."""
    found = {}
    for split in ("development", "held-out"):
        asked = [Asked(case.question, case.data["quote"]) for case in load_cases("documents", split)]
        found[split] = _read(settings, reader, DOCUMENTS_DIR / split, asked, DEVELOPMENT_WEIGHT)
    for writer in HELD_BACK:
        with tempfile.TemporaryDirectory() as name:
            documents = [document for document in load_documents() if document.name.startswith(writer)]
            _write(documents, Path(name))
            found[f"writer {writer}"] = _read(settings, reader, Path(name), [asked for d in documents for asked in d.questions], 1.0)
    return found


def _write(documents: Sequence[AskedDocument], folder: Path) -> None:
    for document in documents:
        (folder / f"{document.name}.md").write_text(f"# {document.title}\n\n{document.text}\n", encoding="utf-8")


def _read(settings: Settings, reader: Answerability, folder: Path, asked: Sequence[Asked], weight: float) -> list[Read]:
    with retriever_with(settings, folder) as retriever:
        found = [(one, own_passages(retriever.retrieve(one.question, DEPTH).hits)) for one in asked]
    return [Read(bool(one.quote), reader.odds(one.question, [hit.chunk for hit in own]) if own else [], weight) for one, own in found]


def fit(rows: Sequence[Read]) -> LogisticModel:
    """Logistic regression on the questions for which a passage was read."""
    from sklearn.linear_model import LogisticRegression

    rows = [row for row in rows if row.odds]
    features = [answer_features(row.odds) for row in rows]
    y, weights = np.array([row.answered for row in rows]), np.array([row.weight for row in rows])
    weights[y] *= ANSWERED_RATIO * weights[~y].sum() / weights[y].sum()
    names = list(features[0])
    model = LogisticRegression(C=10.0).fit([[one[name] for name in names] for one in features], y, sample_weight=weights)
    named = {name: round(float(weight), 4) for name, weight in zip(names, model.coef_[0], strict=True)}
    return LogisticModel(round(float(model.intercept_[0]), 4), named)


def describe(rows: Sequence[Read], model: LogisticModel) -> str:
    """AUROC, and the error rates at the floors; a question for which nothing was read counts as refused."""
    floors = load_coefficients()
    scored = [(model.probability(answer_features(row.odds)) if row.odds else 0.0, row.answered) for row in rows]
    yes, no = (np.array([p for p, answered in scored if answered is wanted]) for wanted in (True, False))
    shares = [
        np.mean(yes >= floors.answered_floor), np.mean(yes < floors.partial_floor), np.mean(no >= floors.answered_floor),
        np.mean(no >= floors.partial_floor),
    ]
    full, refused, wrong, partly = (f"{share:.1%}" for share in shares)
    return (
        f"AUROC {auroc(yes.tolist(), no.tolist()):.3f}; answered by the document: fully {full}, refused {refused}; "
        f"not answered by it: fully {wrong}, at least partly {partly}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, fit or score."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m evals.answerability", description=__doc__, formatter_class=raw)
    parser.add_argument("command", choices=("train", "fit", "score"))
    parser.add_argument("--weights", type=Path, help="the file to write")
    parser.add_argument("--start", type=Path, default=JUDGE_WEIGHTS, help="weights to go on from; the judge's by default")
    parser.add_argument("--rate", type=float, default=RATE, help="learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help=f"replace retrieval/{COEFFICIENTS_FILE.name}")
    options = parser.parse_args(arguments)
    settings = load_settings()
    ingest(settings)
    if options.command == "train":
        if options.weights is None:
            parser.error("train needs --weights, the file to write")
        make_weights(settings, options.weights, options.start, options.rate, options.seed)
        return 0
    reader = available_answerability()
    if reader is None:
        parser.error("the shipped weights are missing or damaged; python cli.py doctor says more")
    rows = read_all(settings, reader)
    used = [row for name, of_name in rows.items() if name != "held-out" for row in of_name]
    model = fit(used) if options.command == "fit" else LogisticModel.load(COEFFICIENTS_FILE)
    for name, of_name in rows.items():
        print(f"{name}: {describe(of_name, model)}")
    if options.command == "fit" and options.write:
        model.save(COEFFICIENTS_FILE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
