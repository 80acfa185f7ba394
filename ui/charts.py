"""Charts of the learner's progress, each with a sentence that says the same and a table to unfold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from practice.forecast import ObservedRetention, Readiness, RetentionPoint
from practice.progress import Calibration
from practice.session import DayLoad

if TYPE_CHECKING:
    import altair as alt

    Chart = alt.Chart | alt.LayerChart | alt.FacetChart

PERCENT = "%"
ROW_PIXELS = 30
WELL_JUDGED = 0.1  # calibration error below which a learner needs no advice
INK, SECOND = "#5b78f0", "#c98a2b"  # readable on the light and on the dark ground

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Estimate:
    """A named share in [0, 1] with its 95 % interval, and how much it rests on."""

    name: str
    mean: float
    low: float
    high: float
    count: int


def show_chart(chart: Chart, sentence: str, rows: Rows, key: str, caption: bool = True) -> None:
    """A chart with its text alternatives: the sentence, for screen readers too, and the numbers as a table."""
    st.altair_chart(chart, width="stretch", alt=sentence, key=f"chart-{key}")
    if caption:
        st.caption(sentence)
    with st.expander("The numbers as a table", icon=":material/table:"):
        st.table(_as_columns(rows), hide_index=True)


def _chart(rows: Rows) -> alt.Chart:
    import altair as alt

    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]


def _share_x(field: str, title: str | None = None) -> alt.X:
    """A share in [0, 1] as percent, along x."""
    import altair as alt

    return alt.X(field, title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=PERCENT, tickCount=5))


def _share_y(field: str, title: str) -> alt.Y:
    """A share in [0, 1] as percent, along y."""
    import altair as alt

    return alt.Y(field, title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=PERCENT, tickCount=5))


def _as_columns(rows: Rows) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


# load


def load_chart(load: Sequence[DayLoad]) -> Chart:
    """Questions a day: asked again and new, stacked."""
    import altair as alt

    rows = [
        {"day": day.day.isoformat(), "kind": kind, "questions": count}
        for day in load for kind, count in (("again", day.reviews), ("new", day.new))
    ]
    bars: alt.Chart = _chart(rows).mark_bar().encode(
        x=alt.X("day:T", title=None, timeUnit="yearmonthdate", axis=alt.Axis(format="%d %b", labelAngle=0, labelOverlap=True)),
        y=alt.Y("questions:Q", title="Questions", axis=alt.Axis(tickMinStep=1)),
        color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=["again", "new"], range=[INK, SECOND]),
                        legend=alt.Legend(orient="top")),
        tooltip=["day:T", "kind:N", "questions:Q"],
    ).properties(height=230)
    return bars


def load_sentence(load: Sequence[DayLoad]) -> str:
    """The load in words, e.g. `Today 20 questions, then about 18 a day.`"""
    if not load:
        return "No day is left before the interview."
    counts = [day.reviews + day.new for day in load]
    text = f"Today {_questions(counts[0])}"
    if len(counts) > 1:
        mean, days = sum(counts[1:]) / (len(counts) - 1), len(counts) - 1
        text += f", then about {mean:.0f} a day over the next {days} days" if days > 1 else f", then {mean:.0f} tomorrow"
    waiting = load[0].put_off
    return f"{text}." + (f" {_questions(waiting)} due today wait because of the daily limit." if waiting else "")


def _questions(count: int) -> str:
    return f"{count} question{'' if count == 1 else 's'}"


# estimates with intervals: mastery, readiness


def estimate_chart(estimates: Sequence[Estimate]) -> Chart:
    """One row an estimate: a point with its 95 % interval, in the order given."""
    import altair as alt

    rows = [{"name": e.name, "mean": e.mean, "low": e.low, "high": e.high, "count": e.count} for e in estimates]
    base = _chart(rows).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=160, ticks=False)),
        tooltip=["name:N", alt.Tooltip("mean:Q", format=".0%"), alt.Tooltip("low:Q", format=".0%"),
                 alt.Tooltip("high:Q", format=".0%"), "count:Q"],
    )
    span = base.mark_rule(strokeWidth=4, opacity=0.35, color=INK).encode(x=_share_x("low:Q"), x2="high:Q")
    point = base.mark_point(filled=True, size=90, opacity=1, color=INK).encode(x=_share_x("mean:Q"))
    return alt.layer(span, point).properties(height=max(90, ROW_PIXELS * len(rows) + 30))


def estimate_rows(estimates: Sequence[Estimate], what: str, counted: str) -> Rows:
    """The rows of the table of estimates."""
    return [
        {what: e.name, "mean": f"{e.mean:.0%}", "95 % range": f"{e.low:.0%} to {e.high:.0%}", counted: e.count} for e in estimates
    ]


def mastery_sentence(estimates: Sequence[Estimate]) -> str:
    """The best and the weakest, with how sure that is."""
    best, worst = max(estimates, key=lambda e: e.mean), min(estimates, key=lambda e: e.mean)
    text = f"Strongest: {best.name} at {_range(best)}."
    if len(estimates) > 1:
        text += f" Weakest: {worst.name} at {_range(worst)}."
    return f"{text} A wide range means few answers so far."


def readiness_estimates(readiness: Mapping[int | None, Readiness], names: Mapping[int | None, str]) -> list[Estimate]:
    """What is expected to be recalled of all questions of a topic: one that was never asked counts as not known."""
    return [
        Estimate(names[topic], r.value, r.low * r.coverage, r.high * r.coverage, r.seen)
        for topic, r in readiness.items() if r.seen
    ]


def readiness_sentence(overall: Readiness, when: str) -> str:
    """What is expected to be recalled, of how much that was met."""
    return (
        f"Without another review you are expected to recall {overall.value:.0%} of all {overall.total} questions {when}: "
        f"{overall.recall:.0%} of the {overall.seen} you have met, and none of the others."
    )


def _range(estimate: Estimate) -> str:
    return f"{estimate.mean:.0%} ({estimate.low:.0%} to {estimate.high:.0%})"


# calibration


def calibration_chart(calibration: Calibration) -> Chart:
    """How right against how sure, with 95 % intervals; on the diagonal both agree."""
    import altair as alt

    rows = [
        {"sure": b.sure, "right": b.right, "low": b.right_low, "high": b.right_high, "answers": b.count} for b in calibration.bins
    ]
    x = _share_x("sure:Q", "How sure")
    diagonal = _chart([{"sure": 0, "right": 0}, {"sure": 1, "right": 1}]).mark_line(
        strokeDash=[4, 4], color="gray"
    ).encode(x=x, y=_share_y("right:Q", "How right"))
    base = _chart(rows)
    span = base.mark_rule(strokeWidth=4, opacity=0.35, color=INK).encode(x=x, y=_share_y("low:Q", "How right"), y2="high:Q")
    point = base.mark_point(filled=True, opacity=1, color=INK).encode(
        x=x, y=_share_y("right:Q", "How right"),
        size=alt.Size("answers:Q", legend=None, scale=alt.Scale(range=[60, 400])),
        tooltip=[alt.Tooltip("sure:Q", format=".0%"), alt.Tooltip("right:Q", format=".0%"), "answers:Q"],
    )
    return alt.layer(diagonal, span, point).properties(height=300)


def calibration_sentence(calibration: Calibration) -> str:
    """Over- or underconfident, and by how much."""
    gap = f"{abs(calibration.bias):.0%}"
    answers = f"over {calibration.count} answer{'' if calibration.count == 1 else 's'}"
    if calibration.error < WELL_JUDGED:
        return f"You judge yourself well: how sure and how right you are differ by {calibration.error:.0%}, {answers}."
    if abs(calibration.bias) < WELL_JUDGED / 2:
        return f"On the whole you are as sure as right, but single judgements are off by {calibration.error:.0%}, {answers}."
    way = "surer than right" if calibration.bias > 0 else "more often right than you think"
    return f"You are {way}, by {gap} on average {answers}."


# retention


def retention_chart(points: Sequence[RetentionPoint], observed: Sequence[ObservedRetention]) -> Chart:
    """Predicted recall without any review, with its band, and what reviews so far have shown."""
    import altair as alt

    rows = [{"days": p.days, "recall": p.recall, "low": p.low, "high": p.high} for p in points]
    base = _chart(rows).encode(x=alt.X("days:Q", title="Days from now", axis=alt.Axis(tickMinStep=1)))
    band = base.mark_area(opacity=0.18, color=INK).encode(y=_share_y("low:Q", "Recalled"), y2="high:Q")
    line = base.mark_line(color=INK).encode(y=_share_y("recall:Q", "Recalled"))
    seen = [
        {"days": o.from_days, "recall": o.recall, "reviews": o.reviews} for o in observed if o.from_days <= points[-1].days
    ]
    layers = [band, line]
    if seen:
        layers.append(_chart(seen).mark_point(size=90, color=SECOND, strokeWidth=2).encode(
            x="days:Q", y=_share_y("recall:Q", "Recalled"),
            tooltip=["days:Q", alt.Tooltip("recall:Q", format=".0%"), "reviews:Q"],
        ))
    return alt.layer(*layers).properties(height=240)


def retention_sentence(points: Sequence[RetentionPoint]) -> str:
    """How much is left after a week and at the end."""
    week, end = points[min(7, len(points) - 1)], points[-1]
    return (
        f"Without any review you would recall {week.recall:.0%} of what you have practised in {week.days} days, "
        f"and {end.recall:.0%} in {end.days} days."
    )


def retention_rows(points: Sequence[RetentionPoint], observed: Sequence[ObservedRetention]) -> Rows:
    """Predicted recall by week, then what reviews have shown."""
    predicted = [
        {"": "predicted", "days": str(p.days), "recalled": f"{p.recall:.0%}", "95 % range": f"{p.low:.0%} to {p.high:.0%}"}
        for p in points if p.days % 7 == 0 or p is points[-1]
    ]
    found = [
        {"": f"seen in {o.reviews} reviews", "days": f"{o.from_days} to {o.to_days or '…'}", "recalled": f"{o.recall:.0%}",
         "95 % range": f"{o.low:.0%} to {o.high:.0%}"}
        for o in observed
    ]
    return [*predicted, *found]
