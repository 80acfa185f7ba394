"""One message of a conversation: text, numbered citations, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from chat.citations import CITATION, outside_code
from chat.export import answer_markdown
from core.db import Message
from core.errors import GroundworkError
from core.types import Answer
from ui import services
from ui.passages import plain, readable, show_passage

VERDICTS = {
    "answered": ":green-badge[:material/check: In your notes]",
    "partial": ":orange-badge[:material/contrast: Partly in your notes]",
    "not_covered": ":gray-badge[:material/block: Not in your notes]",
}
ENGINES = {"extractive": "quoted word for word", "generative": "written by the model, checked against the passages"}


def show_message(message: Message) -> None:
    """A stored message."""
    with st.chat_message(message.role, avatar=":material/person:" if message.role == "user" else ":material/foundation:"):
        if message.role == "user":
            st.markdown(plain(message.content))
        elif message.answer is None:
            st.markdown(readable(message.content))
            st.caption(":material/stop_circle: Stopped. This is the text so far; it was not checked against its sources.")
        else:
            _show_answer(message, message.answer)


def with_badges(text: str) -> str:
    """Answer text with its citations `[n]` as small badges; code is left alone."""
    return outside_code(readable(text), lambda part: CITATION.sub(lambda m: f":blue-badge[{m[1]}]", part))


def _show_answer(message: Message, answer: Answer) -> None:
    if answer.notice:
        st.warning(answer.notice, icon=":material/info:")
    st.markdown(with_badges(answer.text))
    if answer.engine != "none":
        details = f"confidence {answer.confidence:.0%} · {ENGINES[answer.engine]}" if answer.verdict != "not_covered" else ""
        st.caption(f"{VERDICTS[answer.verdict]} {details}")
    _show_sources(message.id, answer)
    if answer.engine != "none":
        _show_actions(message, answer)


def _show_sources(message_id: str, answer: Answer) -> None:
    """One pill a citation; choosing it opens the passage with the quote highlighted."""
    if not answer.sources:
        return
    by_number = {source.n: source for source in answer.sources}
    chosen = st.pills(
        "Sources", list(by_number), key=f"sources-{message_id}", label_visibility="collapsed",
        format_func=lambda n: f"{n} · {(by_number[n].heading or by_number[n].title).split(' > ')[-1]}",
    )
    if chosen is not None:
        show_passage(by_number[chosen])


def _show_actions(message: Message, answer: Answer) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _show_feedback(message)
        copy = st.toggle("Markdown", key=f"copy-{message.id}", help="Show the answer as Markdown, ready to copy")
        why = st.toggle("Why this answer", key=f"why-{message.id}", help="What was searched, what was found, how long it took")
    if copy:
        st.code(answer_markdown(answer), language="markdown", wrap_lines=True)
    if why:
        _show_trace(answer)


def _show_feedback(message: Message) -> None:
    stored = {"up": 1, "down": 0, None: None}[message.feedback]
    value = st.feedback("thumbs", key=f"feedback-{message.id}", default=stored)
    reason = message.feedback_reason or ""
    if value is not None:
        with st.popover("Say why", icon=":material/edit_note:", type="tertiary"):
            reason = st.text_area("What was good or wrong? (optional)", value=reason, key=f"reason-{message.id}")
    if (value, reason) != (stored, message.feedback_reason or ""):
        try:
            services.database().set_feedback(message.id, None if value is None else "up" if value else "down", reason)
        except GroundworkError as error:
            st.warning(error.explain())


def _show_trace(answer: Answer) -> None:
    """The "why this answer" panel."""
    with st.container(border=True):
        if answer.standalone_question != answer.question:
            st.markdown(f"**Searched for:** {plain(answer.standalone_question)}")
        timings = ", ".join(f"{name} {ms:.0f} ms" for name, ms in answer.timings_ms.items())
        st.caption(f"Confidence {answer.confidence:.2f}. Timings: {timings}.")
        for part in answer.trace:
            if len(answer.trace) > 1:
                st.markdown(f"**Part:** {plain(part['question'])} (confidence {part['confidence']:.2f})")
            if part.get("searched", part["question"]) != part["question"]:
                st.markdown(f"**Read as:** {plain(part['searched'])}")
            rows = [
                {
                    "meaning rank": hit["dense_rank"], "word rank": hit["lexical_rank"], "cosine": hit["dense_score"],
                    "BM25": hit["lexical_score"], "score": hit["score"], "passage": hit["heading"].replace(" > ", " › "),
                }
                for hit in part["hits"]
            ]
            st.dataframe(rows, hide_index=True)
            st.caption("Features of the confidence: " + ", ".join(f"{k} {v:.2f}" for k, v in part["features"].items()))
