"""An interview under way: what was said, the clock, and what the learner can do. Nothing of the rubric is shown here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import groupby

import streamlit as st

from core.errors import GroundworkError
from core.models import get_chat_model
from core.records import Attempt
from core.records import Interview as StoredInterview
from practice.hints import HINT_COST, MAX_HINTS
from practice.interview import Interviewer, finish, pause, resume
from practice.interview_state import Exchange, Interview, Line, Timer
from ui import services
from ui.drafts import forget_draft, show_draft_area, sure_to_drop
from ui.passages import plain
from ui.waiting import wait_for_notes

ID, LIVE = "i", "interview_live"  # in the address; and, in the session, the interview that runs in this tab
AVATARS = {"interviewer": ":material/record_voice_over:", "candidate": ":material/person:"}
LOW_SECONDS = 120


def save(interview: Interview, now: datetime) -> None:
    """Keep the interview. Raises StorageError."""
    services.learner().save_interview(
        StoredInterview(interview.id, interview.status, interview.to_dict(), interview.started_at, now)
    )


def interviewer() -> Interviewer:
    """The interviewer over the question bank, with this session's model to speak where there is one."""
    aside = services.set_aside()
    return Interviewer(
        [question for id_, question in services.bank().items() if id_ not in aside], services.grader(), roadmap=services.roadmap(),
        writer=get_chat_model(services.current_settings()),
    )


def show_room(interview: Interview) -> None:
    """The interview as it stands."""
    exchange = interview.current
    if exchange is None:
        _end(interview)
        return
    _show_head(interview)
    earlier = interview.exchanges[:-1]
    if earlier:
        with st.expander(f"Earlier in this interview ({len(earlier)})", icon=":material/history:"):
            for past in earlier:
                _show_lines(past.lines)
    _show_lines(exchange.lines)
    _show_answer_box(interview, exchange)


def _show_head(interview: Interview) -> None:
    running = interview.status == "running"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="interview-head"):
        with st.container(width="content"):
            if running:
                _show_running_clock(interview.timer)
            else:
                _show_clock(interview.timer)
        with st.container(horizontal=True, width="content"):
            if running and st.button("Pause", icon=":material/pause:", key="pause"):
                _keep(pause(interview, datetime.now(UTC)))
            if not running and st.button("Resume", icon=":material/play_arrow:", type="primary", key="resume"):
                _keep(resume(interview, datetime.now(UTC)))
            with st.popover("End", icon=":material/logout:"):
                st.markdown("End now? An answer that is not sent does not count.")
                if st.button("End and see the report", type="primary", key="end"):
                    _end(interview)
    if not running:
        st.info("Paused. The clock stands still until you resume.", icon=":material/pause_circle:")


@st.fragment(run_every=1)
def _show_running_clock(timer: Timer) -> None:
    _show_clock(timer)


def _show_clock(timer: Timer) -> None:
    left = timer.remaining_seconds(datetime.now(UTC))
    if left <= 0:
        st.markdown(":material/timer_off: **Time is up.** Finish your sentence: this answer still counts.")
        return
    minutes, seconds = divmod(int(left), 60)
    clock = f":material/timer: **{minutes}:{seconds:02d}** left"
    st.markdown(f":orange[{clock}]" if left < LOW_SECONDS else clock)


def _show_lines(lines: Iterable[Line]) -> None:
    for speaker, said in groupby(lines, key=lambda line: line.speaker):
        with st.chat_message(speaker, avatar=AVATARS[speaker]):
            for line in said:
                if speaker == "candidate":
                    st.markdown(plain(line.text) or ":gray[(nothing)]")
                elif line.kind == "question":
                    st.markdown(f"**{line.text}**")
                elif line.kind == "hint":
                    st.markdown(f":material/lightbulb: {line.text}")
                else:
                    st.markdown(line.text)


def _show_answer_box(interview: Interview, exchange: Exchange) -> None:
    answers = sum(line.speaker == "candidate" for line in exchange.lines)
    name = f"interview-{interview.id}-{len(interview.exchanges)}-{answers}"
    paused = interview.status == "paused"
    text = show_draft_area(name, "Your answer", placeholder="Answer as you would aloud.", disabled=paused)
    with st.container(horizontal=True, vertical_alignment="center"):
        send = st.button("Send the answer", type="primary", icon=":material/send:", key=f"send-{name}", disabled=paused)
        hint = st.button(
            f"Hint (costs {HINT_COST:.0%})", icon=":material/lightbulb:", key=f"hint-{name}-{exchange.hints}",
            disabled=paused or exchange.hints >= MAX_HINTS,
            help=f"Each hint takes {HINT_COST:.0%} off the score of this question; there are at most {MAX_HINTS}.",
        )
        skip = st.button("Pass on this one", type="tertiary", key=f"pass-{name}", disabled=paused, help="It counts as not answered")
    now = datetime.now(UTC)
    if send and not text.strip():
        st.info("Write an answer first, or pass on this one.")
    elif send:
        _go_on(lambda i: i.respond(interview, text, now), draft=name)
    elif hint:
        _go_on(lambda i: i.hint(interview, now))
    elif skip and sure_to_drop(name, text):
        _go_on(lambda i: i.skip(interview, now), draft=name)


def _go_on(move: Callable[[Interviewer], Interview], draft: str = "") -> None:
    """The next state of the interview stored, the `draft` that it settles dropped; when that fails, what was typed stays in its box."""
    try:
        wait_for_notes()
        with st.spinner("The interviewer takes a note…"):
            interview = move(interviewer())
            save(interview, datetime.now(UTC))
        if draft:
            forget_draft(draft)
        if interview.status == "finished":
            _end(interview)
    except GroundworkError as error:
        st.error(f"{error.explain()} What you wrote is still in the box.")
        return
    st.rerun()


def _keep(interview: Interview) -> None:
    save(interview, datetime.now(UTC))
    st.rerun()


def _end(interview: Interview) -> None:
    """Finish, keep the answers for the progress page, and show the report."""
    now = datetime.now(UTC)
    interview = finish(interview, now)
    save(interview, now)
    keep_answers(interview)
    st.rerun()


def keep_answers(interview: Interview) -> None:
    """Store the answers of a finished interview as attempts, those that are not yet: a closed tab may have come between."""
    learner = services.learner()
    stored = {attempt.question_id for attempt in learner.attempts(parent_id=interview.id)}
    for exchange in interview.answered:
        if exchange.question.id not in stored:
            learner.add_attempt(_attempt_of(interview, exchange, datetime.now(UTC)))


def _attempt_of(interview: Interview, exchange: Exchange, now: datetime) -> Attempt:
    question = exchange.question
    return Attempt(
        question.id, question.question, question.topic, question.subtopic, exchange.response, now,
        grade=exchange.grade.to_dict() if exchange.grade else None, parent="interview", parent_id=interview.id,
    )
