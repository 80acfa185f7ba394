"""What the files of `claims/`, `pairs/`, `answers/` and `exams/` hold, and the split of the questions they belong to."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import starmap
from pathlib import Path
from typing import Any, Literal

from core.content import Question, load_questions
from core.judge import Support

CLAIMS_DIR = Path(__file__).with_name("claims")
PAIRS_DIR = Path(__file__).with_name("pairs")
ANSWERS_DIR = Path(__file__).with_name("answers")
EXAMS_DIR = Path(__file__).with_name("exams")
LETTERS: dict[str, Support] = {"m": "supported", "p": "partly", "x": "unrelated", "c": "contradicted"}
TEST_SHARE, DEVELOPMENT_SHARE = 0.15, 0.05
Split = Literal["train", "development", "test"]


@dataclass(frozen=True)
class Texts:
    """What one line of `pairs/` holds (see README.md): a key point, half of it, a wrong version, and texts that state each."""

    question: str
    index: int
    point: str
    half: str
    wrong: str
    right: tuple[str, str]
    partial: str
    false: tuple[str, str]


@dataclass(frozen=True)
class LearnerAnswer:
    """What one line of `answers/`, or an answer in `exams/`, holds: a text, and what it says of each key point, in their order."""

    question: str
    text: str
    labels: tuple[Support, ...]


@dataclass(frozen=True)
class Twin:
    """A key point in other words, the point made false by one edit, and what a learner says who believes that."""

    other: str
    wrong: str
    says: str


@dataclass(frozen=True)
class Exam:
    """What one line of `exams/` holds: a question beside the bank's, its key points, a twin of each, and answers to it.

    `name` is a question of the bank with nearly the same key point, whose split the exam shares, or the exam's own name.
    """

    name: str
    topic: int
    question: str
    points: tuple[str, ...]
    twins: tuple[Twin, ...]
    answers: tuple[LearnerAnswer, ...]


@dataclass(frozen=True)
class Claim:
    """What one line of `claims/` holds: a true claim and one made false by an edit, each with two texts that state it; a half, a neighbour.

    `question` is a question of the bank with nearly the same key point, whose split the claim shares, or the claim's own name.
    """

    question: str
    topic: int
    right: tuple[str, str, str]
    false: tuple[str, str, str]
    half: str
    near: str


@cache
def load_texts() -> tuple[Texts, ...]:
    """All lines of `pairs/` whose question and key point exist."""
    return tuple(
        Texts(
            question.id, row["i"], question.key_points[row["i"]].text, row["half"], row["wrong"], (row["s1"], row["s2"]), row["p"],
            (row["c1"], row["c2"]),
        )
        for row, question in _read_lines(PAIRS_DIR) if row["i"] < len(question.key_points)
    )


@cache
def load_answers() -> tuple[LearnerAnswer, ...]:
    """All lines of `answers/` whose question exists and has as many key points as the line has letters."""
    return tuple(
        _answer(question.id, row)
        for row, question in _read_lines(ANSWERS_DIR) if len(row["v"]) == len(question.key_points)
    )


@cache
def load_exams() -> tuple[Exam, ...]:
    """All lines of `exams/`; topic 0 is what all topics rest on."""
    found = []
    for _, row in rows_of(EXAMS_DIR):
        name = row.get("q") or f"exam: {row['question']}"
        answers = tuple(_answer(name, answer) for answer in row["answers"])
        twins = tuple(starmap(Twin, zip(row["other"], row["wrong"], row["says"], strict=True)))
        found.append(Exam(name, row["t"], row["question"], tuple(row["points"]), twins, answers))
    return tuple(found)


@cache
def load_claims() -> tuple[Claim, ...]:
    """All lines of `claims/`; topic 0 is general knowledge."""
    found = []
    for (stem, number), row in rows_of(CLAIMS_DIR):
        name = row.get("q") or f"{stem} claim {number}"
        found.append(Claim(name, int(stem) if stem.isdigit() else 0, tuple(row["r"]), tuple(row["f"]), row["h"], row["n"]))
    return tuple(found)


def _read_lines(folder: Path) -> Iterator[tuple[dict[str, Any], Question]]:
    """Every line of a folder's files with its question, where the bank still has that."""
    bank = {question.id: question for question in load_questions()}
    for _, row in rows_of(folder):
        if question := bank.get(row["q"]):
            yield row, question


def rows_of(folder: Path) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """Every line of a folder's files, with the file's stem and the line's number, from 1."""
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            yield (path.stem, number), json.loads(line)


def _answer(question: str, row: Mapping[str, str]) -> LearnerAnswer:
    return LearnerAnswer(question, row["a"], tuple(LETTERS[letter] for letter in row["v"]))


def split_of(question: str) -> Split:
    """The split that a question belongs to, by a hash of its id."""
    place = random.Random(f"split {question}").random()  # noqa: S311 - not for security
    if place < TEST_SHARE:
        return "test"
    return "development" if place < TEST_SHARE + DEVELOPMENT_SHARE else "train"
