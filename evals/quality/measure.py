"""Measuring everything: the development split for floors, both splits for the report."""

from __future__ import annotations

import os
import platform
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from chat.answering import Assistant
from core.content import Question, load_glossary, load_questions
from core.judge import WEIGHTS_FILE, Judge, available_judge
from core.models import PACKAGED_MODEL, PACKAGED_SHA256, choose_precision
from core.question_store import get_question_store
from core.settings import REPOSITORY, Settings
from evals.candidates import interview_figures, judge_grader, scripted_grader
from evals.cases import Case, Split, load_cases
from evals.grading import grading_figures
from evals.judge.score import judge_figures
from evals.judge.selection import SCORED_PAIRS, sample_pairs, select
from evals.quality.abstention import (
    abstention_curves,
    abstention_figures,
    area_figures,
    ask_cases,
    plain_figures,
    wrong_if_answered,
)
from evals.quality.answers import answer_figures, latency_figures
from evals.quality.conversations import follow_up_figures, stray_figures, switch_figures
from evals.quality.details import detail_figures, sample_details
from evals.quality.documents import document_figures
from evals.quality.figures import Groups, groups_to_dict
from evals.quality.injections import attempt_injections, injection_figures
from evals.quality.key_points import ask_bank, available_presences, key_point_figures, lexical_presence
from evals.quality.retrieval import (
    Ranked,
    difference_figures,
    leg_figures,
    ranking_figures,
    search_cases,
    style_figures,
)
from evals.quality.stock import StockPipeline, StockUnavailableError, run_stock
from evals.quality.stored import stored_figures
from evals.quality.support import planted_faults, support_figures
from ingest.manifest import read_manifest
from ingest.pipeline import ingest, is_stale, knowledge_files
from ingest.progress import show_progress
from practice.evidence import NoteQuotes
from practice.grading import JudgeGrader
from retrieval.retriever import Retriever, get_retriever

SPLITS: tuple[Split, ...] = get_args(Split)
STYLE_SCORES = ("right section in top 5", "MRR")
QUICK_QUESTIONS, QUICK_FAULTS = 60, 60  # sample sizes for the floors
INTERVIEWS, JUDGED_INTERVIEWS = 100, 8  # the trained judge takes longer than the scripted grader
Measurement = dict[str, Any]


@dataclass
class Bench:
    """What is measured."""

    settings: Settings
    retriever: Retriever
    assistant: Assistant
    bank: Sequence[Question]
    judge: Judge | None

    @cached_property
    def grader(self) -> JudgeGrader | None:
        """The grader of the app without a chat model; None without a judge."""
        return JudgeGrader(self.judge, self.retriever, NoteQuotes(self.retriever.chunks)) if self.judge else None

    @property
    def passages(self) -> dict[str, str]:
        """Chunk id -> text of everything that can be cited: the index and the glossary."""
        return {chunk.id: chunk.text for chunk in (*self.retriever.chunks, *self.assistant.definitions.passages)}


def index_shipped(settings: Settings) -> Settings:
    """Settings without a reranker and of an index of the shipped knowledge alone; ingests when that is not up to date.

    A learner's own documents would change the figures: where there are some, the shipped knowledge is indexed a second time,
    in a folder of its own.
    """
    settings = settings.model_copy(update={"reranker": None})
    if read_manifest(settings).paths:
        settings = settings.model_copy(update={"data_dir": settings.data_dir / "evaluation"})
    if is_stale(settings):
        ingest(settings, progress=show_progress)
    return settings


def open_bench(settings: Settings) -> Bench:
    """The extractive assistant over the shipped knowledge alone, and what it is measured with."""
    settings = index_shipped(settings)
    retriever = get_retriever(settings)
    retriever.retrieve("warm-up")  # the first search is slower than the others
    bank = load_questions(settings.knowledge_dir)
    assistant = Assistant(retriever, bank, load_glossary(settings.knowledge_dir))
    return Bench(settings, retriever, assistant, bank, available_judge())


def measure_split(bench: Bench, split: Split, grading: bool = True) -> tuple[Groups, dict[str, Any], list[Ranked]]:
    """The figures of one split's cases in groups, `grading` among them or not, the curves to plot, and the product's rankings."""
    answerable, unanswerable, plain = (load_cases(kind, split) for kind in ("answerable", "unanswerable", "plain"))
    retrieve_ms: list[float] = []
    found = search_cases(bench.retriever, answerable, retrieve_ms)
    replies = ask_cases(bench.assistant, [*answerable, *unanswerable])
    wrong = wrong_if_answered(replies, found)
    attempts = attempt_injections(bench.assistant, load_cases("injections", split), bench.settings)
    glossary = load_glossary(bench.settings.knowledge_dir)
    groups: Groups = {
        "retrieval": ranking_figures(found),
        "abstention": abstention_figures(replies) | area_figures(replies, wrong),
        "plain questions": plain_figures(bench.assistant, plain),
        "details": detail_figures(bench.assistant, sample_details(load_cases("details", split))),
        "own documents": document_figures(bench.settings, load_cases("documents", split), split),
        "follow-ups": follow_up_figures(bench.retriever, load_cases("follow_ups", split), glossary)
        | switch_figures(bench.assistant, answerable, answerable, [*unanswerable, *(c for c in plain if not c.data["in_scope"])])
        | stray_figures(bench.assistant, answerable, load_cases("strays", split)),
        "answers": answer_figures(replies, bench.passages),
        "injections": injection_figures(attempts),
        "latency": latency_figures(retrieve_ms, replies),
    }
    if grading and bench.grader:
        groups["grading"] = grading_figures(bench.grader, split)
    return groups, abstention_curves(replies, wrong), found


def measure_floors(bench: Bench) -> Groups:
    """What `make test` watches: the development split, a sample of the bank's questions and of planted faults. No timings."""
    groups, _, _ = measure_split(bench, "development")
    del groups["latency"]
    sample = random.Random(0).sample(list(bench.bank), min(QUICK_QUESTIONS, len(bench.bank)))  # noqa: S311 - not for security
    answers = ask_bank(bench.assistant, sample)
    groups["key points"] = key_point_figures(sample, answers, "shared words", lexical_presence)
    groups["support"] = support_figures(planted_faults(bench.retriever.chunks, QUICK_FAULTS), bench.judge, paraphrases=0)
    return groups


def measure_quick(bench: Bench) -> Measurement:
    """The floors' figures as a measurement."""
    groups = measure_floors(bench)
    splits = {"development": groups_to_dict(groups)}
    return {**describe(bench), "quick": True, "splits": splits, "all": {}, "curves": {}, "stock": {}}


def measure_all(bench: Bench, last: Measurement | None = None) -> Measurement:
    """Every figure of both splits, the bank, planted faults, and the stock pipeline.

    With a `last` measurement only what the search decides: grading and what is in `all` stay as they were measured then.
    """
    measured: Measurement = {**describe(bench), "quick": False, "splits": {}, "curves": {}, "stock": {}}
    if last:
        measured["kept"] = {"commit": last.get("kept", last)["commit"]}
    rankings: dict[str, list[Ranked]] = {}
    for split in SPLITS:
        _say(f"{split}: searching and answering")
        groups, curves, found = measure_split(bench, split, grading=not last)
        groups["legs"] = leg_figures(bench.retriever, load_cases("answerable", split))
        unanswerable = load_cases("unanswerable", split)
        groups["stored questions"] = stored_figures(bench.settings, bench.retriever, found, unanswerable)
        groups |= {f"by style: {score}": style_figures(found, score) for score in STYLE_SCORES}
        kept = {name: figures for name, figures in last["splits"][split].items() if name == "grading"} if last else {}
        measured["splits"][split], measured["curves"][split] = groups_to_dict(groups) | kept, curves
        rankings[split] = found
    measured["all"] = last["all"] if last else groups_to_dict(_measure_whole(bench))
    _say("the stock pipeline")
    measured["stock"] = _measure_stock(bench, rankings)
    return measured


def _measure_whole(bench: Bench) -> Groups:
    """What is measured on the bank, on the notes and with simulated candidates."""
    _say("the bank's questions")
    answers = ask_bank(bench.assistant, bench.bank)
    whole: Groups = {"key points": {}}
    for name, presence in available_presences(bench.judge).items():
        whole["key points"] |= key_point_figures(bench.bank, answers, name, presence)
    _say("planted faults")
    whole["support"] = support_figures(planted_faults(bench.retriever.chunks), bench.judge)
    if bench.judge:
        _say("the judge, on questions that it has not seen")
        whole["judge"] = judge_figures(sample_pairs(select("questions")[2], SCORED_PAIRS), bench.judge)
    _say("simulated candidates")
    whole["interviews"] = interview_figures(INTERVIEWS, scripted_grader)
    if bench.grader:
        whole["interviews, graded by the judge"] = interview_figures(JUDGED_INTERVIEWS, judge_grader(bench.grader))
    return whole


def _measure_stock(bench: Bench, rankings: dict[str, list[Ranked]]) -> dict[str, Any]:
    try:
        pipeline = StockPipeline(bench.settings)
    except StockUnavailableError as error:
        _say(error.explain())
        return {}
    measured: dict[str, Any] = {"passages": pipeline.size, "splits": {}}
    for split in SPLITS:
        answerable = load_cases("answerable", split)
        result = run_stock(pipeline, answerable, load_cases("unanswerable", split))
        groups: Groups = {
            "retrieval": ranking_figures(result.top), "retrieval, longer ranking": ranking_figures(result.longer),
            "product minus stock": difference_figures(rankings[split], result.top),
            "product minus stock, longer ranking": difference_figures(rankings[split], result.longer),
            "abstention": result.abstention,
        }
        groups |= {f"by style: {score}": style_figures(result.top, score) for score in STYLE_SCORES}
        measured["splits"][split] = groups_to_dict(groups)
    pipeline.close()
    return measured


def describe(bench: Bench) -> dict[str, Any]:
    """What was measured, on what, and with what."""
    names = ("answerable", "unanswerable", "plain", "details", "documents", "follow_ups", "strays", "injections")
    cases = {name: load_cases(name) for name in names}
    return {
        "commit": describe_commit(),
        "models": {
            "embeddings": _embeddings_name(bench.settings), "judge": _judge_name(), "engine": "extractive, no reranker",
        },
        "machine": {
            "python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count(), "processor": _processor(),
        },
        "data": {
            "documents": len(knowledge_files(bench.settings)), "passages": len(bench.retriever.chunks),
            "questions in the bank": len(bench.bank),
            "stored wordings of questions": _stored(bench.settings),
            "key points in the bank": sum(len(question.key_points) for question in bench.bank),
            **{f"cases: {name.replace('_', '-')}": _sizes(listed) for name, listed in cases.items()},
        },
    }


def _stored(settings: Settings) -> int:
    return len(get_question_store(settings).load()[0])


def _sizes(cases: Sequence[Case]) -> str:
    return ", ".join(f"{sum(case.split == split for case in cases)} {split}" for split in SPLITS)


def _embeddings_name(settings: Settings) -> str:
    if settings.embedding_model != PACKAGED_MODEL:
        return settings.embedding_model
    return f"all-MiniLM-L6-v2, sha256 {PACKAGED_SHA256[:12]}, passages embedded in {choose_precision(settings)}"


def _judge_name() -> str:
    import hashlib

    if not WEIGHTS_FILE.exists():
        return "not shipped"
    return f"{WEIGHTS_FILE.name}, sha256 {hashlib.sha256(WEIGHTS_FILE.read_bytes()).hexdigest()[:12]}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def describe_commit(folder: Path = REPOSITORY) -> str:
    """The commit of the code, and whether it has been changed since; `unknown` outside a repository."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)docs", ":(exclude)evals/floors.json")
        return git("rev-parse", "--short=12", "HEAD") + (" with uncommitted changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _say(text: str) -> None:
    print(f"{text}…", file=sys.stderr)
