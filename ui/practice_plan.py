"""Today's session as the plan makes it, and the widgets that change the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import streamlit as st

from core.errors import GroundworkError
from core.records import Card, Plan
from practice.progress import subtopic_mastery
from practice.schedule import Scheduler, new_card
from practice.session import DayLoad, SessionItem, count_done, load_forecast, todays_session
from ui import services
from ui.charts import load_chart, load_sentence, show_chart

LOAD_DAYS = 14
MAX_CAP = 200
DATE, CAP = "plan-date", "plan-cap"
KINDS = {  # in the order they are asked
    "due": ("due again", ":material/history:"), "weakest": ("weak", ":material/trending_down:"),
    "new": ("new", ":material/fiber_new:"),
}


@dataclass(frozen=True)
class Today:
    """What the plan asks for now: the session's items, cards done since midnight, and the scheduler behind it."""

    items: tuple[SessionItem, ...]
    done: int
    scheduler: Scheduler
    cards: tuple[Card, ...]


def all_cards(now: datetime) -> list[Card]:
    """The learner's cards and a new one for each question of the bank that has none."""
    stored = services.learner().cards()
    known = {card.id for card in stored}
    return stored + [replace(card, created_at=now, updated_at=now) for card in _bank_cards() if card.id not in known]


@st.cache_resource(show_spinner=False)
def _bank_cards() -> list[Card]:
    """A card for each question of the bank, never asked so far."""
    return [new_card(question, datetime.now(UTC)) for question in services.bank().values()]


def scheduler_for(cards: Sequence[Card], plan: Plan, now: datetime) -> Scheduler:
    """The scheduler that aims at the plan's interview date."""
    return Scheduler.aim(cards, now, plan.interview_at, plan.daily_cap)


def plan_today(plan: Plan, now: datetime) -> Today:
    """Bring due dates in line with the plan and choose what to ask now. Raises StorageError, ContentError."""
    learner = services.learner()
    cards = all_cards(now)
    scheduler = scheduler_for(cards, plan, now)
    moved = {card.id: card for card in scheduler.replan(cards, now)}
    if moved:
        learner.save_cards(moved.values())
        cards = [moved.get(card.id, card) for card in cards]
    done = count_done(learner.review_logs(), now, plan.zone)
    mastery = {key: found.score for key, found in subtopic_mastery(learner.attempts()).items()}
    items = todays_session(cards, scheduler, now, zone=plan.zone, done_today=done, mastery=mastery)
    return Today(tuple(items), done, scheduler, tuple(cards))


def describe_items(items: Sequence[SessionItem]) -> str:
    """How many of what: `14 questions: 6 due again, 8 new.` or `8 questions, all new.`"""
    counts = {word: sum(item.kind == kind for item in items) for kind, (word, _) in KINDS.items()}
    present = [word for word, count in counts.items() if count]
    if len(items) == 1:
        return f"1 question, {present[0]}."
    named = f", all {present[0]}" if len(present) == 1 else ": " + ", ".join(f"{counts[word]} {word}" for word in present)
    return f"{len(items)} questions{named}."


def show_items(items: Sequence[SessionItem]) -> None:
    """The questions of the session, folded, each with its reason."""
    with st.expander("What is in it, and why", icon=":material/list:"):
        for kind, (_, icon) in KINDS.items():
            for item in (item for item in items if item.kind == kind):
                st.markdown(f"{icon} {item.card.question['question']}  \n:gray[{item.reason}]")


def show_plan(plan: Plan, now: datetime) -> None:
    """Interview date and daily cap, stored when they are changed here."""
    today = now.astimezone(plan.zone).date()
    kept = plan.interview if plan.interview and plan.interview >= today else None
    when, cap = st.columns(2)
    st.session_state.setdefault(DATE, kept)  # not given as the value: one that is given cannot be cleared
    st.session_state.setdefault(CAP, min(plan.daily_cap, MAX_CAP))
    when.date_input(
        "Interview date", value=None, min_value=today, key=DATE, on_change=_store_date,
        help="Reviews are then timed for what you will remember on that day. Leave it empty to keep learning steadily.",
    )
    cap.number_input(
        "Questions a day, at most", 1, MAX_CAP, key=CAP, on_change=_store_cap, help="More than this is put off to the next days.",
    )
    _show_countdown(kept, today)


def _store_date() -> None:
    chosen = st.session_state[DATE]
    _store(replace(services.plan(), interview=chosen if isinstance(chosen, date) else None))


def _store_cap() -> None:
    _store(replace(services.plan(), daily_cap=int(st.session_state[CAP])))


def _store(plan: Plan) -> None:
    try:
        services.learner().set_plan(plan)
    except GroundworkError as error:
        st.toast(f"The plan could not be saved. {error.explain()}", icon=":material/warning:")


def _show_countdown(interview: date | None, today: date) -> None:
    if interview:
        days = (interview - today).days
        left = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
        st.caption(f":material/event: The interview is {left}, on {interview:%A, %d %B %Y}.")


@st.cache_data(show_spinner=False, max_entries=4)
def _load(_today: Today, zone: str, key: tuple[object, ...]) -> list[DayLoad]:
    plan = Plan(time_zone=zone)
    return load_forecast(_today.cards, _today.scheduler, datetime.now(UTC), LOAD_DAYS, zone=plan.zone, done_today=_today.done)


def show_load(today: Today, plan: Plan, now: datetime) -> None:
    """The load of the next days: one sentence, and a chart to unfold."""
    newest = max((card.updated_at for card in today.cards if card.state), default=None)
    key = (plan.interview, plan.daily_cap, today.done, newest, len(today.cards), now.astimezone(plan.zone).date())
    load = _load(today, plan.time_zone, key)
    if load:
        st.caption(load_sentence(load))
        with st.expander("Load of the next days", icon=":material/bar_chart:"):
            show_chart(load_chart(load), load_sentence(load), [
                {"day": f"{d.day:%a %d %b}", "again": d.reviews, "new": d.new, "put off": d.put_off} for d in load
            ], "load", caption=False)
