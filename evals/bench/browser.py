"""A Streamlit server as a child process, and a headless Chromium to look at it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.settings import REPOSITORY
from evals.bench.figures import BenchUnavailableError
from scripts.find_chromium import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
PATIENCE_SECONDS = 120
CHAT_INPUT = "stChatInputTextArea"


@dataclass(frozen=True)
class Server:
    """A running server; `started` is the moment before its process was started (of `time.perf_counter`)."""

    url: str
    process: subprocess.Popen[bytes]
    started: float


@contextmanager
def serve(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[Server]:
    """`streamlit ARGUMENTS` on a free port of this machine, ended afterwards."""
    port = _free_port()
    command = [
        sys.executable, "-m", "streamlit", *arguments, "--server.port", str(port), "--server.headless", "true",
        "--server.address", "127.0.0.1",
    ]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for_port(port, process)
        yield Server(f"http://127.0.0.1:{port}", process, started)
    finally:
        _end(process)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless Chromium. Raises BenchUnavailableError when there is none, and when the page does not do what is waited for."""
    try:
        from playwright.sync_api import Error as PageError
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise BenchUnavailableError("Driving the page needs Playwright.") from error
    chromium = find_chromium()
    if chromium is None:
        raise BenchUnavailableError(
            "No Chromium was found.", help="Install one (python scripts/find_chromium.py --install) or set GROUNDWORK_CHROMIUM."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            yield browser
        except PageError as error:
            raise BenchUnavailableError(f"The page failed: {error}", help="Run the browser tests to see why.") from error
        finally:
            browser.close()


def open_page(browser: Browser, url: str) -> Page:
    """The address in a window that has seen nothing before; close its context afterwards."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    page.goto(url)
    return page


def resident_megabytes(pid: int) -> float:
    """The resident memory of a process."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(shown.stdout) / 1024


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise BenchUnavailableError("The server did not start.", help="Look at what `make run` says.")
