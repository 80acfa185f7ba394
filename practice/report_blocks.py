"""A report as blocks of text, and the blocks as Markdown; `practice/report_pdf.py` prints the same blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from practice.hints import HINT_COST
from practice.interview_state import Exchange
from practice.report import Gap, Report, Score, note_link, section_title
from practice.types import Criterion

Kind = Literal["title", "heading", "subheading", "text", "bullet", "quote", "row"]
Link = Callable[[str], str]
SHOWN_GAPS = 10  # the transcript has them all
VERDICTS = {
    "met": "✓ met", "partly": "◐ partly", "missed": "✗ missed", "contradicted": "✗ contradicted",
    "unsure": "? unsure, decide yourself",
}
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|$~])")


@dataclass(frozen=True)
class Span:
    """A run of text, perhaps bold, perhaps a link."""

    text: str
    bold: bool = False
    link: str = ""


@dataclass(frozen=True)
class Block:
    """A paragraph, heading, bullet, quotation or table row (one span a cell; the first row is the table's head)."""

    kind: Kind
    spans: tuple[Span, ...]
    depth: int = 0


def to_markdown(report: Report, link: Link = note_link) -> str:
    """The report as Markdown. `link` turns an anchor of the notes into an address. What the learner wrote is shown as written."""
    lines: list[str] = []
    previous: Block | None = None
    for block in to_blocks(report, link):
        together = previous is not None and block.kind == previous.kind and block.kind in {"bullet", "row"}
        if previous is not None and not together:
            lines += [">"] if block.kind == previous.kind == "quote" else [""]
        lines += _markdown_lines(block)
        if block.kind == "row" and not together:
            lines.append("|" + "---|" * len(block.spans))
        previous = block
    return "\n".join(lines) + "\n"


def to_blocks(report: Report, link: Link = note_link) -> Iterator[Block]:
    """The report in reading order."""
    setup, timer = report.interview.setup, report.interview.timer
    yield Block("title", (Span("Mock interview report"),))
    yield _text(
        f"{setup.mix.name}, {setup.level} level, {report.interview.started_at:%d %B %Y}. "
        f"{timer.used_seconds / 60:.0f} of {setup.minutes} minutes, {_count(report.overall.questions, 'question')} answered."
    )
    if not report.overall.questions:
        yield _text("No question was answered, so there is nothing to score yet.")
    else:
        yield from _summary(report, link)
    yield Block("heading", (Span("Transcript"),))
    for number, exchange in enumerate(report.interview.exchanges, 1):
        yield from _transcript(number, exchange, link)
    yield Block("quote", (Span("Interviewer: ", bold=True), Span(report.interview.closing)))


def _summary(report: Report, link: Link) -> Iterator[Block]:
    yield Block("heading", (Span(f"Overall: {report.overall.mean:.0%}"),))
    yield _text(f"With so few questions the range is wide: {_range(report.overall)}. The grades are advice: you decide.")
    yield Block("row", tuple(Span(cell) for cell in ("Topic", "Score", "Range (95 %)", "Questions")))
    for topic in report.topics:
        yield Block("row", tuple(Span(c) for c in (topic.name, f"{topic.mean:.0%}", _range(topic), str(topic.questions))))
    yield Block("heading", (Span("Strengths"),))
    if not report.strengths:
        yield _text("No answer reached 75 % this time. The points that were met are marked in the transcript.")
    for exchange in report.strengths:
        text = f"({exchange.score:.0%}): {exchange.question.question}"
        yield Block("bullet", (Span(f"{exchange.question.subtopic} ", bold=True), Span(text)))
    yield Block("heading", (Span("Gaps"),))
    if not report.gaps:
        yield _text("No key point was missed.")
    for gap in report.gaps[:SHOWN_GAPS]:
        yield from _gap(gap, link)
    if len(report.gaps) > SHOWN_GAPS:
        yield _text(f"{_count(len(report.gaps) - SHOWN_GAPS, 'lighter point')} more: see the transcript.")
    for found in report.misconceptions:
        yield Block("bullet", (Span("Corrected: ", bold=True), Span(f"you said “{found.response_quote}”. {found.correction}")))
    yield from _study_next(report, link)


def _study_next(report: Report, link: Link) -> Iterator[Block]:
    yield Block("heading", (Span("What to study next"),))
    if not report.study:
        yield _text("Go one level up, or choose topics that this interview did not touch.")
    for study in report.study:
        missed = _count(len(study.key_points), "point")
        yield Block("bullet", (Span(study.section, bold=True, link=link(study.anchor)), Span(f": {missed} to pick up there.")))
        for question in study.questions:
            yield Block("bullet", (Span(f"Then try: {question}"),), depth=1)


def _gap(gap: Gap, link: Link) -> Iterator[Block]:
    c = gap.criterion
    where = _place(gap.anchor, gap.section, link)
    yield Block("bullet", (Span(f"{VERDICTS[c.verdict]}: ", bold=True), Span(f"{c.key_point} "), *where))
    if c.response_quote:
        yield Block("bullet", (Span(f"You said: “{c.response_quote}”"),), depth=1)


def _transcript(number: int, exchange: Exchange, link: Link) -> Iterator[Block]:
    question = exchange.question
    yield Block("subheading", (Span(f"{number}. {question.question}"),))
    if exchange.grade is None:
        yield _text(f"{question.subtopic}, {question.level}. Not answered; it does not count.")
    else:
        hints = f", {_count(exchange.hints, 'hint')} (each −{HINT_COST:.0%})" if exchange.hints else ""
        yield _text(f"{question.subtopic}, {question.level}. Score {exchange.score:.0%}{hints}. {exchange.grade.notice}".strip())
    for place, line in enumerate(exchange.lines):
        if line.kind == "question" and place < 2:
            continue  # it is the heading
        who = "Interviewer: " if line.speaker == "interviewer" else "You: "
        yield Block("quote", (Span(who, bold=True), Span(line.text or "(nothing)")))
    for criterion in exchange.grade.criteria if exchange.grade else ():
        yield from _verdict(criterion, link)
    yield Block("text", (Span("In 30 seconds: ", bold=True), Span(question.short_answer)))


def _verdict(c: Criterion, link: Link) -> Iterator[Block]:
    yield Block("bullet", (Span(f"{VERDICTS[c.verdict]}: ", bold=True), Span(c.key_point)))
    if c.response_quote:
        yield Block("bullet", (Span(f"You: “{c.response_quote}”"),), depth=1)
    if c.notes_quote:
        place = _place(c.notes_anchor, section_title(c.notes_anchor), link) if c.notes_anchor else ()
        yield Block("bullet", (Span(f"Notes: “{c.notes_quote}” "), *place), depth=1)


def _place(anchor: str, section: str, link: Link) -> tuple[Span, ...]:
    return (Span("("), Span(section, link=link(anchor)), Span(")")) if anchor else ()


def _markdown_lines(block: Block) -> list[str]:
    text = "".join(_markdown(span) for span in block.spans)
    if block.kind == "row":
        return ["| " + " | ".join(_markdown(span) for span in block.spans) + " |"]
    if block.kind == "quote":
        return [f"> {line}" for line in text.split("\n")]
    mark = {"title": "# ", "heading": "## ", "subheading": "### ", "bullet": "  " * block.depth + "- "}.get(block.kind, "")
    return [mark + " ".join(text.split())]


def _markdown(span: Span) -> str:
    text = _SPECIAL.sub(r"\\\1", span.text)
    if span.bold:
        bare = text.strip()
        text = text.replace(bare, f"**{bare}**") if bare else text
    return f"[{text}]({span.link})" if span.link else text


def _text(text: str) -> Block:
    return Block("text", (Span(text),))


def _range(score: Score) -> str:
    return f"{score.low:.0%} to {score.high:.0%}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
