"""The app in headless Chromium, with a slow model on loopback: ask, watch, open a citation, stop, reload, find it again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from core.settings import Settings
from ingest.pipeline import ingest
from tests import fake_endpoint
from tests.ui.browser import open_browser, serve_app

pytestmark = pytest.mark.browser
STREAMING = re.compile("An HNSW .*▌")


@pytest.fixture
def page(settings: Settings, endpoint: str) -> Iterator[Page]:
    ingest(settings)
    with serve_app(settings, GROUNDWORK_MODEL="slow", GROUNDWORK_BASE_URL=endpoint) as url, open_browser(url) as page:
        yield page


def ask(page: Page, question: str) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")


def test_a_conversation_from_question_to_reload(page: Page) -> None:
    expect(page.get_by_text("What shall we prepare?")).to_be_visible()
    ask(page, "What is an HNSW index?")
    # the stream is visible before it ends
    expect(page.get_by_text(STREAMING)).to_be_visible()
    expect(page.get_by_text("written by the model, checked against the passages")).to_be_visible()
    assert fake_endpoint.GROUNDED.split(" [1]")[0] in page.get_by_role("main").inner_text()
    # a citation opens the passage, its quote highlighted
    page.get_by_text("1 · Vector indexing structures").click()
    expect(page.get_by_text("Internal Working of Vector DB › Vector indexing structures")).to_be_visible()
    quote = page.get_by_role("main").locator("span", has_text="An HNSW index is a multi-layer graph of vectors that is searched greedily.").last
    assert quote.evaluate("element => getComputedStyle(element).backgroundColor") not in ("", "rgba(0, 0, 0, 0)", "transparent")
    # stop keeps the text so far
    ask(page, "What is product quantization?")
    expect(page.get_by_text(STREAMING)).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).last.click()
    expect(page.get_by_text("Stopped. This is the text so far")).to_be_visible()
    # everything is there after a reload, and in the list
    page.reload()
    expect(page.get_by_text("Stopped. This is the text so far")).to_be_visible()
    expect(page.get_by_text("written by the model, checked against the passages")).to_be_visible()
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_text("What shall we prepare?")).to_be_visible()
    page.get_by_placeholder("Search").fill("product")
    page.get_by_placeholder("Search").press("Enter")
    page.get_by_test_id("stSidebar").get_by_role("button", name="What is an HNSW index?").click()
    expect(page.get_by_text("Stopped. This is the text so far")).to_be_visible()


def test_the_roadmap_leads_from_a_topic_to_its_chat(page: Page) -> None:
    page.get_by_role("link", name="Roadmap").first.click()
    expect(page.get_by_text("15. Case Studies & Scenario-based Questions")).to_be_visible()
    page.locator(".st-key-open-5 button").first.click()
    expect(page.get_by_role("heading", name="5. Internal Working of Vector DB")).to_be_visible()
    expect(page.locator(".katex").first).to_be_visible()
    expect(page.get_by_role("cell", name="k-means")).to_be_visible()
    page.get_by_role("button", name="Ask about this").click()
    expect(page.get_by_text("What shall we prepare?")).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_value("5. Internal Working of Vector DB")
