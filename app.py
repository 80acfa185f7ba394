"""Groundwork: `streamlit run app.py`. Page configuration and navigation, nothing else."""

from pathlib import Path

import streamlit as st

from ui import chat, interview, practice, progress, roadmap, settings

st.set_page_config(page_title="Groundwork", page_icon=":material/foundation:", layout="centered")

st.html(Path(__file__).parent / "ui" / "style.css")

pages = {
    "chat": st.Page(chat.show, title="Chat", icon=":material/chat:", url_path="chat", default=True),
    "practice": st.Page(practice.show, title="Practice", icon=":material/exercise:", url_path="practice"),
    "interview": st.Page(interview.show, title="Interview", icon=":material/record_voice_over:", url_path="interview"),
    "progress": st.Page(progress.show, title="Progress", icon=":material/monitoring:", url_path="progress"),
    "roadmap": st.Page(roadmap.show, title="Roadmap", icon=":material/map:", url_path="roadmap"),
    "settings": st.Page(settings.show, title="Settings", icon=":material/settings:", url_path="settings"),
}
st.session_state["pages"] = pages
st.navigation(list(pages.values()), position="top").run()
