"""What a click costs on the server of a warm app, and proof that no click loads a model or an index again.

The time is that of the script runs a click causes (a click that ends in another run counts both), measured inside the server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from evals.bench.figures import BenchUnavailableError, Goal, Measured, quantile, summarize
from evals.bench.warm_app import Cost, WarmApp, open_warm_app
from evals.bench.workspace import Workspace, say

if TYPE_CHECKING:
    from playwright.sync_api import Locator

ROUNDS, QUICK_ROUNDS = 20, 2
GOAL = Goal("page rerun after a click, p95", 100, unit="ms")
SLOWEST_GOAL = Goal("the same for the slowest kind of click", 100, unit="ms")
RELOAD_GOAL = Goal("objects that have held the same part of model or index, over all clicks", 1)
GOALS = (GOAL, SLOWEST_GOAL, RELOAD_GOAL)
FIRST_CITATION = re.compile(r"^1 · ")
QUESTIONS = ("What is HNSW?", "HNSW vs IVF: when would I choose which?", "What is chunk overlap for?")


def measure(workspace: Workspace) -> Measured:
    """Clicks in turn on every page, on the list of conversations and in a conversation."""
    costs: dict[str, list[Cost]] = {}
    rounds: list[float] = []
    with open_warm_app(workspace, "reruns") as app:
        say("Clicking")
        answers = [app.ask(question) for question in QUESTIONS]
        for number in range((QUICK_ROUNDS if workspace.quick else ROUNDS) + 1):
            clicks = click_around(app)
            if number:  # the first round imports each page's libraries
                rounds.append(quantile([cost.ms for _, cost in clicks], 0.95))
                for name, cost in clicks:
                    costs.setdefault(name, []).append(cost)
        objects = objects_seen(app.runs())
    every = [cost for found in costs.values() for cost in found]
    return Measured(
        {
            GOAL: summarize(rounds),
            SLOWEST_GOAL: summarize([max(quantile([cost.ms for cost in found], 0.95) for found in costs.values())]),
            RELOAD_GOAL: summarize([max(objects.values())]),
        },
        {
            "clicks": {name: _row(found) for name, found in costs.items()}, "all clicks": _row(every),
            "different objects seen": objects, "script runs": len(app.runs()),
            "a question and its answer, ms": summarize([cost.ms for cost in answers]).to_dict(),
        },
    )


def click_around(app: WarmApp) -> list[tuple[str, Cost]]:
    """One round of clicks, with the cost of each."""
    page = app.page
    links = page.get_by_test_id("stTopNavLink")
    names = [name.strip() for name in links.all_inner_texts()]
    if not names:
        raise BenchUnavailableError("The page has no navigation.", help="Run the browser tests to see why.")
    sidebar = page.get_by_test_id("stSidebar")
    found = []
    for name in [*names[1:], names[0]]:
        label = name.splitlines()[-1]
        found.append((f"open {label}", app.act(_click(links.nth(names.index(name))))))
    found.append(("open a conversation", app.act(_click(sidebar.locator("[class*=st-key-open-] button").first))))
    for name, text in (("open a citation", FIRST_CITATION), ("show why", "Why this answer"), ("hide why", "Why this answer")):
        found.append((name, app.act(_click(page.get_by_text(text).first))))
    found.append(("new chat", app.act(_click(sidebar.get_by_role("button", name="New chat")))))
    return found


def objects_seen(runs: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How many different objects each loaded part has been; 1 means that it was never loaded again."""
    seen: dict[str, set[int]] = {}
    for run in runs:
        for name, identity in run["objects"].items():
            seen.setdefault(name, set()).add(identity)
    return {name: len(identities) for name, identities in seen.items()}


def _click(target: Locator) -> Callable[[], None]:
    return target.click


def _row(costs: Sequence[Cost]) -> dict[str, float]:
    times = [cost.ms for cost in costs]
    return {
        "clicks": len(times), "p50 ms": round(quantile(times, 0.5), 1), "p95 ms": round(quantile(times, 0.95), 1),
        "p50 of CPU ms": round(quantile([cost.cpu_ms for cost in costs], 0.5), 1),
    }
