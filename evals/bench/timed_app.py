"""The app with a clock around its script: a program for `streamlit run`, never imported.

Streamlit puts this folder on the path, so no module in it may have the name of a package.
Writes a line at the start of every run and one at its end to the file named by BENCH_LOG: how long it took, and which objects
hold the model and the index.
"""

import json
import os
import runpy
import sys
import time
from pathlib import Path
from typing import Any

HELD = ("_encoder", "_vectors", "_lexical", "_questions")  # what a retriever keeps loaded


def loaded_objects() -> dict[str, int]:
    """The identities of the assistant and of what its retriever holds; empty while it loads."""
    services: Any = sys.modules.get("ui.services")
    assistant = services.loading().assistant if services else None
    if assistant is None:
        return {}
    retriever = assistant.retriever
    return {"assistant": id(assistant), "retriever": id(retriever)} | {
        name.lstrip("_"): id(getattr(retriever, name)) for name in HELD if hasattr(retriever, name)
    }


def write(line: dict[str, Any]) -> None:
    """Append a line to the log."""
    with Path(os.environ["BENCH_LOG"]).open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


write({"event": "start"})
started, started_cpu = time.perf_counter(), time.thread_time()
try:
    runpy.run_path(str(Path(__file__).resolve().parents[2] / "app.py"))
finally:  # a rerun and a stop are raised through here
    took, took_cpu = time.perf_counter() - started, time.thread_time() - started_cpu
    write({"event": "end", "ms": took * 1000, "cpu_ms": took_cpu * 1000, "objects": loaded_objects()})
