"""The interview page: set one up, go on with an interrupted one, look at past ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import streamlit as st

from core.content import QuestionLevel
from core.errors import GroundworkError
from core.records import Interview as StoredInterview
from practice.interview import restore
from practice.interview_state import LENGTHS_MINUTES, Interview, Setup
from practice.roles import ROLES
from ui import services
from ui.interview_report import show_report
from ui.interview_room import ID, LIVE, interviewer, keep_answers, save, show_room
from ui.waiting import wait_for_notes

LEVELS: tuple[str, ...] = get_args(QuestionLevel)
PAST = 20


def show() -> None:
    """The interview page."""
    interview = _opened()
    if interview is None:
        st.session_state.pop(LIVE, None)
        _show_start()
    elif interview.status == "finished":
        keep_answers(interview)
        show_report(interview)
    else:
        show_room(interview)


def _opened() -> Interview | None:
    """The interview named in the address. One that was interrupted comes back paused, at the last thing that happened in it."""
    id_ = st.query_params.get(ID, "")
    stored = services.learner().interview(id_) if id_ else None
    interview = _read(stored) if stored else None
    if interview and st.session_state.get(LIVE) != interview.id:
        st.session_state[LIVE] = interview.id
        interview = restore(interview)
        if interview.status == "paused":
            save(interview, datetime.now(UTC))
    return interview


def _read(stored: StoredInterview) -> Interview | None:
    """The state of a stored interview; None when it cannot be read."""
    try:
        return Interview.from_dict(stored.state)
    except (KeyError, TypeError, ValueError):
        return None


def _show_start() -> None:
    st.title("Mock interview")
    _offer_resume()
    st.markdown(
        "A calm interviewer asks one question at a time and follows your answers. Nothing is graded aloud: the references and "
        "the report come at the end. You can pause, ask for a hint, or pass."
    )
    _show_setup()
    _show_past()


def _offer_resume() -> None:
    """Interviews that were interrupted, the last one first."""
    for stored in services.learner().interviews("running", "paused"):
        interview = _read(stored)
        if interview is None:
            continue
        left = restore(interview).timer.remaining_seconds(stored.updated_at)
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"resume-{interview.id}"):
            st.markdown(
                f":material/pause_circle: **An interview was interrupted.** {describe(interview)}, "
                f"{len(interview.answered)} answered, {left / 60:.0f} minutes left.", width="stretch",
            )
            if st.button("Resume", type="primary", key=f"go-{interview.id}"):
                st.query_params[ID] = interview.id
                st.rerun()
            with st.popover("Discard", type="tertiary"):
                st.markdown("Its answers then count nowhere. To keep them, resume it and end it: the report comes at once.")
                if st.button("Discard it", key=f"discard-{interview.id}"):
                    services.learner().save_interview(
                        StoredInterview(stored.id, "abandoned", stored.state, stored.created_at, datetime.now(UTC))
                    )
                    st.rerun()


def describe(interview: Interview) -> str:
    """An interview in a few words."""
    return f"{interview.setup.mix.name}, {interview.setup.level}, {interview.setup.minutes} minutes"


def _show_setup() -> None:
    titles = {topic.number: f"{topic.number}. {topic.title}" for topic in services.roadmap().topics}
    with st.container(border=True, key="setup"):
        abouts = [role.about for role in ROLES.values()]
        role = st.radio("Role", list(ROLES), format_func=lambda r: ROLES[r].name, captions=abouts, key="role")
        level = st.segmented_control(
            "Level", LEVELS, default="intermediate", required=True, format_func=str.capitalize, key="level"
        )
        minutes = st.segmented_control(
            "Length", LENGTHS_MINUTES, default=30, required=True, format_func=lambda m: f"{m} minutes", key="minutes"
        )
        topics = st.multiselect(
            "Topics", list(titles), format_func=lambda n: titles[n], placeholder="Surprise me", key="topics",
            help="Leave it empty and the interviewer chooses, as the role asks for it.",
        )
        if st.button("Begin the interview", type="primary", icon=":material/play_arrow:", width="stretch", key="begin"):
            _begin(Setup(role, level or "intermediate", minutes or 30, tuple(topics), seed=int(datetime.now(UTC).timestamp())))


def _begin(setup: Setup) -> None:
    try:
        wait_for_notes()
        with st.spinner("The interviewer is coming…"):
            now = datetime.now(UTC)
            interview = interviewer().start(setup, now)
            save(interview, now)
    except GroundworkError as error:
        st.error(error.explain())
        return
    st.session_state[LIVE] = st.query_params[ID] = interview.id
    st.rerun()


def _show_past() -> None:
    finished = services.learner().interviews("finished")[:PAST]
    if not finished:
        return
    st.subheader("Past interviews", anchor=False)
    for stored in finished:
        interview = _read(stored)
        if interview is None:
            continue
        scores = [exchange.score for exchange in interview.answered]
        answers = "1 answer" if len(scores) == 1 else f"{len(scores)} answers"
        score = f"{sum(scores) / len(scores):.0%} over {answers}" if scores else "nothing answered"
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{interview.started_at:%d %B %Y}** · {describe(interview)}  \n:gray[{score}]", width="stretch")
            if st.button("Report", key=f"report-{interview.id}", icon=":material/description:"):
                st.query_params[ID] = interview.id
                st.rerun()
