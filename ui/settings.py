"""Settings: which engine answers, whether its endpoint works, and the state of the index."""

from __future__ import annotations

import streamlit as st

from core.errors import GroundworkError
from core.models import detect_local_servers, list_models, try_connection
from ui import services
from ui.waiting import watch_loading

_LOCAL_NAMES = {"Ollama": "ollama", "LM Studio": "lmstudio", "llama.cpp": "llamacpp"}


def show() -> None:
    """The settings page."""
    st.title("Settings")
    try:
        _show_engine()
    except GroundworkError as error:
        st.error(error.explain())
    _show_index()


def _show_engine() -> None:
    st.subheader("Who writes the answers")
    st.markdown(
        "Without a model, Groundwork quotes your notes word for word. With one, the model writes from the same passages and "
        "every sentence is checked against the passage it cites."
    )
    if services.base_settings().engine == "extractive":
        st.info("`GROUNDWORK_ENGINE=extractive` is set, so no model is ever asked. Unset it and start again to choose one.")
        return
    database = services.database()
    _offer_local_servers()
    stored = database.preference("provider") or ("custom" if services.base_settings().generative else "none")
    names = list(services.PROVIDERS)
    provider = st.selectbox(
        "Provider", names, index=names.index(stored) if stored in names else 0, format_func=lambda n: services.PROVIDERS[n][0]
    )
    if provider == "none":
        if provider != stored and st.button("Save", type="primary"):
            database.set_preferences(provider="none")
            st.toast("Saved. Answers are quoted from your notes.")
        return
    same = provider == stored
    settings = services.current_settings()
    base_url = st.text_input(
        "Base URL", value=((settings.base_url or "") if same else "") or services.PROVIDERS[provider][1],
        placeholder="http://127.0.0.1:8000/v1", key=f"url-{provider}",
    )
    model = st.text_input(
        "Model", value=(settings.model or "") if same else "", placeholder="the model's name as the provider spells it",
        key=f"model-{provider}",
    )
    known = services.with_key(settings.model_copy(update={"base_url": base_url.strip() or None})).api_key
    key = st.text_input(
        "API key", type="password", placeholder="a key is set" if known else "not needed for local servers", key=f"key-{provider}",
        help="For this address only, until you reload or close this tab; never stored. Set OPENAI_API_KEY to have it at every start.",
    )
    _show_actions(provider, base_url.strip(), model.strip(), key.strip())


def _show_actions(provider: str, base_url: str, model: str, key: str) -> None:
    with st.container(horizontal=True):
        save = st.button("Save", type="primary", disabled=not (model and base_url))
        test = st.button("Test connection", disabled=not base_url)
    if not (save or test):
        return
    if key:
        services.remember_key(base_url, key)
    if save:
        services.database().set_preferences(provider=provider, base_url=base_url, model=model)
        st.success("Saved.")
        return
    settings = services.with_key(
        services.base_settings().model_copy(update={"base_url": base_url or None, "model": model or None})
    )
    with st.spinner("Asking the endpoint…"):
        try:
            if model:
                st.success(try_connection(settings))
            else:
                models = list_models(settings.base_url, settings.api_key)
                st.success(f"The endpoint answers. Models: {', '.join(models[:20]) or 'none listed'}.")
        except GroundworkError as error:
            st.error(error.explain())


@st.cache_data(ttl=15, show_spinner=False)
def _local_servers() -> dict[str, tuple[str, list[str]]]:
    return detect_local_servers()


def _offer_local_servers() -> None:
    for name, (base_url, models) in _local_servers().items():
        with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":material/lan: **{name}** runs on this computer ({base_url}), {len(models)} models", width="stretch")
            if models and st.button(f"Use {models[0]}", key=f"use-{name}"):
                services.database().set_preferences(provider=_LOCAL_NAMES[name], base_url=base_url, model=models[0])
                st.rerun()


def _show_index() -> None:
    st.subheader("Notes and index")
    loading = services.loading()
    if not loading.finished.is_set():
        watch_loading()
    elif loading.error:
        st.error(loading.error.explain())
    elif loading.assistant:
        chunks = loading.assistant.retriever.chunks
        documents = len({chunk.document for chunk in chunks})
        st.markdown(f"{documents} documents, {len(chunks)} passages. Data folder: `{services.base_settings().data_dir}`")
    for reason in loading.failures.values():
        st.warning(reason)
    if st.button("Bring the index up to date", disabled=not loading.finished.is_set()):
        services.reload(everything=True)
        st.rerun()
