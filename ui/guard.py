"""The last resort of every page: an expected error that nothing nearer caught is one sentence, never a traceback."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import GroundworkError


def guarded(show: Callable[..., None], *arguments: object) -> None:
    """Draw a page, or say what happened and what to do."""
    try:
        show(*arguments)
    except GroundworkError as error:
        st.error(error.explain())
