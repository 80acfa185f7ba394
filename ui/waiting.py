"""Waiting, visibly, for the notes to be read and the search model to load."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import services

POLL_SECONDS = 0.2


def loading_text(loading: services.Loading) -> str:
    """What is going on, with counts where there are any."""
    return f"{loading.stage} {loading.done} of {loading.total}" if loading.total else loading.stage


@st.fragment(run_every=0.5)
def watch_loading() -> None:
    """A progress bar that goes on by itself; the page is drawn anew when the notes are there."""
    loading = services.loading()
    if loading.finished.is_set():
        st.rerun()
    st.progress(loading.fraction, text=loading_text(loading))


def wait_for_notes(slot: DeltaGenerator | None = None) -> services.Loading:
    """A progress bar in `slot`, or here, until the notes are loaded or have failed to."""
    loading = services.loading()
    if not loading.finished.is_set():
        slot = slot or st.empty()
        while not loading.finished.wait(POLL_SECONDS):
            slot.progress(loading.fraction, text=loading_text(loading))
        slot.empty()
    return loading
