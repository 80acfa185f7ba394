"""Every page through AppTest, over the small knowledge folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.db import get_database
from core.settings import Settings
from ingest.pipeline import ingest
from tests.conftest import REPOSITORY
from tests.ui.pages import button, page, texts
from ui import services
from ui.chat import STARTERS

QUESTION = "What is an HNSW index?"


def test_the_first_visit_needs_no_key_and_offers_starters(app: AppTest) -> None:
    at = app.run()
    assert not at.exception
    assert "What shall we prepare?" in texts(at)
    assert sum(b.key is not None and b.key.startswith("starter-") for b in at.button) == len(STARTERS)


def test_asking_stores_the_conversation_with_its_citations(ready: AppTest, settings: Settings) -> None:
    at = ready.chat_input[0].set_value(QUESTION).run()
    assert not at.exception
    assert "multi-layer graph of vectors" in texts(at)
    assert ":blue-badge[1]" in texts(at)
    assert "In your notes" in texts(at)
    (conversation,) = get_database(settings).conversations()
    assert conversation.title == QUESTION
    messages = get_database(settings).messages(conversation.id)
    assert [m.role for m in messages] == ["user", "assistant"]
    assert messages[1].answer.sources
    assert at.query_params["c"] in (conversation.id, [conversation.id])


def test_a_citation_opens_its_passage_with_the_quote_highlighted(ready: AppTest) -> None:
    at = ready.chat_input[0].set_value(QUESTION).run()
    at.pills[0].set_value(1).run()
    assert not at.exception
    assert "Internal Working of Vector DB › Vector indexing structures" in texts(at)
    assert ":orange-background[An HNSW index is a multi-layer graph" in texts(at)


def test_what_is_not_in_the_notes_is_said(ready: AppTest) -> None:
    at = ready.chat_input[0].set_value("How do I proof sourdough?").run()
    assert not at.exception
    assert "Not in your notes" in texts(at)


def test_follow_ups_regenerate_and_edit(ready: AppTest, settings: Settings) -> None:
    at = ready.chat_input[0].set_value(QUESTION).run()
    follow_up = next(b for b in at.button if b.key and b.key.startswith("follow-"))
    at = follow_up.click().run()
    assert not at.exception
    database = get_database(settings)
    (conversation,) = database.conversations()
    assert len(database.messages(conversation.id)) == 4
    at = button(at, "Regenerate").click().run()
    assert len(database.messages(conversation.id)) == 4
    next(t for t in at.text_area if t.label == "Question").set_value("HNSW vs IVF")
    at = at.run()
    at = button(at, "Send again").click().run()
    assert not at.exception
    assert database.messages(conversation.id)[2].content == "HNSW vs IVF"


def test_feedback_with_a_reason_is_kept(ready: AppTest, settings: Settings) -> None:
    at = ready.chat_input[0].set_value(QUESTION).run()
    at.feedback[0].set_value(0).run()
    at.text_area[0].set_value("too long").run()
    assert not at.exception
    database = get_database(settings)
    message = database.messages(database.conversations()[0].id)[1]
    assert (message.feedback, message.feedback_reason) == ("down", "too long")


def test_why_and_markdown_panels(ready: AppTest) -> None:
    at = ready.chat_input[0].set_value(QUESTION).run()
    for toggle in at.toggle:
        toggle.set_value(True)
    at = at.run()
    assert not at.exception
    assert "Timings" in texts(at)
    assert {"meaning rank", "word rank"} <= set(at.dataframe[0].value.columns)
    assert "> An HNSW index" in at.code[0].value


def test_rename_delete_and_undo(ready: AppTest, settings: Settings) -> None:
    at = ready.chat_input[0].set_value(QUESTION).run()
    database = get_database(settings)
    at.text_input(key=f"title-{database.conversations()[0].id}").set_value("Graphs").run()
    at = button(at, "Rename").click().run()
    assert database.conversations()[0].title == "Graphs"
    at = button(at, "Delete").click().run()
    assert not at.exception
    assert database.conversations() == []
    at = button(at, "Undo").click().run()
    assert not at.exception
    assert database.conversations()[0].title == "Graphs"
    assert "multi-layer graph" in texts(at)


def test_a_stored_conversation_opens_with_the_same_citations(ready: AppTest, settings: Settings) -> None:
    shown = texts(ready.chat_input[0].set_value(QUESTION).run())
    (conversation,) = get_database(settings).conversations()
    fresh = AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=60)
    fresh.query_params["c"] = conversation.id
    fresh.run()
    assert not fresh.exception
    answer = next(m.value for m in fresh.markdown if ":blue-badge[1]" in m.value)
    assert answer in shown


def test_typed_markup_stays_text(ready: AppTest, settings: Settings) -> None:
    at = ready.chat_input[0].set_value("# big **bold** $x$ <b>").run()
    assert not at.exception
    assert "\\# big \\*\\*bold\\*\\* \\$x\\$ \\<b\\>" in texts(at)


def test_an_answer_is_shown_even_when_it_cannot_be_saved(ready: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.db import Database
    from core.errors import StorageError

    def full(*_: object, **__: object) -> str:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(Database, "create_conversation", full)
    at = ready.chat_input[0].set_value(QUESTION).run()
    assert not at.exception
    assert "not being saved" in at.warning[0].value
    assert "multi-layer graph of vectors" in texts(at)


def test_an_index_that_cannot_be_made_is_explained(app: AppTest, settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "chroma").write_text("in the way")
    app.run()
    assert services.loading().finished.wait(60)
    at = app.run()
    assert not at.exception
    assert "cannot be" in at.error[0].value


def test_the_roadmap_shows_every_topic(app: AppTest) -> None:
    at = page(app, "roadmap")
    assert not at.exception
    for title in ("1. Prompt Engineering & Basics of LLM", "15. Case Studies & Scenario-based Questions"):
        assert f"**{title}**" in texts(at)
    assert texts(at).count("-badge[Expert]") == 5  # four topics and the legend


def test_a_topic_opens_its_notes_and_questions_and_asks(ready: AppTest) -> None:
    at = page(ready, "roadmap", topic="5")
    assert not at.exception
    assert "multi-layer graph of vectors" in texts(at)
    assert "**Explain the tradeoffs in vector quantization**" in texts(at)
    at = at.button(key="ask-5-1").click().run()
    assert not at.exception
    assert "Product quantization" in texts(at)
    assert at.selectbox[0].value == 5


def test_further_notes_stand_below_those_of_their_topic(ready: AppTest, settings: Settings) -> None:
    note = "---\ntopic: 5\n---\n\n# Vectors in production\n\n## Rolling upgrades\n\nAn index is replaced while it serves.\n"
    (settings.knowledge_dir / "notes" / "05-production.md").write_text(note)
    at = page(ready, "roadmap", topic="5")
    assert not at.exception
    assert "- [Rolling upgrades](#rolling-upgrades)" in texts(at)
    assert texts(at).index("multi-layer graph of vectors") < texts(at).index("An index is replaced while it serves.")


def test_a_topic_without_notes_shows_its_subtopics(app: AppTest) -> None:
    at = page(app, "roadmap", topic="13")
    assert not at.exception
    assert "ReAct framework" in texts(at)


def test_settings_save_a_model_but_never_a_key(ready: AppTest, settings: Settings, endpoint: str) -> None:
    at = page(ready, "settings")
    assert not at.exception
    at.selectbox[0].select("custom").run()
    at.text_input[0].set_value(endpoint)
    at.text_input[1].set_value("good")
    at.text_input[2].set_value("sk-secret")
    at = button(at.run(), "Test connection").click().run()
    assert "good answered in" in at.success[0].value
    at = button(at, "Save").click().run()
    assert not at.exception
    assert get_database(settings).preference("model") == "good"
    assert b"sk-secret" not in b"".join(p.read_bytes() for p in settings.data_dir.glob("groundwork.db*"))
    at = page(at, "chat")
    at = at.chat_input[0].set_value(QUESTION).run()
    assert not at.exception
    assert "written by the model" in texts(at)


def test_settings_explain_a_dead_endpoint(ready: AppTest) -> None:
    at = page(ready, "settings")
    at.selectbox[0].select("custom").run()
    at.text_input[0].set_value("http://127.0.0.1:9/v1")
    at.text_input[1].set_value("m")
    at = button(at.run(), "Test connection").click().run()
    assert not at.exception
    assert "cannot be reached" in at.error[0].value


def test_the_environments_key_goes_to_the_environments_address_only(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    home = "https://models.example/v1"
    monkeypatch.setenv("GROUNDWORK_BASE_URL", home)
    monkeypatch.setenv("GROUNDWORK_API_KEY", "sk-mine")
    services.base_settings.cache_clear()
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr("ui.settings.list_models", lambda url, key: asked.append((url, key is not None)) or ["m"])
    at = page(app, "settings")
    at.selectbox[0].select("custom").run()
    for url in ("https://elsewhere.example/v1", home):
        at.text_input[0].set_value(url)
        at = button(at.run(), "Test connection").click().run()
        assert not at.exception
    assert asked == [("https://elsewhere.example/v1", False), (home, True)]


def test_a_typed_key_goes_to_the_address_it_was_typed_for(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr("ui.settings.list_models", lambda url, key: asked.append((url, key is not None)) or ["m"])
    at = page(app, "settings")
    at.selectbox[0].select("custom").run()
    at.text_input[2].set_value("sk-typed")
    for url in ("https://first.example/v1", "https://second.example/v1", "https://first.example/v1"):
        at.text_input[0].set_value(url)
        at = button(at.run(), "Test connection").click().run()
        assert not at.exception
        at.text_input[2].set_value("")
    assert asked == [("https://first.example/v1", True), ("https://second.example/v1", False), ("https://first.example/v1", True)]


def test_settings_offer_local_servers(ready: AppTest, settings: Settings, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(endpoint.split(":")[2].split("/", maxsplit=1)[0])
    monkeypatch.setattr("core.models.LOCAL_SERVERS", {"Ollama": port})
    at = page(ready, "settings")
    at = button(at, "Use good").click().run()
    assert not at.exception
    database = get_database(settings)
    assert (database.preference("provider"), database.preference("base_url")) == ("ollama", endpoint)


def test_the_sidebar_finds_conversations(ready: AppTest, settings: Settings) -> None:
    database = get_database(settings)
    for title in ("graphs", "cooking"):
        database.create_conversation(title, datetime.now(UTC))
    at = ready.run()
    at.text_input[0].set_value("graph").run()
    assert not at.exception
    labels = [b.label for b in at.sidebar.button]
    assert "graphs" in labels
    assert "cooking" not in labels


def test_the_learners_own_documents_are_read_again_on_wish(ready: AppTest, settings: Settings, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "bread.md").write_text("# Bread\n\n## Sourdough\n\nSourdough rises twelve hours.", encoding="utf-8")
    ingest(settings, [own])
    (own / "bread.md").write_text("# Bread\n\n## Sourdough\n\nSourdough rises twenty hours.", encoding="utf-8")
    at = page(ready, "settings")
    assert services.loading().finished.wait(60)  # the index was changed under the app, which loads it anew
    button(at.run(), "Bring the index up to date").click().run()
    assert services.loading().finished.wait(60)
    found = [chunk.text for chunk in services.retriever().chunks]
    assert any("twenty hours" in text for text in found)
    assert not any("twelve hours" in text for text in found)
