"""How well the judge tells supported, partly, unrelated and contradicted apart."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from core.judge import SUPPORTS, UNSURE_BELOW, Judge
from evals.judge.data import Pair
from evals.metrics import expected_calibration_error
from evals.quality.figures import Figure, Figures, mean_figure, paired_bootstrap


def judge_figures(pairs: Sequence[Pair], judge: Judge) -> Figures:
    """Macro F1, F1 by verdict, accuracy by form, contradictions called supported, calibration, unsure ones, milliseconds a pair."""
    started = time.perf_counter()
    judgements = judge.judge([(pair.claim, pair.evidence) for pair in pairs])
    milliseconds = (time.perf_counter() - started) / len(pairs) * 1000
    predicted = np.array([SUPPORTS.index(j.likeliest) for j in judgements])
    labels = np.array([SUPPORTS.index(pair.label) for pair in pairs])
    highest = np.array([max(j.probabilities) for j in judgements])
    right, sure = predicted == labels, highest >= UNSURE_BELOW
    denied = labels == SUPPORTS.index("contradicted")
    fooled = (predicted == SUPPORTS.index("supported"))[denied]
    forms = sorted({pair.form for pair in pairs})
    return {
        "macro F1": paired_bootstrap(_macro_f1, predicted.tolist(), labels.tolist()),
        **{f"F1 {name}": paired_bootstrap(partial(_f1, verdict=i), predicted.tolist(), labels.tolist()) for i, name in enumerate(SUPPORTS)},
        "contradicted called supported": mean_figure(fooled.tolist(), "lower"),
        "the same, unsure ones left out": mean_figure((fooled & sure[denied]).tolist(), "lower"),
        "ECE": paired_bootstrap(_calibration_error, highest.tolist(), right.tolist(), "lower"),
        "unsure": mean_figure((~sure).tolist(), "neither"),
        "accuracy when sure": mean_figure(right[sure]),
        **{f"accuracy, form {form}": mean_figure(right[[p.form == form for p in pairs]]) for form in forms},
        "milliseconds a pair": Figure(round(milliseconds, 2), round(milliseconds, 2), round(milliseconds, 2), len(pairs), "neither"),
    }


def _calibration_error(probabilities: Any, right: Any) -> float:
    return expected_calibration_error(probabilities.tolist(), (right > 0).tolist())


def _macro_f1(predicted: Any, labels: Any) -> float:
    return float(np.mean([_f1(predicted, labels, verdict) for verdict in range(len(SUPPORTS))]))


def _f1(predicted: Any, labels: Any, verdict: int) -> float:
    hits = float(np.sum((predicted == verdict) & (labels == verdict)))
    return 2 * hits / max(float(np.sum(predicted == verdict) + np.sum(labels == verdict)), 1.0)
