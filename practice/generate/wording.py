"""How a question may be worded: what stands alone, what is trivia about the document, and small rewrites of sentences."""

from __future__ import annotations

import re
from collections.abc import Container

from practice.generate.reading import without_citations


def any_of(words: str) -> str:
    """A pattern that matches any of the words."""
    return "|".join(words.split())


_POINTERS = any_of(
    """it its this that these those they their them he she such both here there one another others? first second third
    fourth fifth sixth seventh finally then however but and or so also instead therefore hence"""
)
_VAGUE_NOUNS = any_of(
    """same former latter above example results? lesson last first second third other next total formula figure gain
    cause alternative estimate rest simplest answer question point case authors? paper idea steps? method fix
    difference reason distinction pair curse independence recipe experiment checks? policy product design variants?"""
)
_DANGLING_START = re.compile(
    rf"^\W*(?:{_POINTERS}|for (?:example|instance)|in (?:this|that|the example)|(?:the|an?) (?:{_VAGUE_NOUNS}))\b|^beyond that",
    re.IGNORECASE,
)
_DANGLING_INSIDE = re.compile(
    r"\b(?:the (?:former|latter|two(?= [a-z]+(?:s|ee)?\b))|as (?:above|before|we saw)|in this (?:case|way)|"
    r"(?:described|shown|listed|given) (?:above|below|earlier)|(?<!of )th(?:is|ese|ose) \w+|such an?|therefore|"
    r"that (?:study|experiment|case|paper|example|size))\b",
    re.IGNORECASE,
)
_DOCUMENT_PARTS = any_of("notes? sections? chapters? documents? tables? pages? articles?")
_TRIVIA = re.compile(
    rf"https?://|www\.|\b(?:arxiv|doi|et al|interviewers?|the (?:authors?|paper)|as of|"
    rf"authors? (?:report|show|argue)|worked example|(?:in|of) the (?:table|figure|list|example)|"
    rf"(?:section|figure|table|chapter) \d|"
    rf"this (?:{_DOCUMENT_PARTS})|(?:these|the|your) (?:{_DOCUMENT_PARTS}) "
    r"(?:says?|lists?|above|below|describes?|covers?|shows?|is about)|"
    r"(?:19[5-9]\d|20[0-3]\d)(?! (?:tokens|dimensions|vectors|queries)))\b",
    re.IGNORECASE,
)
_KEEPS_CASE = re.compile(r"^\W*(?:\w*[A-Z]\w*[A-Z]|\w*\d|[A-Z]\b(?!\s))")
_FUNCTION_WORDS = frozenset(
    """A An The Every Each Any All Some Many Most More Few No Not Only When If Without With In On At For By Using Because
    While Where Whether To Of From What Why How Which Does Do Is Are True Two Three Four Five Six Ten""".split()
)
_INVERTIBLE = re.compile(
    r"^(?P<subject>[^,;:()]{2,70}?) (?P<verb>is|are|was|were|can|cannot|must|should|will|has to|does not|do not) (?P<rest>.+)$"
)
_ORDERS = any_of(
    """add agree answer ask attach check choose cite compare cut decline define do explain fix freeze give inspect
    keep label leave look lower make map measure name offer open pin point prefer propose put raise recommend reduce
    replace report reproduce rerun run sample say send set show split start state stop suggest switch test treat try
    use write"""
)
IMPERATIVE = re.compile(
    rf"^(?:first |then |also |always |never )?(?:{_ORDERS}) (?!(?:is|are|was|can|must|of|in|for|on|by|to|and)\b)"
)
_NOUN_FIRST = re.compile(r"^\w+ [\w-]+ (?:is|are|was|were|can|must|should|will)\b")
_SECOND_VERB = re.compile(r"\bbut\b|\band (?:\w+s|\w+ly)\b|\band\b[^,]* (?:is|are|can|fails?|must|should|will)\b")
_REGULAR_VERBS = any_of(  # their third person is the stem and an s
    """matter work need help fail break cost suit improve reduce lower hide overstate counteract shrink dominate scale
    beat overfit raise hurt leave keep lose give inflate return"""
)
_VERBAL = re.compile(rf"^(?P<subject>[^,;:()]{{2,60}}?) (?P<verb>{_REGULAR_VERBS})s\b(?P<rest>.*)$")
_PLURAL_VERBAL = re.compile(r"^(?P<subject>(?:[\w-]+ ){0,3}\w+s) (?P<verb>work|matter|fail)$")
_NAME = re.compile(r"`|\b\w*[A-Z]\w*[A-Z]\w*\b|(?<=[a-z,] )[A-Z][a-z]+|\b[A-Z]+\d|@k\b")
_WORD = re.compile(r"[a-z][a-z-]{2,}")
_SELF_CONTAINED = re.compile(r"^Which of|How do you respond\?$")
_VAGUE = frozenset(
    """how and for the what why when with not step design trade-offs pitfalls works example does from vs should choose
    models model llm
    system systems large high-level numbers used using use data""".split()
)
_INVERTED = {
    "cannot": ("can", "not "), "does not": ("does", "not "), "do not": ("do", "not "), "has to": ("does", "have to "),
}
_CLAUSE = re.compile(r"\b(?:that|which|who|when|if|whose|where|because|and|but|or|while|than)\b")


def stands_alone(sentence: str) -> bool:
    """True when a sentence names its subject and points at nothing outside itself."""
    text = without_citations(sentence)
    balanced = text.count('"') % 2 == 0 and text.count("(") == text.count(")") and text.count("`") % 2 == 0
    return bool(text) and balanced and not _DANGLING_START.search(text) and not _DANGLING_INSIDE.search(text)


def is_trivia(text: str) -> bool:
    """True when a text asks about a document (its sections, authors, years, addresses) rather than about the subject."""
    return bool(_TRIVIA.search(text))


def is_heavy(text: str) -> bool:
    """True when a text carries too many formulas to be said aloud, or ones that are long."""
    formulas = re.findall(r"\$[^$]+\$", text)
    return len(formulas) > 2 or any(len(f) > 24 or "\\" in f for f in formulas)


def has_figures(text: str) -> bool:
    """True when a text holds digits outside code and names such as `BM25`."""
    return bool(re.search(r"(?<![\w@-])\d", re.sub(r"`[^`]*`", "", text)))


def lower_start(text: str, words: Container[str]) -> str:
    """The text with a small first letter, unless its first word is a name: one that is not among the small-letter `words`."""
    word = re.match(r"[A-Za-z]+(?:-[A-Za-z]+)*", text)
    if not word or _KEEPS_CASE.match(text) or (word[0] not in _FUNCTION_WORDS and re.match(r" [A-Z]", text[len(word[0]) :])):
        return text
    small = word[0][0].lower() + word[0][1:]
    if word[0].endswith("ing"):
        return small + text[len(word[0]) :]
    known = small in words or word[0] in _FUNCTION_WORDS or (small.islower() and small.partition("-")[0] in words)
    return small + text[len(word[0]) :] if known else text


def upper_start(text: str) -> str:
    """The text with a capital first letter, unless it starts with code or a formula."""
    return text[:1].upper() + text[1:]


def is_order(text: str) -> bool:
    """True when a text tells the reader to do something: `Report both`, not `Test environments are simulators`."""
    return bool(IMPERATIVE.match(_small(text))) and not _NOUN_FIRST.match(text)


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def ask_why(claim: str, words: Container[str]) -> str:
    """A claim as a why-question: inverted when its verb is plain to see, else the claim followed by `Why?`.

    >>> ask_why("Queries are not cached", {"queries"})
    'Why are queries not cached?'
    """
    claim = claim.rstrip(" .,")
    if is_order(claim):
        return f"Why {_small(claim)}?"
    match = _INVERTIBLE.match(claim)
    if plural := _PLURAL_VERBAL.match(claim):
        return f"Why do {lower_start(plural['subject'], words)} {plural['verb']}?"
    verbal = _VERBAL.match(claim)
    if verbal and not _CLAUSE.search(verbal["subject"]) and not _SECOND_VERB.search(verbal["rest"]):
        return f"Why does {lower_start(verbal['subject'], words)} {verbal['verb']}{verbal['rest']}?"
    if not match or _CLAUSE.search(match["subject"]) or _SECOND_VERB.search(match["rest"]):
        return f"{claim}. Why?"
    before, after = _INVERTED.get(match["verb"], (match["verb"], ""))
    return f"Why {before} {lower_start(match['subject'], words)} {after}{match['rest']}?"


def in_context(question: str, section: str, part: str, words: Container[str]) -> str:
    """The question, headed by its section's name when nothing in it says what it is about.

    >>> in_context("What happens when memory is tight?", "Vector search", "", set())
    'Vector search: what happens when memory is tight?'
    """
    topic = {w[:5] for w in _WORD.findall(f"{section} {part}".lower()) if w not in _VAGUE}
    named = topic & {w[:5] for w in _WORD.findall(question.lower())}
    if named or _NAME.search(question) or _SELF_CONTAINED.search(question):
        return question
    return f"{section}: {lower_start(question, words)}"
