"""How well the grader agrees with labelled answers: python -m evals.grading [--split development|held-out] [--json]

Texts and labels of `evals/cases/graded.jsonl` and `adversarial.jsonl` are model-made, written apart from the grader and its training data.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.content import load_questions
from core.judge import get_judge
from core.models import get_query_encoder
from core.settings import load_settings
from evals.cases import CASES_DIR
from evals.judge.noise import filler, stuff_keywords
from evals.quality.figures import paired_bootstrap
from practice.evidence import NoteQuotes, split_response
from practice.grading import JudgeGrader
from practice.types import Grade, Grader, from_bank
from practice.verdicts import COEFFICIENTS_FILE, VERDICTS, VerdictModel, verdict_features
from retrieval.snapshot import load_snapshot

LEVELS = 5  # scores are compared in steps of a quarter
MEASUREMENT_FILE = Path(__file__).resolve().parent.parent / "docs" / "measurements" / "practice.json"


def load_answers(name: str, split: str | None = None, folder: Path = CASES_DIR) -> list[dict[str, Any]]:
    """The labelled answers of one file, of one split or of both."""
    rows = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines() if line.strip()]
    return [row for row in rows if split in (None, row["split"])]


def grade_answers(grader: Grader, answers: Sequence[Mapping[str, Any]]) -> list[Grade]:
    """Grade every answer to its question of the bank."""
    bank = {question.id: from_bank(question) for question in load_questions()}
    return [grader.grade(bank[answer["question_id"]], answer["response"]) for answer in answers]


def measure_agreement(answers: Sequence[Mapping[str, Any]], grades: Sequence[Grade]) -> dict[str, Any]:
    """Kappa and rank correlation of the scores with their intervals, the shares that fool or wrong the learner, verdict agreement."""
    labels, scores = np.array([a["score"] for a in answers]), np.array([g.score for g in grades])
    quality = np.array([a["quality"] for a in answers])
    full = quality == "full"
    terse = full & np.array([a["style"] in {"terse", "bulleted", "notation"} for a in answers])
    pairs = Counter(
        (label, c.verdict) for a, g in zip(answers, grades, strict=True) for label, c in zip(a["verdicts"], g.criteria, strict=True)
    )
    return {
        "answers": len(answers),
        "quadratic_weighted_kappa": paired_bootstrap(_kappa, labels.tolist(), scores.tolist()).to_dict(),
        "rank_correlation": paired_bootstrap(_rank_correlation, labels.tolist(), scores.tolist()).to_dict(),
        "wrong_above_0.5": _share(scores[quality == "wrong"] > 0.5),
        "full_below_0.7": _share(scores[full] < 0.7),
        "terse_full_below_0.7": _share(scores[terse] < 0.7),
        "mean_score": {name: round(float(scores[quality == name].mean()), 3) for name in ("full", "good", "half", "weak", "wrong")},
        "labelled_mean": {name: round(float(labels[quality == name].mean()), 3) for name in ("full", "good", "half", "weak", "wrong")},
        "verdicts": {f"{label} -> {verdict}": count for (label, verdict), count in sorted(pairs.items())},
        "unsure": _share(np.array([c.verdict == "unsure" for g in grades for c in g.criteria])),
    }


def measure_attacks(answers: Sequence[Mapping[str, Any]], grades: Sequence[Grade]) -> dict[str, Any]:
    """The share of adversarial answers above 0.3, and the highest score of each attack."""
    highest: dict[str, float] = {}
    for answer, grade in zip(answers, grades, strict=True):
        highest[answer["attack"]] = max(highest.get(answer["attack"], 0.0), grade.score)
    return {
        "answers": len(answers), "above_0.3": _share(np.array([g.score > 0.3 for g in grades])), "highest_score": highest,
        "above": [a["id"] for a, g in zip(answers, grades, strict=True) if g.score > 0.3],
    }


def measure(grader: Grader, split: str | None = None) -> dict[str, Any]:
    """Everything about grading on one split."""
    answers, attacks = load_answers("graded", split), load_answers("adversarial", split)
    started = time.perf_counter()
    grades = grade_answers(grader, answers)
    seconds = (time.perf_counter() - started) / max(len(answers), 1)
    return {
        "split": split or "all", "agreement": measure_agreement(answers, grades),
        "attacks": measure_attacks(attacks, grade_answers(grader, attacks)), "seconds_an_answer": round(seconds, 3),
    }


def _kappa(labels: np.ndarray, scores: np.ndarray) -> float:
    """Agreement of scores in steps of a quarter. Source: Cohen, Psychological Bulletin 1968."""
    from sklearn.metrics import cohen_kappa_score

    levels = [np.round(np.asarray(values, float) * (LEVELS - 1)).astype(int) for values in (labels, scores)]
    return float(cohen_kappa_score(*levels, labels=list(range(LEVELS)), weights="quadratic"))


def _rank_correlation(labels: np.ndarray, scores: np.ndarray) -> float:
    """Spearman's rank correlation."""
    from scipy.stats import spearmanr

    return float(spearmanr(labels, scores).statistic)


def _share(hits: np.ndarray) -> float:
    return round(float(np.mean(hits)), 4) if len(hits) else 0.0


def fit_verdicts(grader: JudgeGrader, seed: int = 0) -> VerdictModel:
    """Fit the verdicts on the development answers, and on text that says nothing: bags of the right words, filling, pleas."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    bank = {question.id: from_bank(question) for question in load_questions()}
    random_ = random.Random(seed)  # noqa: S311 - not for security
    rows: list[tuple[list[float], str]] = []
    for answer in load_answers("graded", "development"):
        question = bank[answer["question_id"]]
        texts = [(answer["response"], answer["verdicts"])]
        if answer["quality"] == "full":
            bag = ". ".join(stuff_keywords(point.text, random_) for point in question.key_points)
            texts += [(text, ["missed"] * len(question.key_points)) for text in (bag, f"{filler(random_)} {filler(random_)}")]
        for response, verdicts in texts:
            pieces = split_response(response)
            readings = zip(question.key_points, grader.read(question, pieces), verdicts, strict=True) if pieces else ()
            rows += [(verdict_features(point.text, pieces, reading), verdict) for point, reading, verdict in readings]
    scaler = StandardScaler().fit([features for features, _ in rows])
    model = LogisticRegression(C=0.3, max_iter=3000)
    model.fit(scaler.transform([features for features, _ in rows]), [VERDICTS.index(verdict) for _, verdict in rows])
    fitted = (scaler.mean_, scaler.scale_, model.coef_.T, model.intercept_)
    return VerdictModel(*(np.round(values, 4).tolist() for values in fitted))


def open_grader() -> JudgeGrader:
    """The grader of the app without a chat model, over the current index."""
    settings = load_settings()
    return JudgeGrader(get_judge(), get_query_encoder(settings), NoteQuotes(load_snapshot(settings).chunks))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep the figures for the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("development", "held-out"))
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {MEASUREMENT_FILE.name} for the report")
    parser.add_argument("--fit", action="store_true", help=f"fit {COEFFICIENTS_FILE.name} on the development answers first")
    options = parser.parse_args(arguments)
    if options.fit:
        COEFFICIENTS_FILE.write_text(json.dumps(asdict(fit_verdicts(open_grader()))) + "\n", encoding="utf-8")
    report = measure(open_grader(), options.split)
    print(json.dumps(report, indent=1))
    if options.write:
        MEASUREMENT_FILE.parent.mkdir(parents=True, exist_ok=True)
        MEASUREMENT_FILE.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
