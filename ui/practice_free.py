"""Free practice: questions by topic, level and kind, from the bank, or made from the notes or the learner's documents."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import get_args

import streamlit as st

from core.content import QuestionLevel, load_glossary, load_questions
from core.errors import GroundworkError
from core.models import Vectors, get_chat_model
from core.types import Chunk, Retrieval
from practice.quality import GateReport
from practice.quiz import FORMATS, KINDS, Quiz, build_quiz
from retrieval.retriever import Retriever
from ui import services
from ui.practice_question import KIND_NAMES
from ui.practice_round import Entry, Round, RoundStore
from ui.waiting import wait_for_notes, watch_loading

BANK, NOTES, UPLOADS = "Question bank", "Made from the notes", "Made from my documents"
COUNTS = (5, 10, 20)
SEEN_TEXTS = 300  # of the questions seen last, those a new one must not repeat in other words
LEVELS: tuple[str, ...] = get_args(QuestionLevel)


@dataclass(frozen=True)
class Choice:
    """What to practise; None leaves a filter open. `document` and `section` name an upload and a heading in it."""

    source: str
    topic: int | None
    level: str | None
    kind: str | None
    count: int
    unseen: bool
    document: str | None = None
    section: str | None = None


@dataclass(frozen=True)
class SectionOnly:
    """An index whose questions are made from one section; the search goes over everything."""

    retriever: Retriever
    chunks: Sequence[Chunk]

    def retrieve(self, query: str, k: int = 10, topic: int | None = None) -> Retrieval:
        """The k best passages."""
        return self.retriever.retrieve(query, k, topic)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors."""
        return self.retriever.encode(texts)


def show_free_practice(
    store: RoundStore, begin: Callable[[Round, RoundStore], None], topic: int | None = None, first: bool = False
) -> None:
    """Filters and a start button; `begin` opens the round. A `topic` asked for elsewhere is chosen, and then it comes `first`."""
    if topic is not None:
        st.session_state["free-topic"] = topic
    with st.container(border=True, key="free"):
        st.subheader("Practise freely", anchor=False)
        choice = _choose()
        start = st.button(
            "Start", type="primary" if first else "secondary", icon=":material/play_arrow:", key="start-free",
            disabled=choice is None,
        )
        if start and choice:
            _start(choice, store, begin)


def _choose() -> Choice | None:
    source = st.segmented_control("Questions", [BANK, NOTES, UPLOADS], default=BANK, required=True, key="free-source")
    names = {topic.number: f"{topic.number}. {topic.title}" for topic in services.roadmap().topics}
    document = section = topic = None
    if source == UPLOADS:
        document, section = _choose_document()
        if document is None:
            return None
    else:
        topic = st.selectbox(
            "Topic", [None, *names], format_func=lambda n: names[n] if n else "All topics", key="free-topic", placeholder="All topics",
        )
    kinds = KINDS if source == BANK else (*KINDS, *FORMATS)
    first, second, third = st.columns(3)
    level = first.selectbox(
        "Level", [None, *LEVELS], format_func=lambda v: v.capitalize() if v else "Any", key="free-level", placeholder="Any",
    )
    key = f"free-kind-{source == BANK}"  # made questions have more kinds
    kind = second.selectbox("Kind", [None, *kinds], format_func=lambda k: KIND_NAMES[k] if k else "Any", key=key, placeholder="Any")
    count = third.selectbox("How many", COUNTS, key="free-count")
    unseen = st.checkbox("Only questions I have not seen", value=True, key="free-unseen")
    return Choice(source, topic, level, kind, count, unseen, document, section)


def _choose_document() -> tuple[str | None, str | None]:
    """A document of the learner's own and a section of it; both None when there is none."""
    loading = services.loading()
    if loading.assistant is None:
        if loading.error:
            st.error(loading.error.explain())
        else:
            watch_loading()
        return None, None
    own = [chunk for chunk in loading.assistant.retriever.chunks if chunk.own]
    titles = {chunk.document: chunk.title or PurePath(chunk.document).name for chunk in own}
    if not titles:
        st.info("No documents of yours are indexed yet. Add some with `python cli.py ingest FOLDER`, then come back.")
        return None, None
    document = st.selectbox("Document", list(titles), format_func=lambda d: titles[d], key="free-document")
    sections = list(dict.fromkeys(chunk.section for chunk in own if chunk.document == document and chunk.section))
    key = f"free-section-{document}"
    section = st.selectbox(
        "Section", [None, *sections], format_func=lambda s: s or "The whole document", key=key, placeholder="The whole document",
    )
    return document, section


def _start(choice: Choice, store: RoundStore, begin: Callable[[Round, RoundStore], None]) -> None:
    try:
        quiz = _build(choice)
    except GroundworkError as error:
        st.warning(error.explain())
        return
    if quiz.notice:
        st.toast(quiz.notice, icon=":material/info:")
    if choice.source != BANK:
        st.toast(_describe_report(quiz.report), icon=":material/rule:")
    entries = tuple(Entry(question) for question in quiz.questions)
    begin(Round("Free practice", entries, datetime.now(UTC)), store)


def _build(choice: Choice) -> Quiz:
    """The questions. Making them takes seconds: the page says what is going on. Raises NoQuestionsError."""
    folder = services.base_settings().knowledge_dir
    attempts = services.learner().attempts() if choice.unseen else []
    seen = {attempt.question_id for attempt in attempts} | services.set_aside()
    texts = list(dict.fromkeys(attempt.question for attempt in reversed(attempts)))[:SEEN_TEXTS]
    made = choice.source != BANK
    if made:
        wait_for_notes()
    with st.spinner("Making questions and checking each of them against the notes…" if made else "Choosing…", show_time=made):
        return build_quiz(
            _index_of(choice), load_questions(folder), topic=choice.topic, count=choice.count, level=choice.level,
            kind=choice.kind, generated=made, seen=seen, seen_texts=texts, seed=int(time.time()), document=choice.document,
            model=get_chat_model(services.current_settings()) if made else None, glossary=load_glossary(folder),
        )


def _index_of(choice: Choice) -> Retriever | SectionOnly | None:
    """The index that questions are made from; the bank needs none, so nobody waits for it there."""
    if choice.source == BANK:
        return None
    retriever = services.retriever()
    if choice.section is None:
        return retriever
    inside = [c for c in retriever.chunks if c.document == choice.document and c.section == choice.section]
    return SectionOnly(retriever, inside)


def _describe_report(report: GateReport) -> str:
    dropped = sum(report.dropped.values())
    return f"{report.kept} questions made, {dropped} dropped by the checks."
