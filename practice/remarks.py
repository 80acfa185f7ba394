"""What a response in an interview is: an answer, or a remark that a calm interviewer replies to without grading it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from retrieval.follow_ups import jaccard
from retrieval.lexical import tokenize

Remark = Literal["answer", "empty", "pass", "hint", "repeat_question", "rubric", "injection", "hostile", "repeated"]
ANSWER_TERMS = {"rubric": 8, "injection": 8, "pass": 4, "hostile": 4}  # so many terms besides the remark make it an answer
DEFAULT_ANSWER_TERMS = 6
REPEATED_SHARE = 0.9  # Jaccard overlap with an earlier response
MIN_REPEATED_TERMS = 4
_SENTENCE = re.compile(r"(?<=[.!?\n])\s+")
_START = r"^(?:(?:so|ok(?:ay)?|well|please|now|hey|hi|hello|sorry|just|then|but|and|i said)[\s,:!.]+)*"
_PATTERNS: tuple[tuple[Remark, tuple[str, ...]], ...] = (
    ("rubric", (
        r"\b(?:show|tell|give|reveal|print|share|list|read|send|repeat|what(?:'s| is| are)|where(?:'s| is| are))\b.{0,40}\b"
        r"(?:rubric|key points?|model answer|reference answers?|marking scheme|scoring|correct answers?|right answers?|"
        r"the solutions?|answer key|grading criteria|your (?:notes|instructions|prompt|criteria)|system prompt|"
        r"my (?:score|grade)|the answer\b(?! is))",
        r"\bwhat (?:do|are|would) you (?:want|look(?:ing)?|expect|like) (?:me |to hear|for)",
        r"\bhow (?:did|am|do) i (?:do(?:ing)?|score)\b",
    )),
    ("injection", (
        _START + r"(?:ignore|disregard|forget|override) (?:all |any |every |the |your |my |these |those )*"
        r"(?:previous|prior|earlier|above|former|instructions?|rules?|prompts?|guidelines)\b",
        _START + r"(?:you are now|from now on,? you|act as|pretend|system ?:|new instructions?)",
        r"^(?:please )?(?:give|award|grant|mark|rate|score) (?:me|this|my|it|the)\b.{0,40}\b"
        r"(?:full|max(?:imum)?|perfect|top|highest|100|10|all)\b",
    )),
    ("hint", (
        r"\b(?:give|have|get|need|want|take|use)\b.{0,20}\bhints?\b", r"^hint\W*$", r"\ba (?:clue|hint),? please",
    )),
    ("repeat_question", (
        r"\b(?:repeat|say|read|ask|rephrase|clarify)\b.{0,15}\b(?:question|that again|it again|again)\b",
        r"^(?:pardon|sorry)\W*$",
    )),
    ("pass", (
        r"^(?:i )?(?:(?:really |honestly )?(?:do not|don'?t|dont) know|have no idea|am not sure|can(?:no|')t say)\b",
        r"^idk\b", r"^no (?:idea|clue)\b", r"^next(?: question)?(?:,? please)?\W*$",
        r"^(?:i'?(?:ll| will| would)? ?(?:like to )?)?(?:pass|skip)\b",
    )),
    ("hostile", (
        r"\b(?:stupid|idiot(?:ic)?|moron|dumb|useless|pathetic|shut up|screw you|waste of (?:my )?time|hate (?:you|this)|"
        r"ridiculous|f+u+c+k\w*|s+h+i+t+\w*|bullshit|crap|asshole|damn you|go to hell)\b",
    )),
)
_COMPILED = tuple((remark, re.compile("|".join(patterns), re.IGNORECASE)) for remark, patterns in _PATTERNS)


def read_remark(response: str, earlier: Iterable[str] = ()) -> Remark:
    """What a response is. Words of attack inside an answer (a question may be about them) leave it an answer.

    `earlier` are the learner's responses to other questions: the same words again are `repeated`.
    """
    terms = set(tokenize(response))
    if not terms and not any(c.isalnum() for c in response):
        return "empty"
    kept: list[str] = []
    found: Remark | None = None
    for sentence in _SENTENCE.split(response.strip()):
        remark, pattern = next(((r, p) for r, p in _COMPILED if p.search(sentence)), (None, None))
        found = found or remark
        kept.append(pattern.sub(" ", sentence) if pattern else sentence)
    if found and len(set(tokenize(" ".join(kept)))) < ANSWER_TERMS.get(found, DEFAULT_ANSWER_TERMS):
        return found
    if len(terms) >= MIN_REPEATED_TERMS and any(jaccard(terms, set(tokenize(text))) >= REPEATED_SHARE for text in earlier):
        return "repeated"
    return "answer"
