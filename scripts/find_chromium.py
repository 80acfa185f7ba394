"""Find a Chromium for the browser tests; with `--install`, install one where that is possible.

Prints its path. Without one the exit status is 0 (the browser tests are skipped), except under CI, where it is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Path of a Chromium: `GROUNDWORK_CHROMIUM`, one on the PATH, or the one Playwright has downloaded."""
    if path := os.environ.get("GROUNDWORK_CHROMIUM"):
        return path
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def install_chromium() -> None:
    """With apt as root, else through Playwright's own download. A failure is reported by `main`."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False, stdout=subprocess.DEVNULL)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Look, install when asked to, look again."""
    path = find_chromium()
    if path is None and "--install" in sys.argv:
        install_chromium()
        path = find_chromium()
    if path is None:
        print("No Chromium found; set GROUNDWORK_CHROMIUM to one. The browser tests are skipped.", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
