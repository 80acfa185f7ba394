"""A warm app to click in: the server with a clock around its script, and a page of it in Chromium."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.settings import REPOSITORY
from evals.bench.browser import CHAT_INPUT, PATIENCE_SECONDS, Server, open_browser, open_page, serve
from evals.bench.figures import BenchUnavailableError
from evals.bench.workspace import Workspace, child_environment

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROGRAM = Path(__file__).with_name("timed_app.py")
QUIET_SECONDS = 0.15  # without another run: the page has settled


@dataclass(frozen=True)
class Cost:
    """Milliseconds that passed, and milliseconds of CPU time of the script's own thread: on a busy machine the first are more."""

    ms: float
    cpu_ms: float


@dataclass
class WarmApp:
    """A server whose model and index are loaded, and a page of it."""

    server: Server
    page: Page
    log: Path
    _events: list[dict[str, Any]] = field(default_factory=list)
    _read: int = 0  # bytes of the log

    def runs(self) -> list[dict[str, Any]]:
        """The script runs that have ended, oldest first."""
        return [event for event in self._read_events() if event["event"] == "end"]

    def act(self, action: Callable[[], object]) -> Cost:
        """Do something on the page. Returns what the script runs that it caused took together; for none it raises."""
        before = len(self.runs())
        action()
        self._settle(before)
        caused = self.runs()[before:]
        return Cost(sum(run["ms"] for run in caused), sum(run["cpu_ms"] for run in caused))

    def ask(self, question: str) -> Cost:
        """Ask in the chat and wait for the answer. Returns what the script runs took."""
        box = self.page.get_by_test_id(CHAT_INPUT)
        box.fill(question)
        return self.act(lambda: box.press("Enter"))

    def wait_until_loaded(self) -> None:
        """Wait for a run that has seen the assistant."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            runs = self.runs()
            if runs and runs[-1]["objects"]:
                self._settle(0)
                return
            time.sleep(0.1)
        raise BenchUnavailableError("The assistant did not load.", help="Look at what `make run` says.")

    def _read_events(self) -> list[dict[str, Any]]:
        """Everything logged so far; only what is new is read."""
        if self.log.exists():
            with self.log.open("rb") as log:
                log.seek(self._read)
                for line in log:
                    if not line.endswith(b"\n"):
                        break
                    self._events.append(json.loads(line))
                    self._read += len(line)
        return self._events

    def _settle(self, before: int) -> None:
        """Wait until more than `before` runs have ended, none is going on, and none has begun for a moment."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        size, since = -1, time.monotonic()
        while time.monotonic() < deadline:
            events = self._read_events()
            ends = sum(event["event"] == "end" for event in events)
            if len(events) != size:
                size, since = len(events), time.monotonic()
            if ends > before and ends * 2 == len(events) and time.monotonic() - since > QUIET_SECONDS:
                return
            time.sleep(0.01)
        raise BenchUnavailableError("The page did not answer a click.", help="Run the browser tests to see why.")


@contextmanager
def open_warm_app(workspace: Workspace, name: str) -> Iterator[WarmApp]:
    """The app over the ingested notes, with its model and index loaded and no conversation yet."""
    settings = workspace.ingested
    log = workspace.folder / f"{name}.jsonl"
    environment = child_environment(settings) | {
        "BENCH_LOG": str(log), "PYTHONPATH": str(REPOSITORY),
        "GROUNDWORK_DATABASE_URL": f"sqlite:///{workspace.folder / name}.db",
    }
    with open_browser() as browser, serve(["run", str(PROGRAM.relative_to(REPOSITORY))], environment) as server:
        page = open_page(browser, server.url)
        page.get_by_test_id(CHAT_INPUT).wait_for()
        app = WarmApp(server, page, log)
        app.wait_until_loaded()
        yield app
