"""The report of an ended interview, on the page and as files."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import streamlit as st

from practice.interview_state import Interview
from practice.report import Report, build_report
from practice.report_blocks import to_markdown
from practice.report_pdf import to_pdf
from ui import services
from ui.interview_room import ID
from ui.passages import note_link
from ui.practice_round import OPEN, Entry, Round, RoundStore

TRANSCRIPT = "\n## Transcript\n"
ICONS = {"**✓ ": "**:material/check_circle: ", "**◐ ": "**:material/contrast: ", "**✗ ": "**:material/cancel: "}


def show_report(interview: Interview) -> None:
    """Score, topics, strengths, gaps with links to the notes, what to study next, the transcript, and downloads."""
    report = build_report(interview, services.question_map(), services.roadmap())
    st.title("Interview report")
    _show_downloads(report)
    text = to_markdown(report, note_link).partition("\n")[2].strip()  # without its title
    summary, _, transcript = text.partition(TRANSCRIPT)
    st.markdown(_for_page(summary))
    if transcript:
        with st.expander("Transcript, with the references", icon=":material/forum:"):
            st.markdown(_for_page(transcript.strip()))
    _show_next_steps(report)


def _for_page(text: str) -> str:
    """The report's Markdown with the icons of these pages, its headings one level down."""
    for mark, icon in ICONS.items():
        text = text.replace(mark, icon)
    return re.sub(r"^(##+) ", r"#\1 ", text, flags=re.MULTILINE)


def _show_downloads(report: Report) -> None:
    name = f"interview-{report.interview.started_at:%Y-%m-%d}"
    with st.container(horizontal=True):
        st.download_button(
            "Markdown", to_markdown(report), file_name=f"{name}.md", mime="text/markdown", icon=":material/download:",
            on_click="ignore", key="report-markdown",
        )
        st.download_button(
            "PDF", _pdf(report.interview.id, report), file_name=f"{name}.pdf", mime="application/pdf", icon=":material/download:",
            on_click="ignore", key="report-pdf",
        )


@st.cache_data(show_spinner="Printing the report…", max_entries=8)
def _pdf(interview_id: str, _report: Report) -> bytes:
    return to_pdf(_report)


def _show_next_steps(report: Report) -> None:
    """Practise what was missed, or go back."""
    missed = {gap.question for gap in report.gaps}
    weak = [e.question for e in report.interview.answered if e.question.question in missed]
    with st.container(horizontal=True, vertical_alignment="center"):
        if weak and st.button(
            f"Practise the {f'{len(weak)} questions' if len(weak) > 1 else 'question'} with gaps", type="primary",
            icon=":material/exercise:", key="practise-weak",
        ):
            entries = tuple(Entry(question, "A point was missed in the interview.") for question in weak)
            RoundStore(services.database(), services.bank()).save(Round("After the interview", entries, datetime.now(UTC)))
            st.switch_page(st.session_state["pages"]["practice"], query_params={OPEN: "1"})
        if st.button("Back to interviews", key="back-interviews"):
            del st.query_params[ID]
            st.rerun()
