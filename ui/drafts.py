"""Text areas whose text is kept: it survives a rerun, another page, a reload and an error."""

from __future__ import annotations

import json

import streamlit as st

from core.errors import GroundworkError
from ui import services

INTERVIEW = "interview-"  # a draft of this name has a place of its own: one of each may be open
MAX_CHARACTERS = 20_000


def show_draft_area(name: str, label: str, *, height: int = 180, placeholder: str = "", disabled: bool = False) -> str:
    """A text area for the draft `name`, another one each time something is asked. The last text typed is kept. Returns the text."""
    key = f"draft-{name}"
    if key not in st.session_state:
        st.session_state[key] = _stored(name)
    text = st.text_area(
        label, key=key, height=height, max_chars=MAX_CHARACTERS, placeholder=placeholder, disabled=disabled,
        on_change=_store, args=(name,), persist_state="session",
    )
    return text or ""


def forget_draft(name: str) -> None:
    """Drop a kept draft, whose text is stored elsewhere by now. Raises StorageError."""
    services.database().set_preferences(**{_place(name): ""})


def sure_to_drop(name: str, text: str) -> bool:
    """True when nothing is written in a draft's box, or when the learner has pressed once more to leave what is."""
    key = f"drop-{name}"
    if not text.strip() or st.session_state.get(key) == text:
        return True
    st.session_state[key] = text
    st.warning("You have written something. Press again to leave it, or send it.", icon=":material/edit_note:")
    return False


def _place(name: str) -> str:
    """The preference that keeps a draft."""
    return "draft_interview" if name.startswith(INTERVIEW) else "draft"


def _stored(name: str) -> str:
    try:
        kept = json.loads(services.database().preference(_place(name)) or "{}")
    except (GroundworkError, ValueError):
        return ""
    return str(kept.get("text", "")) if kept.get("name") == name else ""


def _store(name: str) -> None:
    """Keep what was typed; when that fails, the page itself still holds it."""
    kept = {"name": name, "text": st.session_state.get(f"draft-{name}") or ""}
    try:
        services.database().set_preferences(**{_place(name): json.dumps(kept)})
    except GroundworkError as error:
        st.toast(f"The draft is not being saved. {error.explain()}", icon=":material/warning:")
