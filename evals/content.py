"""The checker of `knowledge/`: schemas, anchors, coverage, duplicates, lengths, links, runnable code, citations.

    python -m evals.content                    # everything; exit 1 and a list of file:line problems when something is wrong
    python -m evals.content --topic 5          # one topic's notes and questions
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

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
)
from core.errors import ContentError
from core.models import get_query_encoder
from core.settings import load_settings
from evals.asked import check_asked
from evals.notes import LABEL_DEFINITION, LINK, Note, check_note, parse_note, run_code_blocks
from ingest.documents import load_document

MIN_QUESTIONS, MIN_PER_LEVEL, MIN_PER_KIND, MIN_PER_SUBTOPIC = 35, 4, 2, 2
SAME_QUESTION, SAME_QUESTION_AND_ANSWER = 0.84, 0.70  # cosines; the pairs just below were read and differ
MIN_TERMS = 300
MIN_PARAPHRASES = 3
MIN_RESOURCES, MAX_RESOURCES = 6, 10


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
        yield from _check_key_points(where, question)
        words = len(question.answer_2min.split())
        if not 110 <= words <= 320:
            yield f"{where}: answer_2min has {words} words; two spoken minutes are 150 to 260"
    texts = Counter(q.question for q in questions)
    for text in topic.questions:
        if text not in texts:
            yield f"{name}:1: the roadmap's question is missing: {text!r}"
    yield from _check_balance(name, questions, topic)


def _check_key_points(where: str, question: Question) -> Iterator[str]:
    if not any(point.required for point in question.key_points):
        yield f"{where}: at least one key point is required"
    for point in question.key_points:
        if len({point.text, *point.paraphrases}) <= MIN_PARAPHRASES:
            yield f"{where}: {point.text!r} needs {MIN_PARAPHRASES} different paraphrases, each equivalent to it"


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


def check_references(references: tuple[Reference, ...], notes: Sequence[Note]) -> Iterator[str]:
    """Problems of the references: repeated URLs, entries that no note cites."""
    cited = {match[2] for note in notes for match in LABEL_DEFINITION.finditer(note.text)}
    for url, count in Counter(reference.url for reference in references).items():
        if count > 1:
            yield f"references.yaml: {url} stands {count} times"
        if url not in cited:
            yield f"references.yaml: {url} is cited by no note"


def guide_sections(folder: Path) -> dict[str, list[str]]:
    """The `##` headings of the roadmap and of the study plans, by the stem of their files."""
    files = [folder / "roadmap.yaml", *sorted((folder / "plans").glob("*.md"))]
    texts = {file.stem: load_document(file).text for file in files}
    return {stem: re.findall(r"^## (.+)$", text, re.MULTILINE) for stem, text in texts.items()}


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
    further = [parse_note(path) for path in sorted((folder / "notes").glob("*.md")) if path.stem not in slugs.values()]
    everything = [*notes.values(), *further]
    if only is not None and only not in slugs:
        yield f"the roadmap has no topic {only}; it has {min(slugs)} to {max(slugs)}"
    anchors = set(slugs.values()) | {f"{note.path.stem}#{anchor}" for note in everything for anchor in note.lines}
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
        for written in [n for n in everything if n is note or (n in further and n.path.name.startswith(f"{topic.number:02d}-"))]:
            yield from check_note(written, topic, anchors, {r.url for r in references} if references is not None else None)
            if run_code:
                yield from run_code_blocks(written)
        if topic.number in banks:
            yield from check_questions(banks[topic.number], topic, note, anchors, set(ids))
        else:
            yield f"questions/{topic.slug}.yaml: missing"
    if only is None:
        yield from check_duplicates([question for bank in banks.values() for question in bank])
        yield from check_references(references or (), everything)
        yield from check_plans(folder, anchors)
        headings = {note.path.stem: list(note.sections) for note in everything}
        yield from check_asked(folder, {**headings, **guide_sections(folder)})
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
