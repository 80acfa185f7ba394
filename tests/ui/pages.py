"""Going about the app in an AppTest."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page(at: AppTest, name: str, **query: str) -> AppTest:
    """Go to a page, as a click on its navigation entry does. (AppTest.switch_page knows pages in files only.)"""
    if "pages" not in at.session_state:
        at.run()
    at._page_hash = at.session_state["pages"][name]._script_hash
    for key, value in query.items():
        at.query_params[key] = value
    return at.run()


def button(at: AppTest, text: str):
    return next(b for b in at.button if text in b.label)


def keyed(at: AppTest, name: str):
    """The button of this name; its key ends in what is asked."""
    return next(b for b in at.button if b.key and b.key.split("-")[0] == name)


def texts(at: AppTest) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption, *at.title, *at.subheader])
