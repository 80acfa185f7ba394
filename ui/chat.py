"""The chat page: ask, see the answer come in, open its citations, go on."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from chat.answering import Assistant, Done, Restart, Status, Token
from chat.export import conversation_markdown
from core.content import load_roadmap
from core.db import Conversation, Message
from core.errors import GroundworkError
from core.types import Answer, Turn
from ui import MAX_QUESTION_CHARACTERS, services, sidebar
from ui.messages import show_message
from ui.passages import readable
from ui.practice import practise
from ui.turns import LiveTurn
from ui.waiting import wait_for_notes, watch_loading

PENDING = "pending_question"
DEPTHS = (
    ("In 30 seconds", "In 30 seconds", ":material/timer:"), ("Simpler", "Explain it simpler", ":material/child_care:"),
    ("Deeper", "Go deeper", ":material/vertical_align_bottom:"),
)
TURN = "live_turn"
UNSAVED = "unsaved_messages"  # and the conversation below which they are shown until its next question
TOPIC = "topic_filter"
REFRESH_SECONDS = 0.05  # between two updates of the streaming text
STARTERS = (
    "Explain the difference between zero-shot, one-shot, and few-shot prompting",
    "How would you implement RAG for a customer support system?",
    "Explain the tradeoffs in vector quantization",
    "HNSW vs IVF: when would I choose which?",
    "My interview is in a week, what should I focus on?",
    "Quiz me on chunking",
)


def show(typed: str | None = None) -> None:
    """The chat page below its input, in which `typed` was entered."""
    _start_new_chat_if_asked()
    _close_interrupted_turn()
    try:
        database = services.database()
        conversation = database.conversation(st.query_params.get("c", ""))
        messages = database.messages(conversation.id) if conversation else []
    except GroundworkError as error:
        st.error(error.explain())
        return
    _restore_topic(conversation)
    sidebar.show(conversation.id if conversation else "")
    question = typed or st.session_state.pop(PENDING, None)
    topic = _show_header(conversation, messages)
    if not conversation:
        sidebar.show_undo()
    welcome = st.empty()  # cleared at once when a turn begins
    unsaved = [] if question else _unsaved_of(conversation)
    if not messages and not question and not unsaved:
        with welcome.container():
            _show_welcome()
    for message in messages:
        show_message(message)
    for message in unsaved:
        show_message(message)
    if question and question.strip():
        _run_turn(question.strip(), conversation, messages, topic)
    elif messages:
        _show_next_steps(messages)
    _show_loading()


def _start_new_chat_if_asked() -> None:
    request = st.session_state.pop("new_chat", None)
    if request is None:
        return
    st.session_state.pop(UNSAVED, None)
    st.query_params.clear()
    st.session_state.pop("topic_restored", None)
    st.session_state[TOPIC] = request.get("topic")
    if request.get("question"):
        st.session_state[PENDING] = request["question"]


def _unsaved_of(conversation: Conversation | None) -> list[Message]:
    """What could not be stored of the last turn, in the conversation that it belongs to."""
    place, messages = st.session_state.get(UNSAVED, ("", []))
    return list(messages) if place == (conversation.id if conversation else "") else []


def _restore_topic(conversation: Conversation | None) -> None:
    """A conversation that is opened brings its topic filter along; a change afterwards is the learner's."""
    if conversation and (st.session_state.get("topic_restored") != conversation.id or TOPIC not in st.session_state):
        st.session_state[TOPIC] = conversation.topic
        st.session_state["topic_restored"] = conversation.id


# header and empty state


def _show_header(conversation: Conversation | None, messages: list[Message]) -> int | None:
    """Title, topic filter and the conversation's menu. Returns the topic chosen, or None for all."""
    topics = load_roadmap(services.base_settings().knowledge_dir).topics
    names = {topic.number: f"{topic.number}. {topic.title}" for topic in topics}
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        chosen = st.selectbox(
            "Topic", [None, *names], key=TOPIC, format_func=lambda n: names[n] if n else "All topics",
            label_visibility="collapsed", placeholder="All topics", width=340,
        )
        if conversation:
            _show_menu(conversation, messages)
    return chosen


def _show_menu(conversation: Conversation, messages: list[Message]) -> None:
    try:
        _show_menu_items(conversation, messages)
    except GroundworkError as error:
        st.error(error.explain())


def _show_menu_items(conversation: Conversation, messages: list[Message]) -> None:
    with st.popover("Conversation", icon=":material/more_horiz:", type="tertiary"):
        database = services.database()
        title = st.text_input("Title", value=conversation.title, key=f"title-{conversation.id}")
        if st.button("Rename", disabled=not title.strip() or title == conversation.title, width="stretch"):
            database.rename_conversation(conversation.id, title)
            st.rerun()
        st.download_button(
            "Export as Markdown", conversation_markdown(conversation.title, messages), file_name="conversation.md",
            mime="text/markdown", icon=":material/download:", on_click="ignore", width="stretch",
        )
        if st.button("Delete", icon=":material/delete:", width="stretch"):
            database.delete_conversation(conversation.id, datetime.now(UTC))
            st.session_state[sidebar.DELETED_STATE] = (conversation.id, conversation.title)
            st.session_state["new_chat"] = {}
            st.rerun()


def _show_welcome() -> None:
    st.title("What shall we prepare?")
    settings = services.current_settings()
    how = "Every answer quotes your notes and shows where. No key and no network needed."
    if settings.generative:
        how = f"{settings.model} writes the answers from your notes, checked against them; your questions go to its endpoint."
    st.markdown(f"Ask about any of the roadmap's fifteen topics. {how} What is not in your notes, Groundwork says so.")
    for starter in STARTERS:
        if st.button(starter, key=f"starter-{starter}", icon=":material/arrow_outward:", width="stretch"):
            _ask(starter)


def _ask(question: str) -> None:
    st.session_state[PENDING] = question
    st.rerun()


def _show_loading() -> None:
    """A progress bar while the notes are embedded and the model loads; an error with a way to try again."""
    loading = services.loading()
    if not loading.finished.is_set():
        watch_loading()
    elif loading.error:
        st.error(loading.error.explain())
        if st.button("Try again"):
            services.reload()
            st.rerun()


# a turn


def _run_turn(question: str, conversation: Conversation | None, messages: list[Message], topic: int | None) -> None:
    """Store the question, stream the answer, store it; a stop or a closed tab keeps the text so far."""
    now = datetime.now(UTC)
    st.session_state.pop(UNSAVED, None)
    turn = LiveTurn("", None)
    try:
        database = services.database()
        conversation_id = conversation.id if conversation else database.create_conversation(question, now, topic)
        database.add_message(conversation_id, "user", question, now)
        st.query_params["c"] = conversation_id
        turn = st.session_state[TURN] = LiveTurn(conversation_id, database)
        st.session_state.pop(sidebar.DELETED_STATE, None)
    except GroundworkError as error:
        st.warning(f"This conversation is not being saved. {error.explain()}")
    asked = Message("", "user", question, None)
    show_message(asked)
    slot = st.empty()
    with slot.container():
        answer = _stream_answer(turn, question, [Turn(m.role, m.content) for m in messages], topic)
    if answer is None:
        return
    if answer.verdict == "not_covered" and answer.engine != "none":
        _record_uncovered(answer, topic)
    try:
        if turn.close(answer):
            st.rerun()
    except GroundworkError as error:
        st.warning(f"This answer could not be saved. {error.explain()}")
    slot.empty()
    unsaved = Message("unsaved", "assistant", answer.text, answer)
    st.session_state[UNSAVED] = (turn.conversation_id, [unsaved] if turn.conversation_id else [asked, unsaved])
    show_message(unsaved)


def _stream_answer(turn: LiveTurn, question: str, history: list[Turn], topic: int | None) -> Answer | None:
    """Show the events of the answer as they come. Stop, another click or a closed tab ends the script in here."""
    answer: Answer | None = None
    with st.chat_message("assistant", avatar=":material/foundation:"):
        status, body = st.empty(), st.empty()
        st.button("Stop", icon=":material/stop_circle:", key="stop", type="tertiary")
        try:
            assistant = _wait_for_assistant(status)
            shown = 0.0
            for event in assistant.stream(question, history, topic) if assistant else ():
                match event:
                    case Status(message):
                        status.caption(f":material/progress_activity: {message}")
                    case Restart(notice):
                        turn.text = ""
                        body.empty()
                        status.caption(notice)
                    case Token(piece):
                        turn.text += piece
                        if time.monotonic() - shown > REFRESH_SECONDS:
                            body.markdown(readable(turn.text) + " ▌")
                            shown = time.monotonic()
                    case Done():
                        answer = event.answer
            return answer
        finally:
            if answer is None:
                with suppress(GroundworkError):
                    turn.close()


def _record_uncovered(answer: Answer, topic: int | None) -> None:
    """Count the question for the map of what the notes cannot answer, near the topic of what came closest."""
    try:
        chunks = {chunk.id: chunk for chunk in services.retriever().chunks}
        found = (chunks.get(hit["chunk_id"]) for part in answer.trace for hit in part["hits"])
        near = next((chunk.topic for chunk in found if chunk), None)
        services.learner().record_uncovered(answer.standalone_question, datetime.now(UTC), topic or near)
    except GroundworkError as error:
        st.toast(error.explain(), icon=":material/warning:")


def _close_interrupted_turn() -> None:
    """What an interrupted run of this page has streamed so far becomes part of the conversation."""
    turn = st.session_state.pop(TURN, None)
    if turn:
        try:
            turn.close()
        except GroundworkError as error:
            st.warning(f"The stopped answer could not be saved. {error.explain()}")


def _wait_for_assistant(status: DeltaGenerator) -> Assistant | None:
    """The assistant with this session's model; waits, visibly, while it loads. None when it cannot load."""
    loading = wait_for_notes(status)
    if loading.assistant is None:
        status.error(loading.error.explain() if loading.error else "The assistant could not be loaded.")
        return None
    return services.assistant(loading.assistant)


# after an answer


def _show_next_steps(messages: list[Message]) -> None:
    """Follow-up questions, regenerate, and edit-and-resend of the last question."""
    last = messages[-1]
    if last.answer:
        for index, question in enumerate(last.answer.follow_ups):
            if st.button(question, key=f"follow-{last.id}-{index}", icon=":material/subdirectory_arrow_right:", width="stretch"):
                _ask(question)
    asked = next((m for m in reversed(messages) if m.role == "user"), None)
    if asked is None:
        return
    if last.role == "user":
        st.caption("This question has no answer yet.")
    if last.answer and last.answer.verdict != "not_covered" and last.answer.engine != "none":
        _show_depths()
    with st.container(horizontal=True):
        topic = next((source.topic for source in last.answer.sources if source.topic), None) if last.answer else None
        if topic and st.button("Practise this", icon=":material/exercise:", type="tertiary", help="Questions on this topic"):
            practise(topic)
        if st.button("Regenerate", icon=":material/refresh:", type="tertiary"):
            _resend(asked, asked.content)
        with st.popover("Edit question", icon=":material/edit:", type="tertiary"):
            text = st.text_area("Question", value=asked.content, key=f"edit-{asked.id}", max_chars=MAX_QUESTION_CHARACTERS)
            if st.button("Send again", type="primary", disabled=not text.strip()):
                _resend(asked, text)


def _show_depths() -> None:
    """The same answer shorter, simpler or deeper."""
    with st.container(horizontal=True, key="depths"):
        for label, text, icon in DEPTHS:
            if st.button(label, key=f"depth-{label}", icon=icon, type="tertiary"):
                _ask(text)


def _resend(message: Message, text: str) -> None:
    try:
        services.database().truncate(st.query_params["c"], message.id)
    except GroundworkError as error:
        st.error(error.explain())
        return
    _ask(text)
