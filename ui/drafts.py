"""Text areas whose text is kept: it survives a rerun, another page, a reload and an error."""

from __future__ import annotations

import json

import streamlit as st

from core.errors import GroundworkError
from ui import services

PREFERENCE = "draft"
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


def forget_draft() -> None:
    """Drop the kept draft, whose text is stored elsewhere by now. Raises StorageError."""
    services.database().set_preferences(**{PREFERENCE: ""})


def _stored(name: str) -> str:
    try:
        kept = json.loads(services.database().preference(PREFERENCE) or "{}")
    except (GroundworkError, ValueError):
        return ""
    return str(kept.get("text", "")) if kept.get("name") == name else ""


def _store(name: str) -> None:
    """Keep what was typed; when that fails, the page itself still holds it."""
    kept = {"name": name, "text": st.session_state.get(f"draft-{name}") or ""}
    try:
        services.database().set_preferences(**{PREFERENCE: json.dumps(kept)})
    except GroundworkError as error:
        st.toast(f"The draft is not being saved. {error.explain()}", icon=":material/warning:")
