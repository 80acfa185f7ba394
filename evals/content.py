"""The checker of `knowledge/`: schemas, anchors, coverage, duplicates, lengths, links, runnable code, citations.

    python -m evals.content                    # everything; exit 1 and a list of file:line problems when something is wrong
    python -m evals.content --topic 5          # one topic's notes and questions
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from core.content import (
    KNOWLEDGE_DIR,
    GlossaryTerm,
    Question,
    Reference,
    Resource,
    Roadmap,
    Topic,
    load_roadmap,
    parse_yaml,
    slugify,
)
from core.errors import ContentError
from core.models import get_query_encoder
from core.settings import load_settings
from evals.asked import check_asked

MIN_WORDS, MAX_WORDS = 4000, 7000
MIN_QUESTIONS, MIN_PER_LEVEL, MIN_PER_KIND, MIN_PER_SUBTOPIC = 35, 4, 2, 2
SAME_QUESTION, SAME_QUESTION_AND_ANSWER = 0.84, 0.70  # cosines; the pairs just below were read and differ
MIN_TERMS = 300
MIN_RESOURCES, MAX_RESOURCES = 6, 10
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
    """Problems of one note, each as `file:line: problem`."""
    name = note.path.name
    front = re.match(r"\A---\n(.*?)\n---\n", note.text, re.DOTALL)
    meta = yaml.safe_load(front[1]) if front else {}
    if meta.get("topic") != topic.number or meta.get("title") != topic.title or meta.get("level") != topic.level:
        yield f"{name}:1: front matter must hold topic {topic.number}, title {topic.title!r}, level {topic.level!r}"
    if f"\n# {topic.title}\n" not in note.text:
        yield f"{name}:1: the `#` heading must be {topic.title!r}"
    for subtopic in topic.subtopics:
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
        if note.path.stem.startswith("15-") and section.endswith("a design"):
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


def check_questions(
    questions: list[Question], topic: Topic, note: Note | None, anchors: set[str], known_ids: set[str]
) -> Iterator[str]:
    """Problems of one topic's question bank."""
    name = f"questions/{topic.slug}.yaml"
    if len(questions) < MIN_QUESTIONS:
        yield f"{name}:1: {len(questions)} questions; a topic has at least {MIN_QUESTIONS}"
    for question in questions:
        where = f"{name}: {question.id}"
        if question.topic != topic.number or not question.id.startswith(f"{topic.number:02d}-"):
            yield f"{where}: belongs to topic {topic.number} and its id starts with {topic.number:02d}-"
        if note and question.subtopic not in note.sections:
            yield f"{where}: subtopic {question.subtopic!r} is no `##` section of {note.path.name}"
        for anchor in question.notes:
            if anchor not in anchors:
                yield f"{where}: no section {anchor!r}"
        for follow_up in question.follow_ups:
            if re.fullmatch(r"\d\d-[a-z0-9-]+", follow_up) and follow_up not in known_ids:
                yield f"{where}: follow-up {follow_up!r} is no question of the bank"
        if not any(point.required for point in question.key_points):
            yield f"{where}: at least one key point is required"
        words = len(question.answer_2min.split())
        if not 110 <= words <= 320:
            yield f"{where}: answer_2min has {words} words; two spoken minutes are 150 to 260"
    texts = Counter(q.question for q in questions)
    for text in topic.questions:
        if text not in texts:
            yield f"{name}:1: the roadmap's question is missing: {text!r}"
    yield from _check_balance(name, questions, topic)


def _check_balance(name: str, questions: list[Question], topic: Topic) -> Iterator[str]:
    levels, kinds = Counter(q.level for q in questions), Counter(q.kind for q in questions)
    subtopics = Counter(q.subtopic for q in questions)
    for level in ("beginner", "intermediate", "advanced", "expert"):
        if levels[level] < MIN_PER_LEVEL:
            yield f"{name}:1: {levels[level]} questions of level {level}; at least {MIN_PER_LEVEL}"
    for kind in ("concept", "compare", "calculate", "debug", "design", "behaviour"):
        if kinds[kind] < MIN_PER_KIND:
            yield f"{name}:1: {kinds[kind]} questions of kind {kind}; at least {MIN_PER_KIND}"
    for subtopic in topic.subtopics:
        if subtopics[subtopic.name] < MIN_PER_SUBTOPIC:
            yield f"{name}:1: {subtopics[subtopic.name]} questions on {subtopic.name!r}; at least {MIN_PER_SUBTOPIC}"


def check_duplicates(questions: list[Question]) -> Iterator[str]:
    """Pairs of questions that mean the same, by the embeddings of the questions and of their short answers.

    The roadmap's own wording may sit close to another of its questions ("vector" and "model" quantization), so a pair counts
    when the questions are nearly the same, or when questions and answers are both close.
    """
    if len(questions) < 2:
        return
    encoder = get_query_encoder(load_settings())
    asked = encoder.encode([question.question for question in questions])
    answered = encoder.encode([question.answer_30s for question in questions])
    same_question = asked @ asked.T
    both = np.minimum(same_question, answered @ answered.T)
    for i, j in np.argwhere(np.triu((same_question >= SAME_QUESTION) | (both >= SAME_QUESTION_AND_ANSWER), 1)):
        yield (
            f"questions: {questions[i].id} and {questions[j].id} ask the same "
            f"(questions {same_question[i, j]:.2f}, with answers {both[i, j]:.2f})"
        )


def check_glossary(terms: tuple[GlossaryTerm, ...], roadmap: Roadmap) -> Iterator[str]:
    """Problems of the glossary: size, repeated names, topics that do not exist."""
    if len(terms) < MIN_TERMS:
        yield f"glossary.yaml:1: {len(terms)} terms; at least {MIN_TERMS}"
    for term, count in Counter(term.term.lower() for term in terms).items():
        if count > 1:
            yield f"glossary.yaml: {term!r} is defined {count} times"
    numbers = {topic.number for topic in roadmap.topics}
    for term_ in terms:
        if not set(term_.topics) <= numbers:
            yield f"glossary.yaml: {term_.term!r} names a topic that does not exist"


def check_resources(resources: tuple[Resource, ...], roadmap: Roadmap) -> Iterator[str]:
    """Problems of the resources: how many a topic, repeated URLs within one."""
    for topic in roadmap.topics:
        urls = [resource.url for resource in resources if resource.topic == topic.number]
        if not MIN_RESOURCES <= len(urls) <= MAX_RESOURCES:
            yield f"resources.yaml: topic {topic.number} has {len(urls)} entries; {MIN_RESOURCES} to {MAX_RESOURCES}"
        if len(set(urls)) != len(urls):
            yield f"resources.yaml: topic {topic.number} lists a URL twice"


def check_references(references: tuple[Reference, ...], notes: dict[int, Note]) -> Iterator[str]:
    """Problems of the references: repeated URLs, entries that no note cites."""
    cited = {match[2] for note in notes.values() for match in LABEL_DEFINITION.finditer(note.text)}
    for url, count in Counter(reference.url for reference in references).items():
        if count > 1:
            yield f"references.yaml: {url} stands {count} times"
        if url not in cited:
            yield f"references.yaml: {url} is cited by no note"


def check_plans(folder: Path, anchors: set[str]) -> Iterator[str]:
    """Problems of the study plans: the three exist, and their links lead somewhere."""
    for name in ("1-week", "1-month", "3-months"):
        path = folder / "plans" / f"{name}.md"
        if not path.exists():
            yield f"plans/{name}.md: missing"
            continue
        for target in LINK.findall(path.read_text(encoding="utf-8")):
            file, _, anchor = target.partition("#")
            slug = Path(file).stem
            if not target.startswith("http") and (f"{slug}#{anchor}" if anchor else slug) not in anchors:
                yield f"plans/{name}.md: dead link {target!r}"


def check_content(folder: Path = KNOWLEDGE_DIR, topic_number: int | None = None, references_file: Path | None = None,
                  run_code: bool = True) -> list[str]:
    """All problems of a knowledge folder (or of one topic's notes and questions), as readable lines; none means good."""
    problems: list[str] = []
    try:
        problems.extend(_check_all(folder, topic_number, references_file, run_code))
    except ContentError as error:
        problems.append(error.explain())
    return problems


def _check_all(folder: Path, only: int | None, references_file: Path | None, run_code: bool) -> Iterator[str]:
    roadmap = load_roadmap(folder)
    notes = {
        topic.number: parse_note(folder / "notes" / f"{topic.slug}.md")
        for topic in roadmap.topics
        if (folder / "notes" / f"{topic.slug}.md").exists()
    }
    slugs = {topic.number: topic.slug for topic in roadmap.topics}
    anchors = set(slugs.values()) | {f"{slugs[n]}#{anchor}" for n, note in notes.items() for anchor in note.lines}
    references_path = references_file or folder / "references.yaml"
    references: tuple[Reference, ...] | None = (
        parse_yaml(references_path, tuple[Reference, ...]) if references_path.exists() else None
    )
    banks: dict[int, list[Question]] = {}
    for topic in roadmap.topics:
        path = folder / "questions" / f"{topic.slug}.yaml"
        if path.exists() and only in (None, topic.number):
            banks[topic.number] = parse_yaml(path, list[Question])
    ids = Counter(question.id for bank in banks.values() for question in bank)
    yield from (f"questions: id {id_!r} stands {count} times" for id_, count in ids.items() if count > 1)
    for topic in roadmap.topics:
        if only not in (None, topic.number):
            continue
        note = notes.get(topic.number)
        if note is None:
            yield f"notes/{topic.slug}.md: missing"
        else:
            yield from check_note(note, topic, anchors, {r.url for r in references} if references is not None else None)
            if run_code:
                yield from run_code_blocks(note)
        if topic.number in banks:
            yield from check_questions(banks[topic.number], topic, note, anchors, set(ids))
        else:
            yield f"questions/{topic.slug}.yaml: missing"
    if only is None:
        yield from check_duplicates([question for bank in banks.values() for question in bank])
        yield from check_references(references or (), notes)
        yield from check_plans(folder, anchors)
        yield from check_asked(folder, {slugs[number]: list(note.sections) for number, note in notes.items()})
        yield from check_resources(parse_yaml(folder / "resources.yaml", tuple[Resource, ...]), roadmap)
        yield from check_glossary(parse_yaml(folder / "glossary.yaml", tuple[GlossaryTerm, ...]), roadmap)


def main(arguments: list[str] | None = None) -> int:
    """Print the problems; the exit status is 1 when there are any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--topic", type=int, help="only this topic's notes and questions")
    parser.add_argument("--references", type=Path, help="a references file to check against")
    parser.add_argument("--no-code", action="store_true", help="do not run the notes' Python")
    options = parser.parse_args(arguments)
    problems = check_content(topic_number=options.topic, references_file=options.references, run_code=not options.no_code)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems" if problems else "content is good", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
