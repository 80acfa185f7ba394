"""`cli.py ask`, from the start of the process to its end, over a process that only imports what such a tool usually imports."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from core.settings import REPOSITORY
from evals.bench.figures import BenchUnavailableError, Goal, Measured, compare, summarize
from evals.bench.workspace import Workspace, child_environment, say

ROUNDS, QUICK_ROUNDS = 9, 2
ASK = ("cli.py", "ask", "What is HNSW?")
FLOOR = ("-c", "import torch, chromadb")
GOAL = Goal("cli.py ask, over `import torch, chromadb`", 1.5)
GOALS = (GOAL,)


def measure(workspace: Workspace) -> Measured:
    """Both processes in turn, after one run of each that is not counted."""
    environment = child_environment(workspace.ingested)
    asked: list[float] = []
    floors: list[float] = []
    say("Asking from the command line")
    for command in (ASK, FLOOR):
        run_process(command, environment)
    for _ in range(QUICK_ROUNDS if workspace.quick else ROUNDS):
        asked.append(run_process(ASK, environment))
        floors.append(run_process(FLOOR, environment))
    return Measured(
        {GOAL: compare(asked, floors)},
        {"ask, seconds": summarize(asked).to_dict(), "floor, seconds": summarize(floors).to_dict()},
    )


def run_process(arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds from start to end of a Python process. Raises BenchUnavailableError when it fails."""
    command = [sys.executable, *arguments]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        reason = done.stderr.strip()[-300:]
        raise BenchUnavailableError(f"`python {' '.join(arguments)}` failed: {reason}", help="Make it work first.")
    return seconds
