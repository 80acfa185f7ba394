"""Showing a cited passage: its place, and its text with the quote highlighted."""

from __future__ import annotations

import re

import streamlit as st

from chat.citations import make_safe
from chat.passages import split_units
from core.types import Source, is_own
from practice.report import section_title

_BLOCK_PREFIX = re.compile(r"^(\s*(?:[-*+]|\d+[.)])\s+)(.*)$", re.DOTALL)
_FENCE_INFO = re.compile(r"^```(?:python run|output)[^\n]*$", re.MULTILINE)


def show_passage(source: Source) -> None:
    """A card with the passage behind a citation."""
    with st.container(border=True):
        place = " › ".join(part for part in (source.title, *source.heading.split(" > ")) if part)
        page = f", page {source.page}" if source.page else ""
        st.caption(f":material/menu_book: {place}{page}")
        st.markdown(highlight(source))
        if source.topic is not None and not is_own(source.document):
            st.page_link(
                st.session_state["pages"]["roadmap"], label="Open the notes", icon=":material/open_in_new:",
                query_params={"topic": str(source.topic)},
            )


def highlight(source: Source) -> str:
    """The passage as safe Markdown with every sentence and list item of the quote on a coloured ground.

    Tables, code and formulas are shown as they are: Markdown cannot colour them.
    """
    start = source.text.find(source.quote)
    end = start + len(source.quote)
    pieces: list[str] = []
    position = 0
    for unit in split_units(source.text):
        pieces.append(source.text[position : unit.start])
        inside = start >= 0 and unit.start >= start and unit.end <= end
        pieces.append(_mark(unit.text) if inside and unit.kind in {"sentence", "item"} else unit.text)
        position = unit.end
    return readable(make_safe("".join([*pieces, source.text[position:]]), [source]))


def _mark(text: str) -> str:
    match = _BLOCK_PREFIX.match(text)
    prefix, body = (match[1], match[2]) if match else ("", text)
    if "$$" in body or body.count("[") != body.count("]"):
        return text
    return f"{prefix}:orange-background[{body}]"


def readable(text: str) -> str:
    """Markdown as Streamlit shows it best: runnable and output blocks as plain code blocks."""
    return _FENCE_INFO.sub(lambda m: "```python" if "python" in m[0] else "```text", text)


def plain(text: str) -> str:
    """What the user typed, without Markdown or formulas coming alive."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|~$:<>])", r"\\\1", text).replace("\n", "  \n")


def note_link(anchor: str) -> str:
    """Where an anchor of the notes stands in the app; an empty string when it is not one of the shipped notes."""
    stem, _, place = anchor.partition("#")
    number = re.match(r"(\d\d)-", stem)
    return f"roadmap?topic={int(number[1])}#{place.split('--')[0]}" if number else ""


def link_to_notes(anchor: str) -> str:
    """A Markdown link to the section of an anchor, or its name alone when there is no page for it."""
    name, address = plain(section_title(anchor)), note_link(anchor)
    return f"[{name}]({address})" if address else name
