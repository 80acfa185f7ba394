"""How well the judge tells supported, partly, unrelated and contradicted apart."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.judge import SUPPORTS, UNSURE_BELOW, Judge
from core.models import packaged_model_dir
from evals.judge.data import Pair
from evals.metrics import expected_calibration_error


def score(pairs: Sequence[Pair], weights: Path) -> dict[str, Any]:
    """Accuracy, macro F1, F1 by verdict and by form, contradictions called supported, calibration error, milliseconds a pair."""
    judge = Judge(packaged_model_dir(), weights)
    started = time.perf_counter()
    judgements = judge.judge([(pair.claim, pair.evidence) for pair in pairs])
    milliseconds = (time.perf_counter() - started) / len(pairs) * 1000
    predicted = np.array([SUPPORTS.index(j.likeliest) for j in judgements])
    labels = np.array([SUPPORTS.index(pair.label) for pair in pairs])
    highest = np.array([max(j.probabilities) for j in judgements])
    contradicted = labels == SUPPORTS.index("contradicted")
    forms = sorted({pair.form for pair in pairs})
    return {
        "pairs": len(pairs),
        "accuracy": round(float(np.mean(predicted == labels)), 4),
        "macro_f1": round(float(np.mean([_f1(predicted, labels, i) for i in range(len(SUPPORTS))])), 4),
        "f1": {name: round(_f1(predicted, labels, i), 4) for i, name in enumerate(SUPPORTS)},
        "accuracy_by_form": {
            form: round(float(np.mean((predicted == labels)[[p.form == form for p in pairs]])), 4) for form in forms
        },
        "contradicted_called_supported": round(float(np.mean(predicted[contradicted] == 0)), 4),
        "unsure": round(float(np.mean(highest < UNSURE_BELOW)), 4),
        "accuracy_when_sure": round(float(np.mean((predicted == labels)[highest >= UNSURE_BELOW])), 4),
        "ece": round(expected_calibration_error(highest.tolist(), (predicted == labels).tolist()), 4),
        "milliseconds_a_pair": round(milliseconds, 2),
    }


def _f1(predicted: Any, labels: Any, verdict: int) -> float:
    hits = float(np.sum((predicted == verdict) & (labels == verdict)))
    return 2 * hits / max(float(np.sum(predicted == verdict) + np.sum(labels == verdict)), 1.0)


def format_report(report: dict[str, Any]) -> str:
    """The report as lines for a terminal."""
    return "\n".join(f"{name:32}{value}" for name, value in report.items())
