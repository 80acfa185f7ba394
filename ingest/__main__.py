"""`python -m ingest [PATH...]`: bring the index up to date. `python cli.py ingest` does the same, with `--json`."""

import sys
from pathlib import Path

from core.errors import GroundworkError
from core.settings import load_settings
from ingest.pipeline import ingest
from ingest.progress import show_problems, show_progress


def main() -> int:
    """Ingest the shipped knowledge and the paths given. Returns the exit status."""
    try:
        report = ingest(load_settings(), [Path(p) for p in sys.argv[1:]], show_progress)
    except GroundworkError as error:
        print(error.explain(), file=sys.stderr)
        return 1
    print(f"{report.documents} documents, {report.total_chunks} passages, {report.embedded_chunks} embedded.")
    show_problems(report)
    return 1 if report.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
