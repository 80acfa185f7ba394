"""Groundwork: `streamlit run app.py`. Page configuration and navigation, nothing else."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import streamlit as st

from ui import MAX_QUESTION_CHARACTERS
from ui.guard import guarded


def chat() -> None:
    """The chat page. Its input is drawn first: it can be used while the first run still imports the rest."""
    typed = st.chat_input("Ask about LLM engineering", max_chars=MAX_QUESTION_CHARACTERS, submit_mode="stop", key="chat-input")
    guarded(import_module("ui.chat").show, typed)


def page(name: str) -> Callable[[], None]:
    """A page of `ui`, imported when it is opened."""
    return lambda: guarded(import_module(f"ui.{name}").show)


st.set_page_config(page_title="Groundwork", page_icon=":material/foundation:", layout="centered")

st.html(Path(__file__).parent / "ui" / "style.css")

pages = {
    "chat": st.Page(chat, title="Chat", icon=":material/chat:", url_path="chat", default=True),
    "practice": st.Page(page("practice"), title="Practice", icon=":material/exercise:", url_path="practice"),
    "interview": st.Page(page("interview"), title="Interview", icon=":material/record_voice_over:", url_path="interview"),
    "progress": st.Page(page("progress"), title="Progress", icon=":material/monitoring:", url_path="progress"),
    "roadmap": st.Page(page("roadmap"), title="Roadmap", icon=":material/map:", url_path="roadmap"),
    "settings": st.Page(page("settings"), title="Settings", icon=":material/settings:", url_path="settings"),
}
st.session_state["pages"] = pages
st.navigation(list(pages.values()), position="top").run()
