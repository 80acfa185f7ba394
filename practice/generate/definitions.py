"""Questions from sentences of the form `X is a …`: what X is, and which term a definition belongs to."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.types import Chunk
from practice.generate.reading import prose_sentences, quote_of, without_citations
from practice.generate.sections import Draft, Section
from practice.generate.wording import any_of, is_heavy, is_trivia, lower_start, stands_alone, upper_start

_DEFINITION = re.compile(
    r"^(?P<article>An? |The )?(?P<term>[A-Za-z`][\w`@^*+/ -]{1,50}?(?: \([A-Z][\w -]{1,40}\))?) (?P<verb>is|are) "
    r"(?P<body>(?:an?|the) .{25,})$"
)
_NO_TERM_WORDS = any_of(
    """is are that which who when with it one result cause fix step stage gain price alternative difference reason
    goal point answer question example option choice part rest most some each every all no not this these their its
    there here both what raw useful common typical conflicting separate good own mitigations? design"""
)
_NOT_A_TERM = re.compile(rf"\b(?:of the|training an|{_NO_TERM_WORDS})\b", re.IGNORECASE)
_JUDGEMENTS = any_of(
    """choice default problem reason answer fix baseline standard same best better right most only usual common main
    first second strongest weakest simplest natural safe stronger safer cheapest mistake result price cost case wrong
    balance average opposite kind"""
)
_NOT_A_DEFINITION = re.compile(rf"^(?:an?|the) (?:[\w-]+ ){{0,2}}(?:{_JUDGEMENTS})\b|, (?:and|but|while) [\w -]+ (?:is|are) ")
OPTIONS = 4
MIN_BODY_WORDS, MAX_BODY_WORDS = 6, 45


@dataclass(frozen=True)
class Definition:
    """A term and the sentence that defines it. `body` is what follows `is`."""

    term: str
    article: str
    verb: str
    body: str
    sentence: str
    section: Section
    chunk: Chunk


def definitions_in(sections: Sequence[Section]) -> list[Definition]:
    """The definitions that sections give, one a term."""
    found: dict[str, Definition] = {}
    for section in sections:
        for chunk in section.general_chunks():
            for sentence in prose_sentences(chunk.text):
                definition = _read(section, chunk, sentence)
                if definition:
                    found.setdefault(_key(definition.term), definition)
    return list(found.values())


def _read(section: Section, chunk: Chunk, sentence: str) -> Definition | None:
    text = without_citations(sentence)
    match = _DEFINITION.match(text)
    if not match or not stands_alone(text) or is_trivia(text) or is_heavy(text):
        return None
    term, article, body = match["term"].strip(), (match["article"] or "").strip(), match["body"]
    if len(term.split()) > 5 or _NOT_A_TERM.search(term) or _NOT_A_DEFINITION.search(body):
        return None
    if not _is_term(term, section) or (article == "The" and " " not in term and term.lower() not in section.terms):
        return None
    return Definition(term, article, match["verb"], body, sentence, section, chunk)


def _is_term(term: str, section: Section) -> bool:
    """Headings, glossary entries and names are terms; in a document without a topic, so is what is spoken of again."""
    bare = re.sub(r" \([^)]*\)", "", term)
    known = {bare.lower(), bare.lower().removesuffix("s"), term.lower()} & section.terms
    if known or _is_heading(term, section) or re.fullmatch(r"`\w+`|[\w@^-]*[A-Z][\w@^-]*[A-Z@\d][\w@^-]*", bare):
        return True
    return section.topic is None and section.text.lower().count(bare.lower()) > 1


def _is_heading(term: str, section: Section) -> bool:
    words = set(_key(term).split())
    return words <= set(_key(" ".join([section.name, *section.parts()])).split())


def _key(term: str) -> str:
    return " ".join(word.rstrip("s") for word in re.findall(r"[a-z0-9@^]+", re.sub(r"\([^)]*\)", "", term).lower()))


def definition_questions(section: Section) -> Iterator[Draft]:
    """What is X? The key points are the defining sentence and, right below a section's heading, the one after it."""
    for d in definitions_in([section]):
        name = lower_start(f"{d.article} {d.term}" if d.article else d.term, section.words)
        sentences = prose_sentences(d.chunk.text)
        follow = sentences[1:2] if not d.chunk.part and sentences[0] == d.sentence and len(sentences) > 1 else []
        quotes = tuple(quote_of(s) for s in (d.sentence, *follow) if not s.startswith(("Interviewers", "The interviewer")))
        yield Draft(
            section, d.chunk.part, d.chunk.text, "open", "concept", "beginner", f"What {d.verb} {name}?",
            without_citations(d.sentence), quotes,
        )


def term_questions(section: Section, known: Sequence[Definition]) -> Iterator[Draft]:
    """Which term fits this definition? Distractors are other terms that the notes define, nearest sections first."""
    for d in definitions_in([section]):
        body = re.split(r"[;:]", d.body)[0].rstrip(". ")
        if not MIN_BODY_WORDS <= len(body.split()) <= MAX_BODY_WORDS or _leaks(d.term, body):
            continue
        others = [o for o in known if o.verb == d.verb and _may_distract(o, d)]
        others.sort(key=lambda o: (o.section.name != section.name, o.section.document != section.document))
        near = others[:9]
        rng = random.Random(d.sentence)  # noqa: S311 - a stable choice, not a secret
        if len(near) < OPTIONS - 1:
            continue
        options = [upper_start(x.term) for x in (d, *rng.sample(near, OPTIONS - 1))]
        right = options[0]
        rng.shuffle(options)
        yield Draft(
            section, d.chunk.part, d.chunk.text, "multiple_choice", "concept", "beginner",
            f'Which of these terms is defined as "{body}"?', f"{right}.", (quote_of(d.sentence),), tuple(options),
            options.index(right),
        )


def _leaks(term: str, body: str) -> bool:
    stems = {word[:5] for word in _key(term).split() if len(word) > 2}
    return bool(stems & {word[:5] for word in _key(body).split()})


def _may_distract(other: Definition, right: Definition) -> bool:
    """Another term may be offered when neither name is part of the other and the definitions do not mention each
    other's term."""
    mine, theirs = _key(right.term), _key(other.term)
    if set(mine.split()) & set(theirs.split()):
        return False
    return theirs not in _key(right.body) and mine not in _key(other.body)
