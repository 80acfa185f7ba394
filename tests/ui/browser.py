"""Serving the app and opening it in headless Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from core.settings import Settings
from scripts.find_chromium import find_chromium
from tests.conftest import REPOSITORY

PATIENCE_MS = 60_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve_app(settings: Settings, script: str = "app.py", **environment: str) -> Iterator[str]:
    """The address of the app over a data and a knowledge folder."""
    port = free_port()
    folders = {"GROUNDWORK_DATA_DIR": str(settings.data_dir), "GROUNDWORK_KNOWLEDGE_DIR": str(settings.knowledge_dir)}
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port), "--server.headless", "true",
               "--server.address", "127.0.0.1"]
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=os.environ | folders | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_served(url)
            yield url
        finally:
            process.terminate()


def wait_until_served(url: str) -> None:
    for _ in range(120):
        try:
            with urlopen(f"{url}/_stcore/health") as reply:
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the app did not start")


@contextmanager
def open_browser(url: str) -> Iterator[Page]:
    """A page of headless Chromium at an address; skips the test where there is none, except under CI."""
    chromium = find_chromium()
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium, and CI needs one")
        pytest.skip("no Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page.goto(url)
        yield page
        browser.close()
