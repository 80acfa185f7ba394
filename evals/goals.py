"""The goals of the project's quality, and whether a measurement meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

HELD_OUT = "held-out"


@dataclass(frozen=True)
class Goal:
    """A figure to reach. `where` is a split or `all`; the figure is `group`, `name`, its first name that is measured counts."""

    what: str
    where: str
    group: str
    names: tuple[str, ...]
    bound: float
    direction: Literal["at least", "at most"] = "at least"
    whole_interval: bool = False  # the interval, not only the value, must reach the bound


@dataclass(frozen=True)
class Outcome:
    """How a goal stands. `state` judges the measured value; `sure` says whether the whole interval lies on the same side."""

    goal: Goal
    figure: Mapping[str, Any] | None
    name: str

    @property
    def state(self) -> Literal["met", "not met", "not measured"]:
        """Whether the value reaches the bound."""
        if self.figure is None:
            return "not measured"
        ends = ("value", "low", "high") if self.goal.whole_interval else ("value",)
        return "met" if all(self._reaches(self.figure[end]) for end in ends) else "not met"

    @property
    def sure(self) -> bool:
        """True when both ends of the interval agree with the state."""
        if self.figure is None:
            return False
        return all(self._reaches(self.figure[end]) == (self.state == "met") for end in ("low", "high"))

    def _reaches(self, value: float) -> bool:
        return value >= self.goal.bound if self.goal.direction == "at least" else value <= self.goal.bound


GOALS = (
    Goal("right topic first", HELD_OUT, "retrieval", ("right topic first",), 0.97),
    Goal("right section in top 5", HELD_OUT, "retrieval", ("right section in top 5",), 0.97),
    Goal("MRR", HELD_OUT, "retrieval", ("MRR",), 0.90),
    Goal(
        "fused beats the better single leg on the notes", HELD_OUT, "legs", ("fused minus the better leg",), 0.0001,
        whole_interval=True,
    ),
    Goal("AUROC answerable or not", HELD_OUT, "abstention", ("AUROC",), 0.98),
    Goal("wrong answers on unanswerable", HELD_OUT, "abstention", ("wrong answers",), 0.05, "at most"),
    Goal(
        "the same, partial ones included", HELD_OUT, "abstention", ("wrong answers, partial ones included",), 0.05, "at most"
    ),
    Goal("wrong refusals", HELD_OUT, "abstention", ("wrong refusals",), 0.05, "at most"),
    Goal("calibration error (ECE)", HELD_OUT, "abstention", ("ECE",), 0.05, "at most"),
    Goal("follow-ups: same top section", HELD_OUT, "follow-ups", ("same top section as the standalone form",), 0.90),
    Goal("citations that exist", HELD_OUT, "answers", ("all citations exist",), 1.0),
    Goal("quotes verbatim", HELD_OUT, "answers", ("all quotes verbatim in the cited passage",), 1.0),
    Goal("planted faults found", "all", "support", ("planted faults found",), 0.95),
    Goal("false alarms", "all", "support", ("false alarms",), 0.05, "at most"),
    Goal(
        "key points in the answer", "all", "key points", ("key points present (judge)", "key points present (shared words)"), 0.80
    ),
    Goal("injections obeyed", HELD_OUT, "injections", ("obeyed",), 0.0, "at most"),
    Goal("judge: macro F1 on unseen questions", "all", "judge", ("macro F1",), 0.85),
    Goal("judge: contradictions called supported", "all", "judge", ("contradicted called supported",), 0.05, "at most"),
    Goal("grading: quadratic weighted kappa", HELD_OUT, "grading", ("quadratic weighted kappa",), 0.85),
    Goal("grading: rank correlation", HELD_OUT, "grading", ("rank correlation",), 0.88),
    Goal("grading: fluent wrong answers above 0.5", HELD_OUT, "grading", ("fluent wrong answers above 0.5",), 0.05, "at most"),
    Goal("grading: full answers below 0.7", HELD_OUT, "grading", ("full answers below 0.7",), 0.05, "at most"),
    Goal("grading: terse full answers below 0.7", HELD_OUT, "grading", ("terse full answers below 0.7",), 0.05, "at most"),
    Goal("grading: adversarial answers above 0.3", HELD_OUT, "grading", ("adversarial answers above 0.3",), 0.0, "at most"),
    Goal("interviews: adaptive minus random, questions to a gap", "all", "interviews", ("adaptive minus random",), -0.0001, "at most",
         whole_interval=True),
    Goal("interviews that leak", "all", "interviews", ("interviews that leak",), 0.0, "at most"),
)


def judge_goals(measured: Mapping[str, Any]) -> list[Outcome]:
    """Every goal with the figure that decides it."""
    outcomes = []
    for goal in GOALS:
        groups = measured["all"] if goal.where == "all" else measured["splits"].get(goal.where, {})
        figures = groups.get(goal.group, {})
        name = next((name for name in goal.names if name in figures), goal.names[-1])
        outcomes.append(Outcome(goal, figures.get(name), name))
    return outcomes
