"""The checker of one note: its parts, links, citations, formulas, and what its code prints."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from core.content import Topic, slugify

MIN_WORDS, MAX_WORDS = 4000, 7000
CODE_TIMEOUT_SECONDS = 60  # each takes under 2; loaded machines are slow

SECTION_PARTS = ("Pitfalls", "What the interviewer is after")
DESIGN_PARTS = (
    "Requirements", "Capacity arithmetic", "Architecture", "Retrieval and model choices", "Evaluation", "Failure modes", "Cost",
    "What to say in 2, 10 and 45 minutes",
)
FENCE = re.compile(r"^(```+)([^\n]*)\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
LABEL_DEFINITION = re.compile(r"^\[([^\]^]+)\]: +(\S+)\s*$", re.MULTILINE)
LABEL_USE = re.compile(r"\[([^\[\]]*\b(?:1[89]|20)\d\d[a-z]?)\](?![(:])")
LINK = re.compile(r"\[[^\[\]]*\]\(([^)\s]+)\)")
MONEY = re.compile(r"(?<![\\$])\$\d[\d,.]*(?:[kKMB]|\s*(?:per|a|/|million|billion|thousand))\b")


@dataclass
class Note:
    """A parsed note: its sections in order, and where they stand."""

    path: Path
    text: str
    sections: dict[str, list[str]] = field(default_factory=dict)  # `##` heading -> its `###` headings
    lines: dict[str, int] = field(default_factory=dict)  # anchor -> line

    @property
    def prose(self) -> str:
        """The text without front matter, code and link definitions."""
        body = re.sub(r"\A---\n.*?\n---\n", "", self.text, flags=re.DOTALL)
        return LABEL_DEFINITION.sub("", FENCE.sub("", body))


def parse_note(path: Path) -> Note:
    """Read a note's headings. Anchors are `section` and `section--part` (see CONTRIBUTING.md)."""
    note = Note(path, path.read_text(encoding="utf-8"))
    blanked = FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), note.text)
    section = ""
    for number, line in enumerate(blanked.splitlines(), 1):
        if match := re.match(r"(#{2,3}) +(.+?)\s*$", line):
            if match[1] == "##":
                section = match[2]
                note.sections.setdefault(section, [])
                anchor = slugify(section)
            else:
                note.sections.setdefault(section, []).append(match[2])
                anchor = f"{slugify(section)}--{slugify(match[2])}"
            if anchor in note.lines:
                note.lines[f"duplicate {anchor}"] = number
            note.lines[anchor] = number
    return note


def check_note(note: Note, topic: Topic, anchors: set[str], references: set[str] | None) -> Iterator[str]:
    """Problems of one note, each as `file:line: problem`. One whose name is not the topic's slug is a further note on the topic: it has a
    title of its own and need not hold the subtopics."""
    name = note.path.name
    further = note.path.stem != topic.slug
    front = re.match(r"\A---\n(.*?)\n---\n", note.text, re.DOTALL)
    meta = yaml.safe_load(front[1]) if front else {}
    title = meta.get("title") or "(none)" if further else topic.title
    if meta.get("topic") != topic.number or meta.get("title") != title or meta.get("level") != topic.level:
        yield f"{name}:1: front matter must hold topic {topic.number}, title {title!r}, level {topic.level!r}"
    if f"\n# {title}\n" not in note.text:
        yield f"{name}:1: the `#` heading must be {title!r}"
    for subtopic in () if further else topic.subtopics:
        if subtopic.name not in note.sections:
            yield f"{name}:1: no `##` section named {subtopic.name!r} (a subtopic of the roadmap)"
    for anchor, line in note.lines.items():
        if anchor.startswith("duplicate "):
            yield f"{name}:{line}: the heading repeats ({anchor.removeprefix('duplicate ')}); headings are unique"
    words = sum(1 for word in note.prose.split() if any(letter.isalnum() for letter in word))  # not the pipes of tables
    if not MIN_WORDS <= words <= MAX_WORDS:
        yield f"{name}:1: {words} words; a topic has {MIN_WORDS} to {MAX_WORDS}"
    yield from _check_sections(note)
    yield from _check_links(note, anchors)
    yield from _check_citations(note, references)
    yield from _check_formulas(note)


def _line(note: Note, position: int) -> int:
    return note.text.count("\n", 0, position) + 1


def _check_sections(note: Note) -> Iterator[str]:
    if not any("Sources" in parts for parts in note.sections.values()):
        yield f"{note.path.name}:1: no section has a `### Sources` part"
    for match in re.finditer(r"^## +(.+)\n+(?=#)", note.text, re.MULTILINE):
        yield f"{note.path.name}:{_line(note, match.start())}: {match[1]!r} must begin with its two-sentence definition"
    for section, parts in note.sections.items():
        if section.endswith(": a design"):
            missing = [name for name in DESIGN_PARTS if not any(part.startswith(name) for part in parts)]
        else:
            missing = [name for name in SECTION_PARTS if name not in parts]
        for name in missing:
            yield f"{note.path.name}:{note.lines[slugify(section)]}: {section!r} has no `### {name}`"
    if re.search(r"^<[a-zA-Z!/]", note.prose, re.MULTILINE) or "![" in note.prose:
        yield f"{note.path.name}:1: raw HTML and images do not belong in notes"


def _check_links(note: Note, anchors: set[str]) -> Iterator[str]:
    for match in LINK.finditer(FENCE.sub(lambda m: " " * len(m.group(0)), note.text)):
        target = match[1]
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        slug = Path(file).stem if file else note.path.stem
        if (f"{slug}#{anchor}" if anchor else slug) not in anchors:
            yield f"{note.path.name}:{_line(note, match.start())}: dead link {target!r}"


def _check_citations(note: Note, references: set[str] | None) -> Iterator[str]:
    defined = {" ".join(m[1].split()): m for m in LABEL_DEFINITION.finditer(note.text)}
    blanked = FENCE.sub(lambda m: " " * len(m.group(0)), LABEL_DEFINITION.sub(lambda m: " " * len(m.group(0)), note.text))
    used: dict[str, int] = {}
    for match in LABEL_USE.finditer(blanked):
        used.setdefault(" ".join(match[1].split()), _line(note, match.start()))
    for label, line in used.items():
        if label not in defined:
            yield f"{note.path.name}:{line}: citation [{label}] has no definition at the foot of the file"
    for label, match in defined.items():
        if f"[{label}]" not in " ".join(blanked.split()):
            yield f"{note.path.name}:{_line(note, match.start())}: [{label}] is defined but never cited"
        if references is not None and match[2] not in references:
            yield f"{note.path.name}:{_line(note, match.start())}: {match[2]} is not in references.yaml"


def _check_formulas(note: Note) -> Iterator[str]:
    blanked = FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), note.text)
    blanked = re.sub(r"`[^`\n]*`", lambda m: " " * len(m.group(0)), blanked)
    offset = 0
    for paragraph in re.split(r"(\n\s*\n)", blanked):
        if len(re.findall(r"(?<!\\)\$", paragraph)) % 2:
            yield f"{note.path.name}:{_line(note, offset)}: unbalanced `$` (write money as `USD 5`)"
        elif match := MONEY.search(paragraph):
            yield f"{note.path.name}:{_line(note, offset + match.start())}: {match[0]!r} looks like money; write `USD 5`"
        offset += len(paragraph)


def run_code_blocks(note: Note) -> Iterator[str]:
    """Execute each ```python run block on its own and compare what it prints with the ```output block below it."""
    fences = list(FENCE.finditer(note.text))
    jobs = []
    for index, match in enumerate(fences):
        if match[2].split() != ["python", "run"]:
            continue
        line = _line(note, match.start())
        following = fences[index + 1] if index + 1 < len(fences) else None
        if not following or following[2].strip() != "output" or note.text[match.end() : following.start()].strip():
            yield f"{note.path.name}:{line}: a runnable block is followed by an ```output block"
            continue
        jobs.append((line, match[3], following[3]))
    with ThreadPoolExecutor(2) as pool:
        for (line, _, expected), printed in zip(jobs, pool.map(_run_python, [job[1] for job in jobs]), strict=True):
            if printed.rstrip() != expected.rstrip():
                yield f"{note.path.name}:{line}: the block prints\n{printed.rstrip()}\nbut the note says\n{expected.rstrip()}"


def _run_python(code: str) -> str:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-W", "error", "-c", code],
            capture_output=True, text=True, timeout=CODE_TIMEOUT_SECONDS, check=False,
        )
    except subprocess.TimeoutExpired:
        return f"(nothing within {CODE_TIMEOUT_SECONDS} s)"
    return done.stdout if done.returncode == 0 else done.stdout + done.stderr[-500:]
