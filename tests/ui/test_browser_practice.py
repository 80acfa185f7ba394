"""Practice in headless Chromium, with a scripted grader: a whole session, an interview and a review, over reloads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from core.content import load_questions
from core.learner import get_learner
from core.settings import Settings
from ingest.pipeline import ingest
from practice.schedule import Scheduler, new_card
from practice.types import from_bank
from tests.ui.browser import open_browser, serve_app

pytestmark = pytest.mark.browser
HALF = "An HNSW index is a multi-layer graph of vectors."
RATE = "When do you want to see this again?"


@pytest.fixture
def page(banked: Settings) -> Iterator[Page]:
    ingest(banked)
    with serve_app(banked, "tests/ui/scripted_app.py") as url, open_browser(url) as page:
        yield page


def go_to(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()
    page.wait_for_url(f"**/{name.lower()}*")


def answer(page: Page, text: str) -> None:
    """Type and click at once, as people do: the click must not lose the text."""
    page.get_by_label("Your answer").fill(text)
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text(RATE)).to_be_visible()


def test_a_practice_session_from_start_to_progress(page: Page, banked: Settings) -> None:
    learner = get_learner(banked)
    go_to(page, "Practice")
    expect(page.get_by_text("3 questions, all new.")).to_be_visible()
    page.get_by_role("button", name="Start today's session").click()
    expect(page.get_by_text("question 1 of 3")).to_be_visible()
    # attempt first: nothing is unlocked, and a draft survives a reload
    expect(page.get_by_text("Answer in 30 seconds")).to_have_count(0)
    page.get_by_label("Your answer").fill("half a thought")
    page.get_by_text("Fairly sure").click()
    expect(page.get_by_role("radio", name="Fairly sure")).to_be_checked()
    page.reload()
    expect(page.get_by_label("Your answer")).to_have_value("half a thought")
    # the evidence of both sides, what unlocks, and a grade that is only advice
    answer(page, HALF)
    expect(page.get_by_text("You wrote").first).to_be_visible()
    expect(page.get_by_text("The notes say").first).to_be_visible()
    page.get_by_text("Answer in 30 seconds").click()
    expect(page.get_by_text("Suggested:")).to_be_visible()
    page.reload()
    expect(page.get_by_text(RATE)).to_be_visible()
    page.get_by_role("radio", name="Good").click()
    page.get_by_role("button", name="Save and go on").click()
    for place in (2, 3):
        expect(page.get_by_text(f"question {place} of 3")).to_be_visible()
        page.get_by_role("button", name="I don't know").click()
        expect(page.get_by_text("You said that you don't know.")).to_be_visible()
        page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", name="Round finished")).to_be_visible()
    assert [log.rating for log in learner.review_logs()] == ["good", "again", "again"]
    assert [attempt.response for attempt in learner.attempts()] == [HALF, "", ""]
    page.get_by_role("link", name="See your progress").click()
    expect(page.get_by_text("3 of", exact=False).first).to_be_visible()
    expect(page.locator("[data-testid=stVegaLiteChart]").first).to_be_visible()


def test_a_review_of_an_earlier_card_moves_its_date(page: Page, banked: Settings) -> None:
    learner = get_learner(banked)
    go_to(page, "Practice")
    then = datetime.now(UTC) - timedelta(days=4)
    question = next(q for q in load_questions(banked.knowledge_dir) if q.id == "05-hnsw")
    card, log = Scheduler().review(new_card(from_bank(question), then), "good", then)
    learner.save_review(card, log)
    page.reload()
    expect(page.get_by_text("1 due again")).to_be_visible()
    page.get_by_role("button", name="Start today's session").click()
    expect(page.get_by_text("Due: last asked 4 days ago")).to_be_visible()
    answer(page, HALF)
    page.get_by_role("radio", name="Easy").click()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_text("question 2 of")).to_be_visible()
    moved = learner.card("05-hnsw")
    assert moved.due > card.due
    assert learner.review_logs("05-hnsw")[-1].rating == "easy"


def test_an_interview_is_interrupted_resumed_and_reported(page: Page, banked: Settings) -> None:
    go_to(page, "Interview")
    page.get_by_text("15 minutes").click()
    page.get_by_role("button", name="Begin the interview").click()
    expect(page.get_by_text("14:")).to_be_visible()
    page.get_by_role("button", name="Hint").click()
    expect(page.get_by_text("things worth saying")).to_be_visible()
    page.get_by_label("Your answer").fill("cut off in the mid")
    page.get_by_label("Your answer").press("Tab")
    # away and back: it is offered at the top, paused, with the draft
    go_to(page, "Progress")
    expect(page.get_by_role("heading", name="Progress")).to_be_visible()
    go_to(page, "Interview")
    expect(page.get_by_text("An interview was interrupted.")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Paused. The clock stands still")).to_be_visible()
    expect(page.get_by_label("Your answer")).to_have_value("cut off in the mid")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_label("Your answer")).to_be_editable()
    page.get_by_label("Your answer").fill(HALF)
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("Earlier in this interview (1)")).to_be_visible()
    assert "In 30 seconds" not in page.get_by_role("main").inner_text()
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("button", name="End and see the report").click()
    expect(page.get_by_role("heading", name="Interview report")).to_be_visible()
    expect(page.get_by_role("heading", name="What to study next")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF").click()
    assert download.value.suggested_filename.endswith(".pdf")
    (stored,) = get_learner(banked).interviews()
    assert stored.status == "finished"
