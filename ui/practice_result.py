"""After an attempt: the grade as advice, the learner's rating, the doubts that are kept, and the next question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import streamlit as st

from core.errors import GroundworkError
from core.records import Attempt
from practice.follow_ups import Step, plan_step
from practice.schedule import Scheduler, key_point_card, new_card
from practice.types import Grade, PracticeQuestion, Rating
from ui import services
from ui.grade import ADVICE, show_corrections, show_points, show_references, show_score
from ui.passages import plain
from ui.practice_plan import all_cards, scheduler_for
from ui.practice_question import show_question
from ui.practice_round import Entry, Round, RoundStore

MAX_SHOWN_DAYS = 60
RATINGS: dict[Rating, str] = {"again": "Again", "hard": "Hard", "good": "Good", "easy": "Easy"}
MOVES = {
    "prerequisite": "An easier question at the root of what was missing:",
    "variant": "Another look at what was missing:",
    "deeper": "One level deeper:",
}


@dataclass(frozen=True)
class Answered:
    """An attempt with its question and grade."""

    question: PracticeQuestion
    attempt: Attempt
    grade: Grade


@dataclass(frozen=True)
class Decision:
    """What the learner decides: the rating, the missed points to make cards of, and the question to go on with, if any."""

    rating: Rating
    missed: tuple[str, ...]
    step: Step | None = None


def show_result(round_: Round, entry: Entry, attempt: Attempt, store: RoundStore) -> None:
    """Everything that follows an attempt, down to the rating that ends it."""
    answered = Answered(entry.question, attempt, Grade.from_dict(attempt.grade or {}))
    question, grade = answered.question, answered.grade
    show_question(question)
    _show_response(answered)
    show_score(grade, attempt.response)
    show_corrections(grade.misconceptions)
    changed = show_points(question, grade, attempt.response, attempt.id)
    if changed:
        services.learner().update_attempt(attempt.id, grade=changed.to_dict())
        st.rerun()
    show_references(question)
    _show_doubts(round_, answered, store)
    _show_rating(round_, answered, store)


def _show_response(answered: Answered) -> None:
    question, response = answered.question, answered.attempt.response
    if question.format != "open" and question.correct is not None:
        if response:
            st.markdown(f":material/person: {plain(response)}")
        st.markdown(f":material/check: Right is: **{question.options[question.correct]}**")
    elif response:
        with st.expander("Your answer", icon=":material/person:"):
            st.markdown(plain(response))
    else:
        st.caption(":material/person: You said that you don't know. Nothing is lost: it comes back soon.")


# doubts


def _show_doubts(round_: Round, answered: Answered, store: RoundStore) -> None:
    """Appeal a verdict, flag the question: both are kept. Or set the question aside."""
    with st.container(horizontal=True):
        with st.popover("Appeal a verdict", icon=":material/gavel:", type="tertiary"):
            _show_appeal(answered)
        with st.popover("Flag this question", icon=":material/flag:", type="tertiary"):
            _show_flag(answered.question)
        if st.button("Don't ask this again", icon=":material/visibility_off:", type="tertiary", key="set-aside",
                     help="Takes the question out of your sessions and goes on; Progress brings it back"):
            _set_aside(round_, answered.question, store)


def _set_aside(round_: Round, question: PracticeQuestion, store: RoundStore) -> None:
    now = datetime.now(UTC)
    try:
        learner = services.learner()
        learner.add_cards([new_card(question, now)])
        learner.suspend_card(question.id, now)
        store.save(round_.advanced(now, None))
    except GroundworkError as error:
        st.error(f"It could not be set aside. {error.explain()}")
        return
    st.toast("Set aside. Progress > Memory brings it back.", icon=":material/visibility_off:")
    st.rerun()


def _show_appeal(answered: Answered) -> None:
    key = answered.attempt.id
    points = ["", *(c.key_point for c in answered.grade.criteria)]
    point = st.selectbox("Which verdict?", points, format_func=lambda p: p or "The grade as a whole", key=f"appeal-point-{key}")
    text = st.text_area("What did it get wrong?", key=f"appeal-text-{key}", placeholder="I did say this, in other words: …")
    if st.button("Keep the appeal", key=f"appeal-{key}", disabled=not text.strip()):
        _keep(lambda now: services.learner().appeal_verdict(answered.attempt, text.strip(), now, point),
              "The appeal is kept. Your own rating is what counts for the schedule.")


def _show_flag(question: PracticeQuestion) -> None:
    text = st.text_area("What is wrong with it?", key=f"flag-text-{question.id}", placeholder="Unclear, outdated, wrong, …")
    if st.button("Keep the flag", key=f"flag-{question.id}", disabled=not text.strip()):
        _keep(lambda now: services.learner().flag_question(question.id, text.strip(), now), "The flag is kept. Thank you.")


def _keep(write: Callable[[datetime], object], thanks: str) -> None:
    try:
        write(datetime.now(UTC))
        st.success(thanks)
    except GroundworkError as error:
        st.error(f"It could not be kept; the text is still here. {error.explain()}")


# rating and next step


def _show_rating(round_: Round, answered: Answered, store: RoundStore) -> None:
    now = datetime.now(UTC)
    scheduler = scheduler_for(all_cards(now), services.plan(), now)
    with st.container(border=True, key="rating"):
        st.markdown("**When do you want to see this again?**")
        rating = _choose_rating(answered, scheduler, now)
        decision = Decision(rating, _choose_cards(answered))
        if st.button("Save and go on", type="primary", icon=":material/arrow_forward:", key=f"rate-{answered.attempt.id}"):
            _save(round_, answered, scheduler, decision, store)
        step = _find_step(round_, answered)
        if step:
            st.caption(f":material/troubleshoot: {MOVES[step.move]}")
            if st.button(step.question.question, key="follow-step", icon=":material/subdirectory_arrow_right:", width="stretch",
                         help="Saves your rating and asks this next"):
                _save(round_, answered, scheduler, replace(decision, step=step), store)


def _choose_rating(answered: Answered, scheduler: Scheduler, now: datetime) -> Rating:
    """The learner's rating; the grade's is chosen to begin with. Each says when the question would come back."""
    question, suggested = answered.question, answered.grade.suggested_rating
    card = services.learner().card(question.id) or new_card(question, now)
    when = {rating: _in_words(scheduler.review(card, rating, now)[0].due, now) for rating in RATINGS}
    rating = st.segmented_control(
        "Rating", list(RATINGS), default=suggested, required=True, key=f"rating-{answered.attempt.id}-{answered.grade.score}",
        format_func=lambda r: f"{RATINGS[r]} · {when[r]}", label_visibility="collapsed",
    )
    st.caption(f"Suggested: {RATINGS[suggested]}. {ADVICE}")
    return rating or suggested


def _choose_cards(answered: Answered) -> tuple[str, ...]:
    """The missed points that become cards."""
    missed = _missed_points(answered)
    wanted = bool(missed) and st.checkbox(
        f"Also make {'a card' if len(missed) == 1 else f'{len(missed)} cards'} of what was missed", value=True,
        key=f"cards-{answered.attempt.id}",
        help="Each point that was missed or contradicted is then asked on its own until it stays.",
    )
    return missed if wanted else ()


def _missed_points(answered: Answered) -> tuple[str, ...]:
    """Key points to ask on their own: those missed while others were not. A question missed as a whole comes back as a whole."""
    known = {point.text for point in answered.question.key_points}
    criteria = answered.grade.criteria
    missed = tuple(c.key_point for c in criteria if c.verdict in {"missed", "contradicted"} and c.key_point in known)
    return missed if answered.question.format == "open" and len(missed) < len(criteria) else ()


def _find_step(round_: Round, answered: Answered) -> Step | None:
    """The question that hunts the gap, among those not asked in this round."""
    asked = {entry.question.id for entry in round_.entries[: round_.place + 1]} | services.set_aside()
    question, grade = answered.question, answered.grade
    return plan_step(question, grade, services.question_map(), asked, hunt=round_.hunt, roadmap=services.roadmap())


def _save(round_: Round, answered: Answered, scheduler: Scheduler, decision: Decision, store: RoundStore) -> None:
    """Store the rating, the review and the cards of missed points, then go on."""
    now = datetime.now(UTC)
    question, step = answered.question, decision.step
    try:
        learner = services.learner()
        card = learner.card(question.id) or new_card(question, now)
        if answered.attempt.rating is None:  # else only the round could not be stored the last time
            reviewed, log = scheduler.review(card, decision.rating, now, round_.seconds(now))
            learner.save_rating(answered.attempt.id, reviewed, log, [key_point_card(question, point, now) for point in decision.missed])
        if step:
            round_ = round_.followed_by(Entry(step.question, MOVES[step.move].rstrip(":") + "."))
        store.save(round_.advanced(now, step.hunt if step else None))
    except GroundworkError as error:
        st.error(f"The rating could not be stored. {error.explain()}")
        return
    st.rerun()


def _in_words(due: datetime | None, now: datetime) -> str:
    """How long until a moment: `10 min`, `3 days`."""
    seconds = (due - now).total_seconds() if due else 0.0
    minutes, days = round(seconds / 60), round(seconds / 86400)
    if seconds < 5400:
        return f"{max(1, minutes)} min"
    if days < 1:
        return f"{round(seconds / 3600)} h"
    return f"{days} day{'' if days == 1 else 's'}" if days < MAX_SHOWN_DAYS else f"{round(days / 30)} months"
