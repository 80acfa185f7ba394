"""How far an ingest is, and what it could not read, for a terminal."""

from __future__ import annotations

import sys

from ingest.documents import SUPPORTED
from ingest.pipeline import IngestReport


def show_progress(done: int, total: int) -> None:
    """A bar on a terminal, a line at the end elsewhere; always on stderr."""
    if sys.stderr.isatty():
        filled = 30 * done // max(total, 1)
        end = "\n" if done == total else ""
        print(f"\rEmbedding {'#' * filled}{'.' * (30 - filled)} {done}/{total}", end=end, file=sys.stderr, flush=True)
    elif done == total:
        print(f"Embedded {total} texts.", file=sys.stderr)


def show_problems(report: IngestReport) -> None:
    """A line for every file that could not be read, and one for those of other kinds; on stderr."""
    for reason in report.failures.values():
        print(reason, file=sys.stderr)
    if report.passed_over:
        files = "1 file of another kind was" if report.passed_over == 1 else f"{report.passed_over} files of other kinds were"
        print(f"{files} passed over. Read are {SUPPORTED}.", file=sys.stderr)
