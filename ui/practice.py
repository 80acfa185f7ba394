"""The practice page: today's session in one button, free practice, and the round under way."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from core.records import Attempt
from practice.progress import score_of
from ui import services
from ui.practice_free import show_free_practice
from ui.practice_plan import describe_items, plan_today, show_items, show_load, show_plan
from ui.practice_question import show_attempt
from ui.practice_result import RATINGS, show_result
from ui.practice_round import ASIDE, OPEN, PREFERENCE, Round, RoundStore, begin_round

REQUEST = "practice_topic"  # a topic to practise, asked for on another page
FREE_FIRST = "practice_free_first"  # then free practice stands above today's session


def practise(topic: int | None) -> None:
    """Go to this page with a topic chosen."""
    st.session_state[REQUEST] = topic
    st.session_state[FREE_FIRST] = True
    st.switch_page(st.session_state["pages"]["practice"])


def show() -> None:
    """The practice page."""
    store = RoundStore(services.database(), services.bank())
    round_ = store.load()
    if round_ and st.query_params.get(OPEN):
        _show_round(round_, store)
    else:
        _show_start(round_, store)


def open_round(round_: Round, store: RoundStore) -> None:
    """Store a round and show it."""
    store.begin(round_)
    st.session_state.pop(FREE_FIRST, None)
    st.query_params[OPEN] = "1"
    st.rerun()


# start


def _show_start(round_: Round | None, store: RoundStore) -> None:
    now = datetime.now(UTC)
    st.title("Practice")
    st.markdown("Answer first, then see what was missed and where it stands in your notes.")
    topic = st.session_state.pop(REQUEST, None)
    for slot, unfinished in ((PREFERENCE, round_), (ASIDE, store.load(ASIDE))):
        if unfinished and unfinished.current:
            _offer_resume(unfinished, store, slot)
    if st.session_state.get(FREE_FIRST):
        show_free_practice(store, open_round, topic, first=True)
        _show_today(store, now)
    else:
        _show_today(store, now)
        show_free_practice(store, open_round)


def _offer_resume(round_: Round, store: RoundStore, slot: str) -> None:
    end = "" if slot == PREFERENCE else "-aside"
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"resume{end}"):
        st.markdown(
            f":material/pause_circle: **{round_.title}** is not finished: question {round_.place + 1} of {len(round_.entries)}.",
            width="stretch",
        )
        if st.button("Go on", type="primary", key=f"resume-round{end}"):
            open_round(round_, store)
        if st.button("Drop it", type="tertiary", key=f"drop-round{end}", help="What you have rated stays"):
            store.save(None, slot)
            st.rerun()


def _show_today(store: RoundStore, now: datetime) -> None:
    plan = services.plan()
    today = plan_today(plan, now)
    with st.container(border=True, key="today"):
        st.subheader("Today's session", anchor=False)
        if today.items:
            done = f" {today.done} done today." if today.done else ""
            st.markdown(f"{describe_items(today.items)}{done}")
            icon = ":material/play_arrow:"
            if st.button("Start today's session", type="primary", icon=icon, width="stretch", key="start-today"):
                open_round(begin_round("Today's session", today.items, services.bank(), now), store)
            show_items(today.items)
        elif today.done:
            more = " or raise the questions a day" if today.done >= plan.daily_cap else ""
            st.markdown(f":material/task_alt: Done for today: {today.done} answered. Come back tomorrow, practise freely{more}.")
        else:
            st.markdown("Nothing is due. Practise freely.")
        show_plan(plan, now)
        show_load(today, plan, now)


# a round


def _show_round(round_: Round, store: RoundStore) -> None:
    entry = round_.current
    if entry is None:
        _show_end(round_, store)
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"{round_.title} · question {round_.place + 1} of {len(round_.entries)}")
        if st.button("Stop here", type="tertiary", icon=":material/close:", key="stop-round", help="You can go on later"):
            del st.query_params[OPEN]
            st.rerun()
    st.progress(round_.place / len(round_.entries))
    attempt = _attempt_of(round_)
    if attempt:
        show_result(round_, entry, attempt, store)
    else:
        show_attempt(round_, entry, store)


def _attempt_of(round_: Round) -> Attempt | None:
    """The attempt at the current question; None when there is none yet."""
    if not round_.attempt or round_.current is None:
        return None
    attempts = services.learner().attempts(question_id=round_.current.question.id)
    return next((a for a in attempts if a.id == round_.attempt), None)


def _show_end(round_: Round, store: RoundStore) -> None:
    """What was done, and what next."""
    now = datetime.now(UTC)
    st.title("Round finished" if round_.done else "Nothing answered")
    attempts = [a for a in services.learner().attempts() if a.id in set(round_.done)]
    scores = [score for a in attempts if (score := score_of(a)) is not None]
    if scores:
        with st.container(horizontal=True):
            st.metric("Answered", len(attempts), border=True, width="content")
            st.metric("Mean score", f"{sum(scores) / len(scores):.0%}", border=True, width="content")
        for attempt in attempts:
            score, rating = score_of(attempt), RATINGS.get(attempt.rating or "", "")  # type: ignore[call-overload]
            st.markdown(f"- {attempt.question} :gray[{score:.0%}, {rating}]")
    else:
        st.markdown("You skipped every question of this round. They will come back.")
    again = plan_today(services.plan(), now).items
    with st.container(horizontal=True):
        if again and st.button(f"Go on with {len(again)} more", type="primary", key="more"):
            open_round(begin_round("Today's session", again, services.bank(), now), store)
        if st.button("Back to Practice", key="back"):
            store.save(None)
            del st.query_params[OPEN]
            st.rerun()
    st.page_link(st.session_state["pages"]["progress"], label="See your progress", icon=":material/monitoring:")
