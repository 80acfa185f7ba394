"""The list of conversations: new, search, open; and the undo of a deletion."""

from __future__ import annotations

import streamlit as st

from core.errors import GroundworkError
from ui import services
from ui.passages import plain

DELETED_STATE = "deleted_conversation"
SHOWN = 30


def show(current: str) -> None:
    """Draw the sidebar; opening a conversation puts its id into the address, so that a reload returns to it."""
    with st.sidebar:
        if st.button("New chat", icon=":material/add:", width="stretch"):
            st.session_state["new_chat"] = {}
            st.rerun()
        try:
            _show_list(current)
        except GroundworkError as error:
            st.error(error.explain())


def show_undo() -> None:
    """What was deleted last, and the way back, until the next question."""
    deleted = st.session_state.get(DELETED_STATE)
    if not deleted:
        return
    id_, title = deleted
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"Deleted “{plain(title)}”.", width="stretch")
        if st.button("Undo", icon=":material/undo:"):
            services.database().restore_conversation(id_)
            del st.session_state[DELETED_STATE]
            st.query_params["c"] = id_
            st.rerun()


def _show_list(current: str) -> None:
    search = st.text_input("Search conversations", placeholder="Search", label_visibility="collapsed", icon=":material/search:")
    conversations = services.database().conversations(search)
    if not conversations:
        st.caption("Nothing found." if search else "Your conversations appear here.")
    for conversation in conversations[:SHOWN]:
        chosen = conversation.id == current
        if st.button(
            conversation.title, key=f"open-{conversation.id}", width="stretch",
            type="secondary" if chosen else "tertiary", icon=":material/chat_bubble:" if chosen else None,
        ):
            st.query_params["c"] = conversation.id
            st.rerun()
    if len(conversations) > SHOWN:
        st.caption(f"{len(conversations) - SHOWN} older ones: search for them.")
