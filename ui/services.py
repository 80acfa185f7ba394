"""What all pages share: settings, the learner database, and the assistant, which loads behind the first page."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from pydantic import SecretStr

from chat.answering import Assistant
from core.content import Roadmap, load_glossary, load_questions, load_roadmap
from core.db import Database, get_database
from core.errors import GroundworkError, IndexUnavailableError
from core.learner import Learner
from core.models import get_chat_model
from core.records import Plan
from core.settings import Settings, load_settings
from core.store import index_version
from ingest.pipeline import ingest, is_stale
from practice.types import Grader, PracticeQuestion, from_bank

if TYPE_CHECKING:
    from practice.evidence import NoteQuotes
    from practice.follow_ups import Bank
    from retrieval.retriever import Retriever

PROVIDERS = {
    "none": ("Quote from my notes (no model)", ""),
    "openai": ("OpenAI", "https://api.openai.com/v1"),
    "ollama": ("Ollama", "http://127.0.0.1:11434/v1"),
    "lmstudio": ("LM Studio", "http://127.0.0.1:1234/v1"),
    "llamacpp": ("llama.cpp server", "http://127.0.0.1:8080/v1"),
    "custom": ("Another OpenAI-compatible endpoint", ""),
}
PAGES = ("practice", "interview", "progress", "roadmap", "settings")
_RELOADING = threading.Lock()
KEY_STATE = "api_key"  # the address and the key typed for it, in the browser session only


@dataclass
class Loading:
    """The state of the assistant's start, shared by all sessions. Written by one thread, read by the pages."""

    stage: str = "Starting…"
    done: int = 0
    total: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    error: GroundworkError | None = None
    assistant: Assistant | None = None
    version: int = 0
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def fraction(self) -> float:
        """Share of the passages embedded, in [0, 1]."""
        return self.done / self.total if self.total else 0.0

    def run(self, settings: Settings, everything: bool) -> None:
        """Ingest what is stale, the learner's own documents too where `everything` is wanted, then load the model and the index."""
        try:
            if everything or is_stale(settings):
                self.stage = "Reading the notes…"
                self.failures = ingest(settings, progress=self._progress).failures
            self.stage = "Loading the search model…"
            from retrieval.retriever import get_retriever

            version = index_version(settings)
            folder = settings.knowledge_dir
            assistant = Assistant(get_retriever(settings), load_questions(folder), load_glossary(folder))
            self.version, self.assistant = version, assistant
        except GroundworkError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - a thread's last resort: the page must say something
            self.error = GroundworkError(
                f"The notes could not be loaded ({type(error).__name__}: {error}).", help="Try again, or run: python cli.py doctor"
            )
        finally:
            self.finished.set()
        for page in PAGES:
            import_module(f"ui.{page}")  # so that the first visit of a page need not

    def _progress(self, done: int, total: int) -> None:
        self.stage, self.done, self.total = "Embedding the notes, once…", done, total


@cache
def base_settings() -> Settings:
    """The settings of the environment, read once a process."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def database() -> Database:
    """The learner database."""
    return get_database(base_settings())


@st.cache_resource(show_spinner=False)
def _loading(attempt: int) -> Loading:
    loading = Loading()
    threading.Thread(target=loading.run, args=(base_settings(), _attempts()[attempt]), daemon=True).start()
    return loading


@st.cache_resource(show_spinner=False)
def _attempts() -> list[bool]:
    """One entry a load, whether it reads everything again: a new one follows a changed index, or the user's wish."""
    return [False]


def loading() -> Loading:
    """The assistant's start; begins it on first use, and again when another process has changed the index."""
    with _RELOADING:  # two sessions notice a changed index at once, one loads it
        current = _loading(len(_attempts()) - 1)
        changed = current.assistant and current.version != index_version(base_settings())
        return reload() if changed else current


def reload(everything: bool = False) -> Loading:
    """Start over: ingest what is stale and load again; `everything`: the learner's own documents are read again too."""
    _attempts().append(everything)
    return _loading(len(_attempts()) - 1)


def current_settings() -> Settings:
    """The environment's settings with the learner's choices from the Settings page on top."""
    settings = base_settings()
    try:
        provider = database().preference("provider")
        base_url, model = database().preference("base_url"), database().preference("model")
    except GroundworkError:
        return settings
    changes: dict[str, object] = {}
    if provider == "none":
        changes["engine"] = "extractive"
    elif provider:
        changes |= {"base_url": base_url or None, "model": model or None}
    return with_key(settings.model_copy(update=changes))


def with_key(settings: Settings) -> Settings:
    """The settings with the key that was typed for their address in this session, else with the environment's, if it is its address."""
    address, typed = _address(settings.base_url), st.session_state.get(KEY_STATE)
    if typed and typed[0] == address:
        return settings.model_copy(update={"api_key": SecretStr(typed[1])})
    meant = address == _address(base_settings().base_url)
    return settings.model_copy(update={"api_key": base_settings().api_key if meant else None})


def remember_key(base_url: str, key: str) -> None:
    """Keep a typed key for this browser session and this address."""
    st.session_state[KEY_STATE] = (_address(base_url), key)


def _address(base_url: str | None) -> str:
    return (base_url or PROVIDERS["openai"][1]).rstrip("/")


def assistant(ready: Assistant) -> Assistant:
    """The shared assistant with this session's chat model."""
    return ready.with_model(get_chat_model(current_settings()))


# practice


@st.cache_resource(show_spinner=False)
def learner() -> Learner:
    """The learner's cards, reviews, attempts and plan, in the learner database."""
    return Learner(database())


def plan() -> Plan:
    """The learner's plan; days are those of the browser's time zone until one is stored."""
    found = learner().plan()
    zone = st.context.timezone
    if not zone or database().preference("time_zone"):
        return found
    try:
        return replace(found, time_zone=ZoneInfo(zone).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return found


def roadmap() -> Roadmap:
    """The roadmap of the knowledge folder. Raises ContentError."""
    return load_roadmap(base_settings().knowledge_dir)


@st.cache_resource(show_spinner=False)
def bank() -> Mapping[str, PracticeQuestion]:
    """The question bank by id. Raises ContentError."""
    return {q.id: from_bank(q) for q in load_questions(base_settings().knowledge_dir)}


@st.cache_resource(show_spinner=False)
def question_map() -> Bank:
    """The question bank arranged for finding the next question. Raises ContentError."""
    from practice.follow_ups import Bank

    return Bank(list(bank().values()))


def set_aside() -> set[str]:
    """Ids of the questions that the learner does not want to be asked."""
    return {card.id for card in learner().cards() if card.suspended}


def retriever() -> Retriever:
    """The search index; waits while it loads. Raises what its loading raised."""
    ready = loading()
    ready.finished.wait()
    if ready.assistant is None:
        raise ready.error or IndexUnavailableError("The notes could not be loaded.")
    return ready.assistant.retriever


@st.cache_resource(show_spinner=False, max_entries=1)
def _note_quotes(version: int) -> NoteQuotes:
    from practice.evidence import NoteQuotes

    return NoteQuotes(retriever().chunks)


def note_quotes() -> NoteQuotes:
    """Finds the sentences of the notes that key points rest on; waits while the index loads."""
    retriever()
    return _note_quotes(loading().version)


def grader() -> Grader:
    """What grades answers: the judge, after this session's chat model where there is one.

    Raises:
        ModelIntegrityError: the judge's weights are missing or damaged.
        GroundworkError: the notes could not be loaded.
    """
    from core.judge import get_judge
    from practice.grading import JudgeGrader

    return JudgeGrader(get_judge(), retriever(), note_quotes(), get_chat_model(current_settings()))
