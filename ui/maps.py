"""The two maps of what is missing: what the learner cannot answer, and what the notes cannot."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from practice.progress import Gap, UncoveredGroup
from ui import services
from ui.grade import VERDICTS
from ui.passages import link_to_notes, plain
from ui.practice import practise

SHOWN_POINTS = 5


def show_gaps(gaps: Sequence[Gap]) -> None:
    """What the learner cannot: the weakest subtopics with the points missed there and where they stand."""
    st.subheader("What you cannot answer yet", anchor=False)
    if not gaps:
        st.info("No gaps so far. Points you miss in practice or in an interview are collected here.")
    titles = {topic.number: topic.title for topic in services.roadmap().topics}
    for number, gap in enumerate(gaps):
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                place = titles.get(gap.topic or 0, "Your own documents")
                st.markdown(
                    f"**{plain(gap.subtopic)}** at {gap.mastery.score:.0%} ({gap.mastery.low:.0%} to {gap.mastery.high:.0%})  \n"
                    f":gray[{place}]", width="stretch",
                )
                if gap.topic in titles and st.button("Practise", key=f"practise-gap-{number}", icon=":material/exercise:"):
                    practise(gap.topic)
            for point in gap.missed[:SHOWN_POINTS]:
                often = f", {point.times} times" if point.times > 1 else ""
                link = f" ({link_to_notes(point.notes_anchor)})" if point.notes_anchor else ""
                st.markdown(f"{VERDICTS[point.verdict]} {point.key_point}{link}{often}")
            if len(gap.missed) > SHOWN_POINTS:
                st.caption(f"And {len(gap.missed) - SHOWN_POINTS} more.")


def show_uncovered(groups: Sequence[UncoveredGroup]) -> None:
    """What the notes cannot: questions asked in chat that they do not answer."""
    st.subheader("What the notes cannot answer", anchor=False)
    if not groups:
        st.info("Nothing so far. Questions from the chat that your notes do not cover are collected here.")
        return
    st.caption("Asked in chat and not covered. Add documents with `python cli.py ingest FOLDER`, then ask again.")
    titles = {topic.number: topic.title for topic in services.roadmap().topics}
    for group in groups:
        st.markdown(f"**{'Near ' + titles[group.topic] if group.topic in titles else 'Near no topic'}**")
        for question in group.questions:
            times = f"asked {question.times} times" if question.times > 1 else "asked once"
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f"{plain(question.question)}  \n:gray[{times}, last on {question.updated_at:%d %B}]", width="stretch")
                if st.button("Ask in chat", key=f"again-{question.id}", icon=":material/chat:"):
                    st.session_state["new_chat"] = {"topic": None, "question": question.question}
                    st.switch_page(st.session_state["pages"]["chat"])
                if st.button("Forget", key=f"forget-{question.id}", type="tertiary"):
                    services.learner().forget_uncovered(question.question)
                    st.rerun()

