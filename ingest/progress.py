"""How far an ingest is, for a terminal."""

from __future__ import annotations

import sys


def show_progress(done: int, total: int) -> None:
    """A bar on a terminal, a line at the end elsewhere; always on stderr."""
    if sys.stderr.isatty():
        filled = 30 * done // max(total, 1)
        end = "\n" if done == total else ""
        print(f"\rEmbedding {'#' * filled}{'.' * (30 - filled)} {done}/{total}", end=end, file=sys.stderr, flush=True)
    elif done == total:
        print(f"Embedded {total} texts.", file=sys.stderr)
