"""Questions from sentences that give a reason or say what follows from a condition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.types import Chunk
from practice.generate.reading import prose_sentences, quote_of, without_citations
from practice.generate.sections import Draft, Section
from practice.generate.wording import IMPERATIVE, any_of, ask_why, has_figures, is_heavy, stands_alone, upper_start

_BECAUSE = re.compile(r"^(?P<claim>[^;:]+?),? because (?!of |\$)(?P<reason>.+?)\.?$")
_NOT_A_CLAIM = re.compile(
    r"\b(?:only|simply|just|not)$|\b(?:here|then|either|too)\b|^(?:When|If|With|In one|For \d)\b|"
    r", (?:and|but|so|while|with) |[.!?] |"
    r" is (?:a|an|the) \w+ (?:of|that) |\bth(?:at|ose|is) (?:point|step|way)|\bsteps? \d|"
    r"^[A-Z]\w+ing\b(?!.* (?:is|are|can|\w+s) )"
)
_CONDITION = re.compile(r"^(?P<word>When|If|Without|Once) (?P<condition>[^,;:]{8,140}), (?P<effect>.+)$")
_ROLES = any_of(
    """manager colleague stakeholder lead executive customer team engineer director owner client you reviewer
    researcher sponsor partner"""
)
_PEOPLE = re.compile(rf"^(?:an? |the |your )?(?:[\w-]+ ){{0,2}}(?:{_ROLES})\b")
_CHOICE = re.compile(r"\b(?:choice|prefer\w*|better|should|must|fix(?:es)?|best|right|suits?|wins?|usual|worth|pays?)\b")
MIN_WORDS, MAX_CLAIM_WORDS = 4, 28


def reason_questions(section: Section) -> Iterator[Draft]:
    """`S because R` asks why S holds."""
    for chunk in section.general_chunks():
        for sentence in prose_sentences(chunk.text):
            match = _BECAUSE.match(without_citations(sentence))
            if not match or not _sayable(match["claim"]) or len(match["reason"].split()) < MIN_WORDS:
                continue
            if _NOT_A_CLAIM.search(match["claim"]):
                continue
            yield _draft(section, chunk, sentence, ask_why(match["claim"], section.words), upper_start(match["reason"]) + ".")


def condition_questions(section: Section) -> Iterator[Draft]:
    """`When X, Y` asks what happens, or what one does, when X."""
    for chunk in section.general_chunks():
        for sentence in prose_sentences(chunk.text):
            match = _CONDITION.match(without_citations(sentence))
            if not match or not _sayable(match["condition"]) or len(match["effect"].split()) < MIN_WORDS:
                continue
            if has_figures(match["condition"]):
                continue
            question, kind = _ask_condition(match["word"], match["condition"], match["effect"])
            draft = _draft(section, chunk, sentence, question, upper_start(match["effect"]))
            yield draft if kind is None else Draft(**{**draft.__dict__, "kind": kind})


def _ask_condition(word: str, condition: str, effect: str) -> tuple[str, str | None]:
    if _PEOPLE.match(condition) and word != "Without":
        return f"{upper_start(condition)}. How do you respond?", "behaviour"
    clause = f"{word.lower()} {condition}"
    if IMPERATIVE.match(effect):
        return f"What do you do {clause}?", None
    if _CHOICE.search(effect):
        return f"What would you choose or do {clause}, and why?", None
    return f"What happens {clause}?", None


def _sayable(clause: str) -> bool:
    return (
        stands_alone(clause) and not is_heavy(clause) and MIN_WORDS - 1 <= len(clause.split()) <= MAX_CLAIM_WORDS
    )


def _draft(section: Section, chunk: Chunk, sentence: str, question: str, short_answer: str) -> Draft:
    pitfall = chunk.part_kind in {"Pitfalls", "Failure modes"}
    kind = "debug" if pitfall else "compare" if " vs " in chunk.part else "concept"
    return Draft(
        section, chunk.part, chunk.text, "open", kind, "advanced" if pitfall else "intermediate", question, short_answer,
        (quote_of(sentence),),
    )

