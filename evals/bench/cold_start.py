"""From the start of the server's process to the first page that can be used, over `streamlit hello` in the same run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from core.settings import Settings
from evals.bench.browser import CHAT_INPUT, open_browser, open_page, serve
from evals.bench.figures import Goal, Measured, compare, summarize
from evals.bench.workspace import Workspace, child_environment, say

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROUNDS, QUICK_ROUNDS = 7, 1
GOAL = Goal("cold start to the first usable page, over `streamlit hello`", 1.3)
EMPTY_GOAL = Goal("the same with nothing ingested yet", 1.3)
GOALS = (GOAL, EMPTY_GOAL)


def measure(workspace: Workspace) -> Measured:
    """The app with its notes ingested, `streamlit hello`, and the app with nothing ingested, in turn, after a start of each."""
    ingested = workspace.ingested
    app: list[float] = []
    empty: list[float] = []
    hello: list[float] = []
    statuses: list[bool] = []
    say("Starting servers")
    with open_browser() as browser:
        time_hello(browser, ingested)
        time_app(browser, ingested)
        for number in range(QUICK_ROUNDS if workspace.quick else ROUNDS):
            app.append(time_app(browser, ingested)[0])
            hello.append(time_hello(browser, ingested))
            seconds, status = time_app(browser, workspace.settings(f"cold-{number}"))
            empty.append(seconds)
            statuses.append(status)
    return Measured(
        {GOAL: compare(app, hello), EMPTY_GOAL: compare(empty, hello)},
        {
            "app, seconds": summarize(app).to_dict(), "app with nothing ingested, seconds": summarize(empty).to_dict(),
            "streamlit hello, seconds": summarize(hello).to_dict(), "progress shown while the notes are embedded": all(statuses),
        },
    )


def time_app(browser: Browser, settings: Settings) -> tuple[float, bool]:
    """Seconds until the chat input is on the page, and whether a progress bar was shown beneath it within ten seconds."""
    with serve(["run", "app.py"], child_environment(settings)) as server:
        page = open_page(browser, server.url)
        page.get_by_test_id(CHAT_INPUT).wait_for()
        seconds = time.perf_counter() - server.started
        status = False
        if not (settings.data_dir / "chroma" / "manifest.json").exists():
            page.get_by_test_id("stProgress").wait_for(timeout=10_000)
            status = True
        page.context.close()
    return seconds, status


def time_hello(browser: Browser, settings: Settings) -> float:
    """Seconds until the greeting of Streamlit's own demo is on the page."""
    with serve(["hello"], child_environment(settings)) as server:
        page = open_page(browser, server.url)
        page.get_by_role("heading", name="Welcome to Streamlit").wait_for()
        seconds = time.perf_counter() - server.started
        page.context.close()
    return seconds
