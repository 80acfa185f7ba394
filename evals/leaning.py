"""Fit the model that tells whether a message leans on its conversation: python -m evals.leaning [--write]

On the development conversations, and on development questions asked in conversations on something else; prints how it does in
cross-validation and on the held-out conversations. `--write` replaces chat/leaning.json.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from chat.leaning import COEFFICIENTS_FILE, FEATURES, LEANS_FROM
from chat.standalone import unresolved_features
from core.content import GlossaryTerm, Question, load_glossary, load_questions
from core.settings import load_settings
from core.types import Turn
from evals.cases import Split, load_cases
from evals.metrics import auroc
from evals.quality.conversations import turns_of
from ingest.pipeline import ingest
from retrieval.logistic import LogisticModel
from retrieval.retriever import Retriever, get_retriever

REGULARIZATION = 0.3
BANK_SAMPLE = 200
OPENERS, OPENED = ("ok, ", "So ", "thanks! ", "Now, ", "Ok thanks. "), 0.25
FOLDS = 6
Conversation = tuple[Sequence[Turn], str, bool]  # before, the message, whether it leans on what was before
Rows = list[tuple[dict[str, float], bool]]


def conversations(split: Split) -> Iterator[Conversation]:
    """The conversations of a split as they are."""
    for case in load_cases("follow_ups", split):
        yield turns_of(case), case.question, case.data["standalone"] != case.question


def interruptions(bank: Sequence[Question], seed: int = 0) -> Iterator[Conversation]:
    """Complete questions in conversations that they do not need: development questions and some of the bank after a conversation of
    another topic and after one of the same; some begin with "ok" or "thanks"."""
    random_ = random.Random(seed)  # noqa: S311 - not for security
    before = load_cases("follow_ups", "development")
    cases = [case for name in ("answerable", "plain", "unanswerable") for case in load_cases(name, "development")]
    asked = [(case.question, case.data.get("topic")) for case in cases]
    asked += [(question.question, question.topic) for question in random_.sample(list(bank), min(BANK_SAMPLE, len(bank)))]
    for question, topic in asked:
        opener = random_.choice(OPENERS) if random_.random() < OPENED else ""
        near = [case for case in before if case.data.get("topic") == topic]
        far = [case for case in before if case.data.get("topic") != topic]
        for others in filter(None, (near, far)):
            yield turns_of(random_.choice(others)), opener + question, False


def collect(retriever: Retriever, glossary: Sequence[GlossaryTerm], asked: Iterable[Conversation]) -> Rows:
    """Features of the messages that the rules leave as they are, with whether they lean."""
    found = ((unresolved_features(history, message, glossary, retriever.glance), leans) for history, message, leans in asked)
    return [(features, leans) for features, leans in found if features]


def fit(rows: Rows) -> tuple[LogisticModel, list[float]]:
    """Logistic regression, and the probability of each row in cross-validation."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = np.array([[features[name] for name in FEATURES] for features, _ in rows]), np.array([leans for _, leans in rows])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=REGULARIZATION, max_iter=2000))
    unseen = cross_val_predict(model, x, y, cv=FOLDS, method="predict_proba")[:, 1]
    scaler, regression = model.fit(x, y)
    weights = regression.coef_[0] / scaler.scale_
    intercept = float(regression.intercept_[0] - weights @ scaler.mean_)
    named = {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)}
    return LogisticModel(round(intercept, 4), named), unseen.tolist()


def describe(rows: Rows, probabilities: Sequence[float]) -> str:
    """One line: how well they are told apart, and the shares that are taken for leaning."""
    leaning = [p for p, (_, leans) in zip(probabilities, rows, strict=True) if leans]
    complete = [p for p, (_, leans) in zip(probabilities, rows, strict=True) if not leans]
    return (
        f"AUROC {auroc(leaning, complete):.3f}; completed: {np.mean(np.array(leaning) >= LEANS_FROM):.1%} of {len(leaning)} that lean, "
        f"{np.mean(np.array(complete) >= LEANS_FROM):.1%} of {len(complete)} that do not"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, report, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"replace chat/{COEFFICIENTS_FILE.name}")
    options = parser.parse_args(arguments)
    settings = load_settings()
    ingest(settings)
    retriever, glossary = get_retriever(settings), load_glossary(settings.knowledge_dir)
    rows = collect(retriever, glossary, [*conversations("development"), *interruptions(load_questions(settings.knowledge_dir))])
    model, unseen = fit(rows)
    held_out = collect(retriever, glossary, conversations("held-out"))
    print(f"development, cross-validated: {describe(rows, unseen)}")
    print(f"held-out: {describe(held_out, [model.probability(features) for features, _ in held_out])}")
    if options.write:
        model.save(COEFFICIENTS_FILE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
