"""A grade on the page: the score, every key point with the evidence of both sides, misconceptions, and what unlocks after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from practice.evidence import NoteQuotes
from practice.grading import finish_grade
from practice.progress import is_undecided
from practice.types import Criterion, FoundMisconception, Grade, PointVerdict, PracticeQuestion
from ui.passages import link_to_notes, plain, readable

VERDICTS: dict[str, str] = {
    "met": ":green-badge[:material/check_circle: Met]",
    "partly": ":orange-badge[:material/contrast: Partly]",
    "missed": ":red-badge[:material/cancel: Missed]",
    "contradicted": ":red-badge[:material/error: Contradicted]",
    "unsure": ":violet-badge[:material/help: You decide]",
}
TICKS: dict[PointVerdict, str] = {"met": "Yes, I said this", "partly": "In part", "missed": "No"}
ENGINES = {
    "judge": "Graded by the built-in judge, key point by key point.",
    "generative": "Graded by the model; its quotes were checked against your words.",
    "exact": "Graded exactly.",
    "learner": "Graded by you.",
}
ADVICE = "The grade is advice: you decide."


def missed_grade(question: PracticeQuestion, notes: NoteQuotes | None) -> Grade:
    """The grade of no answer: every key point missed, with its place in the notes."""
    return finish_grade(question, _blank_criteria(question, notes, "missed"), ())


def undecided_grade(question: PracticeQuestion, notes: NoteQuotes | None, notice: str) -> Grade:
    """The grade when nothing can grade: the learner ticks every point; the notice says why."""
    return replace(finish_grade(question, _blank_criteria(question, notes, "unsure"), ()), engine="learner", notice=notice)


def _blank_criteria(question: PracticeQuestion, notes: NoteQuotes | None, verdict: PointVerdict) -> list[Criterion]:
    found = []
    for point in question.key_points:
        quote, anchor = notes.find(point.text, question.notes) if notes else ("", next(iter(question.notes), ""))
        found.append(Criterion(point.text, point.weight, point.required, verdict, notes_quote=quote, notes_anchor=anchor))
    return found


def tick_point(question: PracticeQuestion, grade: Grade, place: int, verdict: PointVerdict) -> Grade:
    """The grade with the learner's verdict on a point the judge was unsure of, its score computed anew."""
    criteria = [replace(c, verdict=verdict) if n == place else c for n, c in enumerate(grade.criteria)]
    again = finish_grade(question, criteria, grade.misconceptions, engine=grade.engine)
    return replace(again, engine=grade.engine, notice=grade.notice)


def show_score(grade: Grade, response: str) -> None:
    """The score in figures and words; without an answer there is nothing to score."""
    counts = {word: sum(c.verdict == word for c in grade.criteria) for word in VERDICTS}
    named = ", ".join(f"{count} {'for you to decide' if word == 'unsure' else word}" for word, count in counts.items() if count)
    if not response:
        st.subheader("What an answer needs", anchor=False)
    elif grade.engine == "exact":
        st.subheader("Right" if grade.score == 1 else "Not this time", anchor=False)
    elif is_undecided(grade.to_dict()):
        st.subheader("Decide each point yourself", anchor=False)
    else:
        st.subheader(f"{grade.score:.0%} of what the question is after", anchor=False)
        st.progress(grade.score)
        st.caption(f"Key points: {named}. {ENGINES[grade.engine]}")
    if grade.notice:
        st.warning(grade.notice, icon=":material/info:")


def show_points(question: PracticeQuestion, grade: Grade, response: str, key: str) -> Grade | None:
    """Every key point with its verdict and both quotes. Returns the grade as the learner changed it; None when unchanged."""
    if grade.engine == "exact":
        _show_statement(grade, key)
        return None
    changed = None
    for place, criterion in enumerate(grade.criteria):
        with st.container(border=True, key=f"point-{place}-{key}"):
            extra = "" if criterion.required else " :gray-badge[extra]"
            st.markdown(f"{VERDICTS[criterion.verdict]}{extra} {criterion.key_point}")
            _show_quotes(criterion, response)
            ticked = _ask_for_tick(criterion, f"tick-{place}-{key}")
            if ticked and ticked != criterion.verdict:
                changed = tick_point(question, changed or grade, place, ticked)
    return changed


def _show_statement(grade: Grade, key: str) -> None:
    """What the notes say on a choice: right or wrong is said above."""
    with st.container(border=True, key=f"point-0-{key}"):
        for criterion in grade.criteria:
            _show_notes_side(criterion.notes_quote or criterion.key_point, criterion.notes_anchor)


def _ask_for_tick(criterion: Criterion, key: str) -> PointVerdict | None:
    """The learner's verdict on a point that the judge was unsure of; it can be changed as long as the page is open."""
    if criterion.verdict != "unsure" and key not in st.session_state:
        return None
    return st.segmented_control("Did your answer say this?", list(TICKS), format_func=lambda v: TICKS[v], key=key)


def _show_quotes(criterion: Criterion, response: str) -> None:
    """The learner's words beside the notes'; for a point that the learner decides, the whole answer where nothing is quoted."""
    said = criterion.response_quote or (response if criterion.verdict == "unsure" else "")
    stated = criterion.notes_quote if criterion.notes_quote != criterion.key_point else ""
    anchor = criterion.notes_anchor
    if not said and not stated and not anchor:
        return
    if not response:
        _show_notes_side(stated, anchor)
        return
    mine, notes = st.columns(2, gap="medium")
    with mine:
        st.caption(":material/person: You wrote")
        st.markdown(_quote(plain(said)) if said else ":gray[Nothing on this.]")
    with notes:
        _show_notes_side(stated, anchor)


def _show_notes_side(stated: str, anchor: str) -> None:
    st.caption(":material/menu_book: The notes say")
    if " | " in stated:  # a row of a table
        stated = " · ".join(cell.strip() for cell in stated.strip("|").split("|"))
    if stated:
        st.markdown(_quote(readable(stated)))
    st.markdown(f":small[{link_to_notes(anchor)}]" if anchor else ":small[:gray[No section is linked.]]")


def _quote(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def show_corrections(found: Sequence[FoundMisconception]) -> None:
    """Wrong statements that were recognised in the answer, each with its correction."""
    for misconception in found:
        with st.container(border=True):
            st.markdown(f":red-badge[:material/error: Misconception] {misconception.wrong}")
            if misconception.response_quote:
                st.markdown(_quote(plain(misconception.response_quote)))
            st.markdown(f":material/arrow_forward: **Rather:** {misconception.correction}")


def show_references(question: PracticeQuestion) -> None:
    """What unlocks after an attempt: both answers, misconceptions and sources."""
    with st.expander("Answer in 30 seconds", icon=":material/timer:"):
        st.markdown(question.short_answer)
    if question.reference_answer != question.short_answer:
        with st.expander("Answer in 2 minutes" if question.origin == "bank" else "What the notes say", icon=":material/subject:"):
            st.markdown(question.reference_answer)
    if question.misconceptions:
        with st.expander("Often said, but wrong", icon=":material/error:"):
            for misconception in question.misconceptions:
                st.markdown(f"{misconception.wrong}  \n:material/arrow_forward: {misconception.correction}")
    with st.expander("Sources", icon=":material/menu_book:"):
        for anchor in question.notes:
            st.markdown(f"- {link_to_notes(anchor)}")
        if question.passage:
            st.markdown(readable(question.passage))
        if not question.notes and not question.passage:
            st.caption("This question names no source.")
