"""Ingest over bare `SentenceTransformer.encode` of the same texts, and over the stock LangChain pipeline on the same documents.

Everything runs in one process with the libraries imported. Loading the model belongs to the product's and to the stock pipeline's
time and not to the bare encoding's, which is float32 in batches of 32. What the stock pipeline is: evals/quality/stock.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.models import packaged_model_dir
from core.settings import Settings
from core.store import get_store
from evals.bench.figures import Goal, Measured, compare, summarize
from evals.bench.workspace import Workspace, say
from evals.quality.stock import StockPipeline, load_stock_model
from ingest.chunking import chunk_embedding_text
from ingest.pipeline import ingest, knowledge_files
from ingest.questions import question_chunks

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

ROUNDS, QUICK_ROUNDS = 3, 2
BARE_GOAL = Goal("ingest of the notes, throughput over bare encoding", 1.6, "at least")
STOCK_GOAL = Goal("ingest of the notes, throughput over stock LangChain", 1.6, "at least")
AGAIN_GOAL = Goal("ingest with nothing changed, over the first", 1 / 50)
CHANGED_GOAL = Goal("one changed file: embedded chunks over changed chunks", 1.0)
GOALS = (BARE_GOAL, STOCK_GOAL, AGAIN_GOAL, CHANGED_GOAL)
ADDED_SENTENCE = " This sentence was added by a benchmark."


@dataclass
class Seconds:
    """One value a round of everything that is timed."""

    bare_notes: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    notes: list[float] = field(default_factory=list)
    stock: list[float] = field(default_factory=list)


def measure(workspace: Workspace) -> Measured:
    """Throughput ratios, the cost of ingesting again, and how much of a changed file is embedded."""
    notes = workspace.notes_only()
    passages = passage_texts(workspace.settings("ingestion-texts", notes))
    questions = len(question_chunks(workspace.knowledge))
    model, seconds, stock_passages = load_bare_model(), Seconds(), 0
    for number in range(QUICK_ROUNDS if workspace.quick else ROUNDS):
        say(f"Ingesting, round {number + 1}")
        whole, only_notes = workspace.settings(f"whole-{number}"), workspace.settings(f"notes-{number}", notes)
        seconds.bare_notes.append(clock(lambda: model.encode(passages, batch_size=32)))
        seconds.notes.append(clock(partial(ingest, only_notes)))
        took, stock_passages = time_stock(only_notes)
        seconds.stock.append(took)
        seconds.whole.append(clock(partial(ingest, whole)))
        seconds.again.append(clock(partial(ingest, whole)))
    embedded, changed = change_one_file(workspace.settings("notes-0", notes), notes)
    details = {
        "passages": len(passages), "stored questions, whose vectors come with the knowledge": questions,
        "passages of the stock pipeline": stock_passages,
        "one changed file": {"chunks that differ": changed, "chunks embedded": embedded},
        "throughput over bare encoding, stored questions included": compare(seconds.bare_notes, seconds.whole).to_dict(),
        "throughput": throughput(seconds, len(passages), stock_passages),
    }
    return Measured(
        {
            BARE_GOAL: compare(seconds.bare_notes, seconds.notes), STOCK_GOAL: compare(seconds.stock, seconds.notes),
            AGAIN_GOAL: compare(seconds.again, seconds.whole),
            CHANGED_GOAL: summarize([embedded / changed]) if changed else None,
        },
        details,
    )


def load_bare_model() -> SentenceTransformer:
    """The packaged model as the stock pipeline loads it, warmed up."""
    model = load_stock_model(str(packaged_model_dir()))
    model.encode(["warm"] * 32)
    return model


def passage_texts(settings: Settings) -> list[str]:
    """The texts that the product embeds for these documents, in document order. Ingests once, which also warms everything up."""
    say("Ingesting once to warm up")
    ingest(settings)
    with get_store(settings) as store:
        return [chunk_embedding_text(chunk) for chunk in store.chunks()]


def clock(run: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def time_stock(settings: Settings) -> tuple[float, int]:
    """Seconds that the stock pipeline takes, and how many passages it makes. Raises StockUnavailableError."""
    started = time.perf_counter()
    pipeline = StockPipeline(settings)
    seconds = time.perf_counter() - started
    pipeline.close()
    return seconds, pipeline.size


def change_one_file(settings: Settings, knowledge: Path) -> tuple[int, int]:
    """Add a sentence to a note and ingest. Returns how many chunks were embedded, and how many differ."""
    with get_store(settings) as store:
        before = {chunk_embedding_text(chunk) for chunk in store.chunks()}
    note = next(path for path in knowledge_files(settings) if path.parent == knowledge / "notes")
    add_sentence(note)
    embedded = ingest(settings).embedded_chunks
    with get_store(settings) as store:
        after = {chunk_embedding_text(chunk) for chunk in store.chunks()}
    return embedded, len(after - before)


def add_sentence(note: Path) -> None:
    """Append a sentence to the longest paragraph of a Markdown file."""
    paragraphs = note.read_text(encoding="utf-8").split("\n\n")
    prose = [place for place, text in enumerate(paragraphs) if text[:1].isalpha() and text.rstrip().endswith(".")]
    longest = max(prose, key=lambda place: len(paragraphs[place]))
    paragraphs[longest] = paragraphs[longest].rstrip() + ADDED_SENTENCE
    note.write_text("\n\n".join(paragraphs), encoding="utf-8")


def throughput(seconds: Seconds, passages: int, stock_passages: int) -> dict[str, dict[str, Any]]:
    """Passages a second, by what embeds them."""
    rows = {
        "bare encode, passages": (passages, seconds.bare_notes),
        "Groundwork, notes": (passages, seconds.notes),
        "Groundwork, notes and stored questions": (passages, seconds.whole),
        "stock LangChain, notes": (stock_passages, seconds.stock),
    }
    return {
        name: {"passages": count, "seconds": summarize(times).to_dict(), "passages a second": round(count / summarize(times).value, 1)}
        for name, (count, times) in rows.items()
    }
