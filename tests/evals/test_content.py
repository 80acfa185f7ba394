"""The checker finds planted faults; the shipped knowledge has none."""

import re
import shutil
from pathlib import Path

import pytest

from core.content import KNOWLEDGE_DIR
from evals.content import check_content
from evals.notes import parse_note

NOTE, BANK = "notes/05-vector-databases.md", "questions/05-vector-databases.yaml"
FURTHER = "notes/10-production.md"  # beside the topic's own note


def test_the_shipped_knowledge_is_good() -> None:
    assert check_content(run_code=False) == []  # `make check-content` runs the code, too


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(KNOWLEDGE_DIR, tmp_path / "knowledge")
    return tmp_path / "knowledge"


FAULTS = [
    (NOTE, "## Distance metrics\n", "## Metrics of distance\n", "no `##` section named 'Distance metrics'"),
    (NOTE, "topic: 5\n", "topic: 6\n", "front matter"),
    (NOTE, "\n## Sharding", "\n![x](y.png)\n\n## Sharding", "raw HTML and images"),
    (NOTE, "\n## Sharding", "\nIt costs $5 a month.\n\n## Sharding", "unbalanced `$`"),
    (NOTE, "\n## Sharding", "\nSee [that](02-rag.md#no-such-section).\n\n## Sharding", "dead link"),
    (NOTE, "\n## Sharding", "\nA claim [Nobody et al., 2031].\n\n## Sharding", "has no definition"),
    (NOTE, "\n## Sharding", "\n## Distance metrics\n\nText.\n\n## Sharding", "the heading repeats"),
    (NOTE, "https://arxiv.org/abs/1603.09320", "https://arxiv.org/abs/1603.00000", "is not in references.yaml"),
    (FURTHER, "topic: 10\n", "topic: 11\n", "10-production.md:1: front matter"),
    (FURTHER, "# LLM Applications in Production\n", "# Production\n", "the `#` heading must be 'LLM Applications in Production'"),
    (FURTHER, "### Failure modes\n", "### What fails\n", "'Company knowledge assistant: a design' has no `### Failure modes`"),
    (BANK, "Explain the tradeoffs in vector quantization", "Explain the tradeoffs", "the roadmap's question is missing"),
    (BANK, "05-vector-databases#", "05-vector-databases#no-such-", "no section"),
    (BANK, "level: expert", "level: guru", "level"),
    ("glossary.yaml", "topics: [1, 7]", "topics: [1, 99]", "a topic that does not exist"),
    ("plans/1-week.md", "../notes/02-rag.md", "../notes/02-rags.md", "dead link"),
]


@pytest.mark.parametrize(("file", "old", "new", "problem"), FAULTS)
def test_a_planted_fault_is_found(copy: Path, file: str, old: str, new: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.content.check_duplicates", lambda _: [])  # needs the model; tested below
    path = copy / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    problems = check_content(copy, run_code=False)
    assert any(problem in p for p in problems), problems


def test_a_key_point_in_too_few_words_is_found(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.content.check_duplicates", lambda _: [])
    path = copy / BANK
    path.write_text(re.sub(r" {6}paraphrases:\n(?: {8}.*\n)+", "      paraphrases: [Once., Once., Twice.]\n", path.read_text(), count=1))
    assert [p for p in check_content(copy, run_code=False) if "different paraphrases" in p]


def test_code_that_prints_something_else_is_found(copy: Path) -> None:
    path = copy / NOTE
    text = path.read_text()
    start = text.index("```output\n") + len("```output\n")
    path.write_text(text[:start] + "something else entirely\n" + text[start:])
    assert any("but the note says" in p for p in check_content(copy, 5))


def test_a_question_asked_twice_is_found(copy: Path) -> None:
    from core.content import Question, parse_yaml
    from evals.content import check_duplicates

    one, two, *_ = parse_yaml(copy / BANK, list[Question])
    assert list(check_duplicates([one, two])) == []
    assert "ask the same" in next(iter(check_duplicates([one, one.model_copy(update={"id": "05-other"})])))


def test_anchors_follow_the_headings() -> None:
    note = parse_note(KNOWLEDGE_DIR / NOTE)
    assert "distance-metrics" in note.lines
    assert "distance-metrics--pitfalls" in note.lines
