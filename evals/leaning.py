"""Fit the model that tells whether a message leans on its conversation: python -m evals.leaning [--write]

On the development conversations, and on development questions asked in conversations on something else; prints how it does on writers and
questions that it was not fitted to, and on the held-out conversations. `--write` replaces chat/leaning.json. What was said before the last
message is read with the coefficients of that file, so run it twice after a change of the features.
"""

from __future__ import annotations

import argparse
import random
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from chat.leaning import COEFFICIENTS_FILE, FEATURES, LEANS_FROM, LeaningModel, phrases_of
from chat.standalone import message_features
from core.content import GlossaryTerm, Question, load_glossary, load_questions
from core.settings import load_settings
from core.types import Turn
from evals.cases import Split, load_cases
from evals.metrics import auroc
from evals.quality.conversations import turns_of
from ingest.pipeline import ingest
from retrieval.retriever import Retriever, get_retriever

REGULARIZATION = 0.05
MIN_MESSAGES = 15  # a phrase in fewer says nothing
PHRASE_SCALE = 2.0  # a phrase may weigh as much as a feature of two standard deviations
WRITERS = (61, 151, 331, 511, 691, 1021, 1150, 1280, 1409, 1538)  # the numbers of the cases from which another writer goes on
BANK_SAMPLE = 200
OPENERS, OPENED = ("ok, ", "So ", "thanks! ", "Now, ", "Ok thanks. "), 0.25
FOLDS = 6


class Said(NamedTuple):
    """A message after a conversation; those of one `group`, a writer or a question, are never on both sides of the cross-validation."""

    history: Sequence[Turn]
    message: str
    leans: bool
    group: str


class Row(NamedTuple):
    """What the model is fitted to."""

    said: Said
    features: dict[str, float]


def conversations(split: Split) -> Iterator[Said]:
    """The conversations of a split as they are."""
    for case in load_cases("follow_ups", split):
        writer = bisect(WRITERS, int(case.id.removeprefix("f")))
        yield Said(turns_of(case), case.question, case.data["standalone"] != case.question, f"writer {writer}")


def interruptions(bank: Sequence[Question], seed: int = 0) -> Iterator[Said]:
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
            yield Said(turns_of(random_.choice(others)), opener + question, False, question)


def collect(retriever: Retriever, glossary: Sequence[GlossaryTerm], asked: Iterable[Said]) -> list[Row]:
    """The messages that the model is asked about, and their features."""
    found = (Row(said, message_features(said.history, said.message, glossary, retriever.glance)) for said in asked)
    return [row for row in found if row.features]


def fit(rows: Sequence[Row]) -> tuple[LeaningModel, list[float]]:
    """Logistic regression, and the probability of each row by models fitted without its group."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    phrases = [phrases_of(row.said.message) for row in rows]
    held = Counter(phrase for found in phrases for phrase in found)
    common = sorted(phrase for phrase, count in held.items() if MIN_MESSAGES <= count < len(rows))
    numbers = np.array([[row.features[name] for name in FEATURES] for row in rows])
    mean, deviation = numbers.mean(axis=0), numbers.std(axis=0)
    has = np.array([[phrase in found for phrase in common] for found in phrases])
    x, y = np.hstack([(numbers - mean) / deviation, PHRASE_SCALE * has]), np.array([row.said.leans for row in rows])
    model = LogisticRegression(C=REGULARIZATION, max_iter=2000)
    groups = np.unique([row.said.group for row in rows], return_inverse=True)[1]
    unseen = cross_val_predict(model, x, y, cv=GroupKFold(FOLDS), groups=groups, method="predict_proba")[:, 1]
    model.fit(x, y)
    weights = model.coef_[0][: len(FEATURES)] / deviation
    of_phrases = PHRASE_SCALE * model.coef_[0][len(FEATURES) :]
    named = {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)}
    phrased = {phrase: round(float(weight), 3) for phrase, weight in zip(common, of_phrases, strict=True)}
    return LeaningModel(round(float(model.intercept_[0] - weights @ mean), 4), named, phrased), unseen.tolist()


def describe(rows: Sequence[Row], probabilities: Sequence[float]) -> str:
    """One line: how well they are told apart, and the shares that are taken for leaning."""
    leaning = [p for p, row in zip(probabilities, rows, strict=True) if row.said.leans]
    complete = [p for p, row in zip(probabilities, rows, strict=True) if not row.said.leans]
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
    written = collect(retriever, glossary, conversations("development"))
    amid = collect(retriever, glossary, interruptions(load_questions(settings.knowledge_dir)))
    model, unseen = fit([*written, *amid])
    alone = np.array(unseen[len(written) :])
    print(f"development, by models without the writer: {describe(written, unseen[: len(written)])}")
    print(f"complete questions amid others, by models without the question: {np.mean(alone >= LEANS_FROM):.1%} of {len(amid)} completed")
    held_out = collect(retriever, glossary, conversations("held-out"))
    print(f"held-out: {describe(held_out, [model.probability_of(row.said.message, row.features) for row in held_out])}")
    if options.write:
        model.save(COEFFICIENTS_FILE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
