"""The resident memory of the warm server, and whether it grows while a thousand questions are asked in the browser."""

from __future__ import annotations

from itertools import cycle, islice

from evals.bench.browser import resident_megabytes
from evals.bench.figures import Goal, Measured, summarize
from evals.bench.reruns import objects_seen
from evals.bench.search import choose_queries
from evals.bench.warm_app import open_warm_app
from evals.bench.workspace import Workspace, say

QUESTIONS, QUICK_QUESTIONS = 1_000, 20
WARM_SHARE = 0.1  # of the questions are asked before growth counts: caches fill, libraries are imported
SAMPLES = 20
CONVERSATION_TURNS = 5
GOAL = Goal("memory after 1,000 questions, over after the first 100", 1.02)
GOALS = (GOAL,)


def measure(workspace: Workspace) -> Measured:
    """Ask labelled questions in conversations of five turns, and read the server's memory from time to time."""
    count = QUICK_QUESTIONS if workspace.quick else QUESTIONS
    questions = list(islice(cycle(choose_queries(min(count, 200))), count))
    step = max(count // SAMPLES, 1)
    samples: dict[int, float] = {}
    with open_warm_app(workspace, "memory") as app:
        say(f"Asking {count:,} questions in the browser")
        samples[0] = resident_megabytes(app.server.process.pid)
        for number, question in enumerate(questions, 1):
            app.ask(question)
            if number % CONVERSATION_TURNS == 0:
                app.act(app.page.get_by_role("button", name="New chat").click)
            if number % step == 0:
                samples[number] = resident_megabytes(app.server.process.pid)
        objects = objects_seen(app.runs())
    warm = next(megabytes for number, megabytes in samples.items() if number >= WARM_SHARE * count)
    last = samples[max(samples)]
    return Measured(
        {GOAL: None if workspace.quick else summarize([last / warm])},
        {
            "warm server, MB": round(samples[0], 1), "after the first tenth of the questions, MB": round(warm, 1),
            "at the end, MB": round(last, 1), "questions": count, "different objects seen": objects,
            "MB after questions": {str(number): {"MB": round(megabytes, 1)} for number, megabytes in samples.items()},
        },
    )
