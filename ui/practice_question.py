"""The question as it is asked: attempt first, everything else unlocks after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from core.errors import GroundworkError
from core.records import Attempt
from practice.quiz import grade_choice
from practice.types import Grade, PracticeQuestion
from ui import services
from ui.drafts import forget_draft, show_draft_area, sure_to_drop
from ui.grade import missed_grade, undecided_grade
from ui.passages import plain
from ui.practice_round import Entry, Round, RoundStore
from ui.waiting import wait_for_notes

SURE = {0.1: "A guess", 0.3: "Unsure", 0.5: "Half sure", 0.7: "Fairly sure", 0.9: "Certain"}
KIND_NAMES = {
    "concept": "Concept", "compare": "Comparison", "calculate": "Calculation", "debug": "Debugging", "design": "Design",
    "behaviour": "Behaviour", "open": "Open question", "multiple_choice": "Multiple choice", "true_false": "True or false",
}


@dataclass(frozen=True)
class Asked:
    """The question of a round that waits for an answer, and the name of its draft."""

    round: Round
    question: PracticeQuestion
    store: RoundStore

    @property
    def draft(self) -> str:
        """One name each time the question is asked."""
        return f"{self.question.id}-{self.round.opened:%y%m%d%H%M%S%f}"


def show_question(question: PracticeQuestion, reason: str = "") -> None:
    """The question with where it belongs and why it is asked."""
    topics = {topic.number: topic.title for topic in services.roadmap().topics}
    place = f"{question.topic}\\. {topics[question.topic]} › " if question.topic in topics else ""
    st.caption(f"{place}{plain(question.subtopic)}")
    st.markdown(f"#### {question.question}")
    made = " :violet-badge[made from the notes]" if question.origin == "generated" else ""
    st.markdown(f":gray-badge[{KIND_NAMES.get(question.kind, question.kind)}] :gray-badge[{question.level}]{made}")
    if reason:
        st.caption(f":material/info: {reason}")


def show_attempt(round_: Round, entry: Entry, store: RoundStore) -> None:
    """The answer box, certainty, and the ways on. An attempt is stored before anything is unlocked."""
    question = entry.question
    asked = Asked(round_, question, store)
    name = asked.draft
    show_question(question, entry.reason)
    choice = _show_options(question, name)
    label = "Your answer" if question.format == "open" else "Why? (optional)"
    text = show_draft_area(
        name, label, height=180 if question.format == "open" else 90,
        placeholder="Answer as you would in the interview. Bullets and formulas are fine." if question.format == "open" else "",
    )
    sure = st.segmented_control(
        "How sure are you?", list(SURE), format_func=lambda s: SURE[s], key=f"sure-{name}",
        help="Said before the grade, it shows on the Progress page how well you judge yourself.",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        check = st.button("Check my answer", type="primary", icon=":material/fact_check:", key=f"check-{name}")
        unknown = st.button("I don't know", key=f"unknown-{name}", help="Counts as not answered and shows the answer")
        skip = st.button("Skip", type="tertiary", key=f"skip-{name}", help="Leave it for now; nothing is counted")
    if skip and sure_to_drop(name, text):
        store.save(round_.advanced(datetime.now(UTC)))
        st.rerun()
    if unknown and sure_to_drop(name, text):
        _settle(asked, "", None, _grade_nothing(question))
    if check:
        _check(asked, text.strip(), choice, sure)


def _show_options(question: PracticeQuestion, name: str) -> int | None:
    if question.format == "open":
        return None
    return st.radio(
        "Your choice", range(len(question.options)), index=None, format_func=lambda i: question.options[i], key=f"choice-{name}",
        label_visibility="collapsed", persist_state="session",
    )


def _check(asked: Asked, text: str, choice: int | None, sure: float | None) -> None:
    question = asked.question
    if question.format == "open" and not text:
        st.info("Write an answer first, a few words are enough. Or say that you don't know.")
    elif question.format != "open" and choice is None:
        st.info("Choose an option first. Or say that you don't know.")
    elif question.format != "open" and choice is not None:
        response = "\n".join(filter(None, (question.options[choice], text)))
        _settle(asked, response, sure, grade_choice(question, choice))
    else:
        wait_for_notes()
        with st.spinner("Reading your answer…", show_time=True):
            grade = _grade_text(question, text)
        _settle(asked, text, sure, grade)


def _grade_text(question: PracticeQuestion, text: str) -> Grade:
    """The grader's advice; when there is no grader, all points are left to the learner, with a notice."""
    try:
        return services.grader().grade(question, text)
    except GroundworkError as error:
        notice = f"{error.explain()} Your answer is kept: compare it with the notes and decide each point yourself."
    try:
        return undecided_grade(question, services.note_quotes(), notice)
    except GroundworkError:
        return undecided_grade(question, None, notice)


def _grade_nothing(question: PracticeQuestion) -> Grade:
    if question.format != "open":
        wrong = next(i for i in range(len(question.options)) if i != question.correct)
        grade = grade_choice(question, wrong)
        return Grade(grade.question_id, 0.0, grade.criteria, (), "again", engine="exact")
    ready = services.loading().assistant is not None  # nobody waits for the notes to read that it was missed
    return missed_grade(question, services.note_quotes() if ready else None)


def _settle(asked: Asked, response: str, sure: float | None, grade: Grade) -> None:
    """Keep the attempt, then unlock. When it cannot be stored, the text stays in its box."""
    question = asked.question
    attempt = Attempt(
        question.id, question.question, question.topic, question.subtopic, response, datetime.now(UTC), sure=sure,
        grade=grade.to_dict(),
    )
    try:
        services.learner().add_attempt(attempt)
        asked.store.save(asked.round.answered(attempt.id))
        forget_draft(asked.draft)
    except GroundworkError as error:
        st.error(f"Your answer could not be stored; it is still in the box above. {error.explain()}")
        return
    st.rerun()
