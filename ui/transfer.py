"""The learner's data out and in: Anki, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from core.errors import GroundworkError
from practice.anki import export_apkg, import_apkg
from practice.export import export_json, export_markdown, import_json
from ui import services
from ui.practice_plan import all_cards

APKG, MARKDOWN, JSON = "Anki deck (.apkg)", "Study sheet (Markdown)", "Everything (JSON)"
EXPLAINED = {
    APKG: "Questions as an Anki deck. Importing it twice duplicates nothing and keeps your schedule in Anki.",
    MARKDOWN: "Your cards with answers, dates and last scores, to read or to print.",
    JSON: "Cards, reviews, answers, interviews, conversations and settings, to read back later. It holds no API keys.",
}
MAX_MEGABYTES = 100


def show_transfer() -> None:
    """Export and import."""
    st.subheader("Export", anchor=False)
    kind = st.radio("What", list(EXPLAINED), captions=list(EXPLAINED.values()), label_visibility="collapsed", key="export-kind")
    _show_export(kind)
    st.subheader("Import", anchor=False)
    _show_import()


def _show_export(kind: str) -> None:
    """Files are made when asked for, not on every visit."""
    titles = {topic.number: topic.title for topic in services.roadmap().topics}
    now = datetime.now(UTC)
    name = f"groundwork-{now:%Y-%m-%d}"
    learner = services.learner()
    if kind == APKG:
        everything = st.checkbox("With the questions I have not met yet", value=True, key="export-all")
        _offer(
            lambda: export_apkg(all_cards(now) if everything else learner.cards(), titles, now), f"{name}.apkg",
            "application/octet-stream",
        )
    elif kind == MARKDOWN:
        _offer(lambda: export_markdown(learner, titles).encode(), f"{name}.md", "text/markdown")
    else:
        _offer(lambda: export_json(learner), f"{name}.json", "application/json")


def _offer(make: Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(
        "Download", make, file_name=name, mime=mime, icon=":material/download:", on_click="ignore", key=f"export-{mime}"
    )


def _show_import() -> None:
    file = st.file_uploader(
        "An Anki deck or a JSON export of Groundwork", type=["apkg", "json"], max_upload_size=MAX_MEGABYTES, key="import-file",
    )
    if file and st.button("Import", type="primary", icon=":material/upload:", key="import"):
        try:
            with st.spinner("Reading the file…"):
                _read(file.name, file.getvalue())
        except GroundworkError as error:
            st.error(error.explain())


def _read(name: str, data: bytes) -> None:
    learner, now = services.learner(), datetime.now(UTC)
    if name.endswith(".json"):
        added = sum(import_json(learner, data).values())
        st.success(f"{added} entries were added or brought up to date." if added else "Everything in this file is here already.")
        return
    cards = import_apkg(data, now)
    added = learner.add_cards(cards)
    known = len(cards) - added
    st.success(f"{added} cards were added." + (f" {known} were here already and keep their schedule." if known else ""))
