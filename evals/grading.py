"""How well the grader agrees with labelled answers: python -m evals.grading [--split development|held-out] [--fit] [--json]

Texts and labels of `evals/cases/graded.jsonl` and `adversarial.jsonl` are model-made, written apart from the grader and its training data.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np

from core.content import KeyPoint
from core.judge import SUPPORTS, get_judge
from core.models import get_query_encoder
from core.settings import load_settings
from evals.cases import Split, load_rows
from evals.gaps import bank_questions
from evals.judge.noise import filler, garble, stuff_keywords
from evals.judge.texts import Exam, load_answers, load_exams, split_of
from evals.quality.figures import Figures, mean_figure, paired_bootstrap, print_figures
from practice.evidence import NoteQuotes
from practice.grading import JudgeGrader, own_pieces
from practice.types import Grade, Grader, PracticeQuestion
from practice.verdicts import COEFFICIENTS_FILE, VERDICTS, VerdictModel, load_verdict_model, verdict_features
from retrieval.snapshot import load_snapshot

LEVELS = 5  # scores are compared in steps of a quarter
QUALITIES = ("full", "good", "half", "weak", "wrong")
ATTACK_LIMIT = 0.3
NOTHING_WEIGHT = 3.0  # in fitting, of text that says nothing; an answer has 1
NOTHING_QUESTIONS = 100  # for which such text is made
REGULARIZATION = 0.03


@cache
def _questions() -> Mapping[str, PracticeQuestion]:
    """The bank's questions by their ids."""
    return {question.id: question for question in bank_questions()}


def grade_answers(grader: Grader, answers: Sequence[Mapping[str, Any]]) -> list[Grade]:
    """Grade every answer to its question of the bank."""
    bank = _questions()
    return [grader.grade(bank[answer["question_id"]], answer["response"]) for answer in answers]


def agreement_figures(answers: Sequence[Mapping[str, Any]], grades: Sequence[Grade]) -> Figures:
    """Kappa and rank correlation of the scores, the shares that fool or wrong the learner, verdicts, and mean scores by level."""
    labels, scores = np.array([a["score"] for a in answers]), np.array([g.score for g in grades])
    quality = np.array([a["quality"] for a in answers])
    full = quality == "full"
    terse = full & np.array([a["style"] in {"terse", "bulleted", "notation"} for a in answers])
    pairs = [(label, c.verdict) for a, g in zip(answers, grades, strict=True) for label, c in zip(a["verdicts"], g.criteria, strict=True)]
    sure = [(label, verdict) for label, verdict in pairs if verdict != "unsure"]
    return {
        "quadratic weighted kappa": paired_bootstrap(_kappa, labels.tolist(), scores.tolist()),
        "rank correlation": paired_bootstrap(_rank_correlation, labels.tolist(), scores.tolist()),
        "fluent wrong answers above 0.5": mean_figure(scores[quality == "wrong"] > 0.5, "lower"),
        "full answers below 0.7": mean_figure(scores[full] < 0.7, "lower"),
        "terse full answers below 0.7": mean_figure(scores[terse] < 0.7, "lower"),
        "verdicts that agree, where sure": mean_figure([label == verdict for label, verdict in sure]),
        "contradicted points called met": mean_figure([v == "met" for label, v in pairs if label == "contradicted"], "lower"),
        "unsure points": mean_figure([verdict == "unsure" for _, verdict in pairs], "neither"),
        **{f"mean score, {name} answers": mean_figure(scores[quality == name], "neither") for name in QUALITIES},
        **{f"labelled mean, {name} answers": mean_figure(labels[quality == name], "neither") for name in QUALITIES},
    }


def grading_figures(grader: Grader, split: Split | None = None) -> Figures:
    """Everything about grading on one split, or on both."""
    answers, attacks = load_rows("graded", split), load_rows("adversarial", split)
    fooled = [grade.score > ATTACK_LIMIT for grade in grade_answers(grader, attacks)]
    return agreement_figures(answers, grade_answers(grader, answers)) | {"adversarial answers above 0.3": mean_figure(fooled, "lower")}


def _kappa(labels: np.ndarray, scores: np.ndarray) -> float:
    """Agreement of scores in steps of a quarter. Source: Cohen, Psychological Bulletin 1968."""
    from sklearn.metrics import cohen_kappa_score

    levels = [np.round(np.asarray(values, float) * (LEVELS - 1)).astype(int) for values in (labels, scores)]
    return float(cohen_kappa_score(*levels, labels=list(range(LEVELS)), weights="quadratic"))


def _rank_correlation(labels: np.ndarray, scores: np.ndarray) -> float:
    """Spearman's rank correlation."""
    from scipy.stats import spearmanr

    return float(spearmanr(labels, scores).statistic)


def fit_verdicts(grader: JudgeGrader, seed: int = 0) -> VerdictModel:
    """Fit the verdicts on answers that the judge was not trained on: the development answers, those to its test questions, and text that
    says nothing (the development attacks, bags of the right words, words that only sound right, filling)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    bank = _questions()
    random_ = random.Random(seed)  # noqa: S311 - not for security
    rows: list[list[float]] = []
    labels: list[int] = []
    weights: list[float] = []

    def add(question: PracticeQuestion, text: str, verdicts: Sequence[str], weight: float = 1.0) -> None:
        if pieces := own_pieces(question, text):
            found = verdict_features([point.text for point in question.key_points], pieces, grader.read(question, pieces))
            rows.extend(found)
            labels.extend(VERDICTS.index(verdict) for verdict in verdicts)
            weights.extend([weight] * len(found))

    def add_nothing(question: PracticeQuestion, *texts: str) -> None:
        for text in texts:
            add(question, text, ["missed"] * len(question.key_points), NOTHING_WEIGHT)

    for answer in load_rows("graded", "development"):
        add(bank[answer["question_id"]], answer["response"], answer["verdicts"])
    for answer in load_rows("adversarial", "development"):
        add_nothing(bank[answer["question_id"]], answer["response"])
    asked: dict[str, PracticeQuestion] = {}
    for question, text, verdicts in _unseen_answers():
        asked[question.id] = question
        add(question, text, verdicts)
    for question in random_.sample(list(asked.values()), min(NOTHING_QUESTIONS, len(asked))):
        points = [point.text for point in question.key_points]
        stuffed, garbled = (". ".join(make(point, random_) for point in points) for make in (stuff_keywords, garble))
        add_nothing(question, stuffed, garbled, f"{filler(random_)} {filler(random_)}")
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(C=REGULARIZATION, max_iter=5000)
    model.fit(scaler.transform(rows), labels, sample_weight=weights)
    fitted = (scaler.mean_, scaler.scale_, model.coef_.T, model.intercept_)
    return VerdictModel(*(np.round(values, 4).tolist() for values in fitted))


def _unseen_answers() -> Iterator[tuple[PracticeQuestion, str, Sequence[str]]]:
    """Answers of the judge's data to questions that it was not trained on."""
    verdicts = dict(zip(SUPPORTS, VERDICTS, strict=True))
    asked = [(_questions()[answer.question], answer) for answer in load_answers()]
    asked += [(_as_practice(exam), answer) for exam in load_exams() for answer in exam.answers]
    for question, answer in asked:
        if split_of(answer.question) != "train":
            yield question, answer.text, [verdicts[label] for label in answer.labels]


def _as_practice(exam: Exam) -> PracticeQuestion:
    """An exam's question as `batch grade` reads one that brings its own key points."""
    reference = " ".join(exam.points)
    points = tuple(KeyPoint(text=point, weight=1, required=True) for point in exam.points)
    return PracticeQuestion(
        id=exam.name, origin="generated", format="open", topic=exam.topic, subtopic="", level="intermediate", kind="concept",
        question=exam.question, short_answer=reference, reference_answer=reference, key_points=points,
    )


def open_grader() -> JudgeGrader:
    """The grader of the app without a chat model, over the current index."""
    settings = load_settings()
    return JudgeGrader(get_judge(), get_query_encoder(settings), NoteQuotes(load_snapshot(settings).chunks))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("development", "held-out"))
    parser.add_argument("--fit", action="store_true", help=f"fit {COEFFICIENTS_FILE.name} on the development answers first")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    grader = open_grader()
    if options.fit:
        COEFFICIENTS_FILE.write_text(json.dumps(asdict(fit_verdicts(grader))) + "\n", encoding="utf-8")
        load_verdict_model.cache_clear()
    print_figures(grading_figures(grader, options.split), options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
