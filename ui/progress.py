"""The progress page: what is mastered and how sure that is, what will be remembered, what is missing, and the learner's data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import streamlit as st

from core.errors import GroundworkError
from core.records import Attempt, Card, Plan, ReviewLog, Uncovered
from practice.progress import Mastery, Progress, compute_progress
from practice.schedule import Scheduler
from practice.session import Subtopic
from ui import services
from ui.charts import (
    Estimate,
    calibration_chart,
    calibration_sentence,
    estimate_chart,
    estimate_rows,
    load_chart,
    load_sentence,
    mastery_sentence,
    readiness_estimates,
    readiness_sentence,
    retention_chart,
    retention_rows,
    retention_sentence,
    show_chart,
)
from ui.maps import show_gaps, show_uncovered
from ui.passages import plain
from ui.practice_plan import all_cards, scheduler_for
from ui.transfer import show_transfer

OTHER = "Your own documents"


def show() -> None:
    """The progress page."""
    st.title("Progress")
    try:
        now = datetime.now(UTC)
        plan = services.plan()
        progress = _progress(plan, now)
        _show_figures(progress, plan, now)
        mastery, memory, maps, data = st.tabs(["Mastery", "Memory", "What is missing", "Your data"])
        with mastery:
            _show_mastery(progress)
        with memory:
            _show_memory(progress, plan, now)
            _show_set_aside(now)
        with maps:
            show_gaps(progress.gaps)
            show_uncovered(progress.uncovered)
        with data:
            show_transfer()
    except GroundworkError as error:
        st.error(error.explain())


def _progress(plan: Plan, now: datetime) -> Progress:
    """Everything the page shows; computed anew only when something was done, or the hour has changed."""
    learner = services.learner()
    cards, logs, attempts, uncovered = all_cards(now), learner.review_logs(), learner.attempts(), learner.uncovered()
    newest = max((card.updated_at for card in cards if card.state), default=None)
    graded = [(a.id, a.rating, (a.grade or {}).get("score")) for a in attempts]
    asked = [(u.id, u.times) for u in uncovered]
    planned = hash(tuple((card.due, card.suspended) for card in cards))
    key = (plan, now.replace(minute=0, second=0, microsecond=0), newest, len(cards), planned, len(logs), graded, asked)
    return _compute(cards, logs, attempts, uncovered, scheduler_for(cards, plan, now), plan, now, repr(key))


@st.cache_data(show_spinner="Counting…", max_entries=2)
def _compute(
    _cards: Sequence[Card], _logs: Sequence[ReviewLog], _attempts: Sequence[Attempt], _uncovered: Sequence[Uncovered],
    _scheduler: Scheduler, _plan: Plan, _now: datetime, key: str,
) -> Progress:
    return compute_progress(
        _cards, _logs, _attempts, _uncovered, scheduler=_scheduler, now=_now, zone=_plan.zone, streak_minimum=_plan.streak_minimum
    )


def _show_figures(progress: Progress, plan: Plan, now: datetime) -> None:
    """Streak, readiness and coverage at a glance."""
    streak, overall = progress.streak, progress.overall
    when = f"on {plan.interview:%d %b}" if plan.interview_at and plan.interview_at > now else "today"
    with st.container(horizontal=True):
        st.metric("Streak", f"{streak.current} day{'' if streak.current == 1 else 's'}", border=True, width=170,
                  help=f"Longest: {streak.longest}. Answers today: {streak.done_today}; a day counts from {streak.minimum} on.")
        st.metric(f"Ready {when}", f"{overall.value:.0%}", border=True, width=170,
                  help="Share of all questions you are expected to recall then. One never asked counts as not known.")
        st.metric("Questions met", f"{overall.seen} of {overall.total}", border=True, width=200)


# mastery


def topic_names() -> Mapping[int | None, str]:
    """Titles by topic, with one for what lies outside the roadmap."""
    return {None: OTHER, **{topic.number: f"{topic.number}. {topic.title}" for topic in services.roadmap().topics}}


def _estimates(mastery: Mapping[int | None, Mastery]) -> list[Estimate]:
    names = topic_names()
    order = sorted(mastery, key=lambda t: (t is None, t or 0))
    return [_estimate(names.get(t, OTHER), mastery[t]) for t in order]


def _estimate(name: str, mastery: Mastery) -> Estimate:
    return Estimate(name, mastery.score, mastery.low, mastery.high, mastery.attempts)


def _show_mastery(progress: Progress) -> None:
    if not progress.topics:
        st.info("Nothing is graded yet. Answer a few questions on the Practice page; your mastery of each topic appears here.")
        return
    st.subheader("By topic", anchor=False)
    topics = _estimates(progress.topics)
    show_chart(estimate_chart(topics), mastery_sentence(topics), estimate_rows(topics, "topic", "answers"), "topics")
    _show_subtopics(progress.subtopics)
    st.subheader("How well you judge yourself", anchor=False)
    if not progress.calibration.count:
        st.info("Say how sure you are before you check an answer, and this compares it with how right you were.")
        return
    rows = [
        {"how sure": f"{b.sure:.0%}", "how right": f"{b.right:.0%}",
         "95 % range": f"{b.right_low:.0%} to {b.right_high:.0%}", "answers": b.count}
        for b in progress.calibration.bins
    ]
    show_chart(calibration_chart(progress.calibration), calibration_sentence(progress.calibration), rows, "calibration")


def _show_subtopics(subtopics: Mapping[Subtopic, Mastery]) -> None:
    st.subheader("By subtopic", anchor=False)
    names = topic_names()
    topics = sorted({topic for topic, _ in subtopics}, key=lambda t: (t is None, t or 0))
    chosen = st.selectbox("Topic", topics, format_func=lambda t: names.get(t, OTHER), key="progress-topic")
    found = [_estimate(name, mastery) for (topic, name), mastery in subtopics.items() if topic == chosen]
    show_chart(estimate_chart(found), mastery_sentence(found), estimate_rows(found, "subtopic", "answers"), f"subtopics-{chosen}")


# memory


def _show_memory(progress: Progress, plan: Plan, now: datetime) -> None:
    if not progress.retention:
        st.info("Nothing is scheduled yet. Rate a first answer on the Practice page; what you will remember then appears here.")
    else:
        ahead = plan.interview if plan.interview_at and plan.interview_at > now else None
        when = f"on {ahead:%d %B}, the day of the interview" if ahead else "today"
        st.subheader("Readiness", anchor=False)
        ready = readiness_estimates(progress.readiness, topic_names())
        show_chart(estimate_chart(ready), readiness_sentence(progress.overall, when),
                   estimate_rows(ready, "topic", "questions met"), "readiness")
        if ahead is None:
            st.caption("Set an interview date on the Practice page to see your readiness on that day.")
        st.subheader("Retention", anchor=False)
        show_chart(retention_chart(progress.retention, progress.observed), retention_sentence(progress.retention),
                   retention_rows(progress.retention, progress.observed), "retention")
    st.subheader("Load of the next days", anchor=False)
    show_chart(load_chart(progress.load), load_sentence(progress.load), [
        {"day": f"{d.day:%a %d %b}", "again": d.reviews, "new": d.new, "put off": d.put_off} for d in progress.load
    ], "load")


def _show_set_aside(now: datetime) -> None:
    """The questions that the learner does not want to be asked, each with the way back."""
    aside = [card for card in services.learner().cards() if card.suspended]
    if not aside:
        return
    st.subheader("Set aside", anchor=False)
    for card in aside:
        with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(plain(card.question["question"]), width="stretch")
            if st.button("Bring back", key=f"bring-back-{card.id}"):
                services.learner().suspend_card(card.id, now, suspended=False)
                st.rerun()
