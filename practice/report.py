"""The report at the end of a mock interview: what was strong, what was missed and where it stands, and what to study next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.content import KNOWLEDGE_DIR, Roadmap, load_roadmap, slugify
from practice.follow_ups import STRONG_SCORE, Bank
from practice.intervals import wilson_interval
from practice.interview_state import Exchange, Interview
from practice.types import Criterion, FoundMisconception, PracticeQuestion
from retrieval.follow_ups import Aim, climb_levels

MAX_STUDY, QUESTIONS_PER_SECTION = 5, 2
LOST = {"contradicted": 1.0, "missed": 1.0, "partly": 0.5}  # of a key point's weight
OTHER_TOPICS = "Your own documents"


@dataclass(frozen=True)
class Score:
    """A mean in [0, 1] with its 95 % interval over a number of questions. `name` is a topic's title, or empty for the whole."""

    name: str
    mean: float
    low: float
    high: float
    questions: int


@dataclass(frozen=True)
class Gap:
    """A key point that was not met, with the evidence of both sides and where it stands in the notes."""

    question: str
    criterion: Criterion
    anchor: str
    section: str


@dataclass(frozen=True)
class Study:
    """A section to read, the key points it would have given, and questions to try afterwards."""

    anchor: str
    section: str
    key_points: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything that was measured. `strengths` are well answered exchanges, `gaps` the heaviest first."""

    interview: Interview
    overall: Score
    topics: tuple[Score, ...]
    strengths: tuple[Exchange, ...]
    gaps: tuple[Gap, ...]
    misconceptions: tuple[FoundMisconception, ...]
    study: tuple[Study, ...]


def build_report(interview: Interview, bank: Bank | None = None, roadmap: Roadmap | None = None) -> Report:
    """The report of an ended interview; a bank adds questions to try next.

    Raises:
        ValueError: the interview still goes on, and the report would give the rubric away.
    """
    if interview.status != "finished":
        raise ValueError("a report needs an ended interview")
    answered = interview.answered
    titles = {topic.number: topic.title for topic in (roadmap or load_roadmap()).topics}
    by_topic: dict[str, list[Exchange]] = {}
    for exchange in answered:
        topic = exchange.question.topic
        by_topic.setdefault(titles.get(topic, OTHER_TOPICS) if topic else OTHER_TOPICS, []).append(exchange)
    gaps = _gaps(answered)
    return Report(
        interview, _score("", answered), tuple(_score(name, group) for name, group in by_topic.items()),
        tuple(sorted((e for e in answered if e.score >= STRONG_SCORE), key=lambda e: -e.score)), gaps,
        tuple(m for e in answered if e.grade for m in e.grade.misconceptions), _study(gaps, answered, bank),
    )


def section_title(anchor: str) -> str:
    """An anchor as a reader knows it: `Vector indexing structures, HNSW vs IVF`."""
    known = _headings().get(anchor)
    if known:
        return known
    return ", ".join(part.replace("-", " ").capitalize() for part in anchor.partition("#")[2].split("--") if part)


def note_link(anchor: str) -> str:
    """Where an anchor stands in the repository: the note's file and the section's heading."""
    stem, _, place = anchor.partition("#")
    return f"knowledge/notes/{stem}.md#{place.split('--')[0]}"


def _score(name: str, exchanges: Sequence[Exchange]) -> Score:
    mean = sum(e.score for e in exchanges) / len(exchanges) if exchanges else 0.0
    low, high = wilson_interval(mean, len(exchanges))
    return Score(name, mean, low, high, len(exchanges))


def _gaps(answered: Iterable[Exchange]) -> tuple[Gap, ...]:
    found = []
    for exchange in answered:
        for criterion in exchange.grade.criteria if exchange.grade else ():
            if criterion.verdict in LOST:
                anchor = criterion.notes_anchor or next(iter(exchange.question.notes), "")
                found.append(Gap(exchange.question.question, criterion, anchor, section_title(anchor)))
    return tuple(sorted(found, key=lambda gap: -_loss(gap)))


def _loss(gap: Gap) -> float:
    """Weight lost; an optional key point counts half, a contradicted one comes before a missed one."""
    c = gap.criterion
    return c.weight * LOST[c.verdict] * (1.0 if c.required else 0.5) + (0.1 if c.verdict == "contradicted" else 0.0)


def _study(gaps: Sequence[Gap], answered: Sequence[Exchange], bank: Bank | None) -> tuple[Study, ...]:
    """Sections in order of what was lost in them."""
    sections: dict[str, list[Gap]] = {}
    for gap in gaps:
        if gap.anchor:
            sections.setdefault(gap.anchor.split("--")[0], []).append(gap)
    worst = sorted(sections.items(), key=lambda item: -sum(_loss(gap) for gap in item[1]))[:MAX_STUDY]
    asked = [e.question for e in answered]
    return tuple(
        Study(anchor, section_title(anchor), tuple(g.criterion.key_point for g in group), _questions(anchor, group, asked, bank))
        for anchor, group in worst
    )


def _questions(anchor: str, gaps: Sequence[Gap], asked: Sequence[PracticeQuestion], bank: Bank | None) -> tuple[str, ...]:
    """Questions on a section near what was missed, the easiest first."""
    if bank is None:
        return ()
    known = {q.id for q in asked}
    aim = Aim(gaps[0].criterion.key_point, tuple(dict.fromkeys((*(g.anchor for g in gaps), anchor))))
    near = [q for q in bank.rank(aim) if q.id not in known and any(n.split("--")[0] == anchor for n in q.notes)]
    return tuple(q.question for q in list(climb_levels(near))[:QUESTIONS_PER_SECTION])


@cache
def _headings(folder: Path = KNOWLEDGE_DIR) -> dict[str, str]:
    """Anchor -> heading path of every section and part of the shipped notes."""
    found: dict[str, str] = {}
    for path in sorted((folder / "notes").glob("*.md")):
        section = ""
        for marks, heading in re.findall(r"^(##|###) (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            section = heading if marks == "##" else section
            if marks == "##":
                found[f"{path.stem}#{slugify(section)}"] = section
            else:
                found[f"{path.stem}#{slugify(section)}--{slugify(heading)}"] = f"{section}, {heading}"
    return found
