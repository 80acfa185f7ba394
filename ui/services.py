"""What all pages share: settings, the learner database, and the assistant, which loads behind the first page."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cache

import streamlit as st
from pydantic import SecretStr

from chat.answering import Assistant
from core.content import load_glossary, load_questions
from core.db import Database, get_database
from core.errors import GroundworkError
from core.models import get_chat_model
from core.settings import Settings, load_settings
from ingest.pipeline import index_version, ingest, is_stale

PROVIDERS = {
    "none": ("Quote from my notes (no model)", ""),
    "openai": ("OpenAI", "https://api.openai.com/v1"),
    "ollama": ("Ollama", "http://127.0.0.1:11434/v1"),
    "lmstudio": ("LM Studio", "http://127.0.0.1:1234/v1"),
    "llamacpp": ("llama.cpp server", "http://127.0.0.1:8080/v1"),
    "custom": ("Another OpenAI-compatible endpoint", ""),
}
KEY_STATE = "api_key"  # the key lives in the browser session only


@dataclass
class Loading:
    """The state of the assistant's start, shared by all sessions. Written by one thread, read by the pages."""

    stage: str = "Starting…"
    done: int = 0
    total: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    error: GroundworkError | None = None
    assistant: Assistant | None = None
    version: float = 0.0
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def fraction(self) -> float:
        """Share of the passages embedded, in [0, 1]."""
        return self.done / self.total if self.total else 0.0

    def run(self, settings: Settings) -> None:
        """Ingest what is stale, then load the model and the index."""
        try:
            if is_stale(settings):
                self.stage = "Reading the notes…"
                self.failures = ingest(settings, progress=self._progress).failures
            self.stage = "Loading the search model…"
            from retrieval.retriever import get_retriever

            version = index_version(settings)
            folder = settings.knowledge_dir
            self.assistant = Assistant(get_retriever(settings), load_questions(folder), load_glossary(folder))
            self.version = version
        except GroundworkError as error:
            self.error = error
        finally:
            self.finished.set()

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
    threading.Thread(target=loading.run, args=(base_settings(),), daemon=True).start()
    return loading


@st.cache_resource(show_spinner=False)
def _attempts() -> list[int]:
    """Counts loads: a new one follows a changed index or a failure that the user wants to try again."""
    return [0]


def loading() -> Loading:
    """The assistant's start; begins it on first use, and again when another process has changed the index."""
    current = _loading(_attempts()[0])
    if current.assistant and current.version != index_version(base_settings()):
        current = reload()
    return current


def reload() -> Loading:
    """Start over: ingest what is stale and load again."""
    _attempts()[0] += 1
    return _loading(_attempts()[0])


def current_settings() -> Settings:
    """The environment's settings with the learner's choices from the Settings page on top."""
    settings = base_settings()
    try:
        provider = database().preference("provider")
        base_url, model = database().preference("base_url"), database().preference("model")
    except GroundworkError:
        return settings
    key = st.session_state.get(KEY_STATE)
    changes: dict[str, object] = {}
    if provider == "none":
        changes["engine"] = "extractive"
    elif provider:
        changes |= {"base_url": base_url or None, "model": model or None}
    if key:
        changes["api_key"] = SecretStr(key)
    return settings.model_copy(update=changes)


def assistant(ready: Assistant) -> Assistant:
    """The shared assistant with this session's chat model."""
    return ready.with_model(get_chat_model(current_settings()))
