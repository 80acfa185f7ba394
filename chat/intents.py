"""What kind of answer a question asks for."""

from __future__ import annotations

import re
from typing import Literal

Depth = Literal["normal", "short", "simple", "deep"]
Intent = Literal["definition", "comparison", "trade_off", "failure", "calculation", "why", "how", "list", "design", "general"]

_RULES: tuple[tuple[Intent, str], ...] = (
    ("calculation", r"\bhow (much|many|large|big|long)\b|\bcalculat|\bcompute the\b|\bestimate\b|\bwork(ed)? (out|example)\b|\bformula\b"),
    ("failure", r"\bfailure modes?\b|\bpitfalls?\b|\bmistakes?\b|\bgo(es)? wrong (with|in)\b|\bhow (do|does|can|could|might) .+ (fail|break)\b|\b(debug|troubleshoot)"),
    ("trade_off", r"\btrade-?\s?offs?\b|\bpros and cons\b|\badvantages?\b|\bdrawbacks?\b|\blimitations?\b|\bdownsides?\b|\brisks?\b|\bshortcomings?\b|\bweakness(es)?\b|"
        r"\bwrong with\b|\bproblems? (with|of)\b|\bwhen (would|should|do|can) (you|i|we|one) not\b|\bwhen not to\b"),
    ("design", r"\bdesign\b|\barchitect (a|an)\b|\bhow (would|do|should) (you|i|we) (build|implement|optimi[sz]e|protect|minimi[sz]e|ensure|fine-?tune|chunk|craft)\b"),
    ("definition", r"^(and |but |so )?how (would|do|can|could|should) (you|i|we) (explain|define|describe)\b(?! (how|why|when)\b)"),
    ("why", r"^(and |but |so )?why\b|\bwhat (is|are) the reasons?\b|\bwhat causes\b"),
    ("how", r"^(and |but |so )?how\b|\bexplain how\b|\bwhat happens\b|\bstep by step\b|\bwalk me through\b"),
    ("list", r"^(list|name|which)\b|\bexamples of\b|\bwhat (are|were) (the|some|common)?\s*(main |different |various |common |key )?(types?|kinds?|ways?|steps?|methods?|techniques?|metrics?|components?|stages?|examples?)\b|\bwhat metrics\b"),
    ("definition", r"^(and |but |so )?(what('s| is| are)|define|explain|describe|tell me about|who|meaning of)\b|^\W*[\w-]+(\s[\w-]+){0,4}\W*$"),
)
_SIDES = (
    r"(?:difference|differences|distinction|comparison|choose|choosing|choice|trade-?offs?) between (?P<sides>.+)",
    r"\bcompar(?:e|ing)(?: and contrast)? (?P<sides>.+)",
    r"\bhow (?:do|does|is|are) (?P<a>.+?) (?:differ|different|differs) from (?P<b>.+)",
    r"(?P<a>.+?) (?:compared? (?:to|with)|as opposed to|rather than|instead of) (?P<b>.+)",
    r"(?P<sides>.+? (?:vs\.?|versus) .+)",
)
_LEAD = re.compile(
    r"^(?:please |can you |could you |would you )*(?:what(?:'s| is| are)|explain|describe|tell me|when (?:should|would|do) (?:i|you|we) (?:use|choose|pick|prefer)|"
    r"when to use|why (?:use|choose)|use|should (?:i|we|you) use|which is better[,:]?|the|a|an|between)\s+", re.IGNORECASE
)
_TAIL = re.compile(r"\s+(?:for|in|when|with|on|at|if|prompting|and when|and why)\b.*$", re.IGNORECASE)


_DEPTHS: tuple[tuple[Depth, str], ...] = (
    ("short", r"(?:(?:the )?(?:answer )?in )?(?:30|thirty) seconds|briefly|in short|tl;?dr|in (?:a|one) (?:sentence|nutshell)|(?:make|keep) (?:it|that|this) short(?:er)?|(?<=: )shorter(?: version)?"),
    ("simple", r"(?:explain (?:that |this |it )?)?(?:simpler|more simply|simply)|in simple(?:r)? (?:terms|words)|(?:like|as if) i(?:'?m| am| was| were) (?:a )?(?:five|5|child|kid|beginner)(?: years? old)?|eli5|for (?:dummies|(?:a |an absolute )?beginners?)|in plain (?:english|language|terms|words)"),
    ("deep", r"go(?:ing)? deeper|deeper|(?:in )?more detail(?:s)?|in (?:depth|detail)|elaborate|tell me more|say more|expand(?: on (?:that|this|it))?"),
)
_TO_WHOM = re.compile(
    r"^(?P<subject>.*\b(?:explain|describe|teach)\b.+?) to (?:an?|my|your|the) (?:(?:complete |absolute )?(?:beginner|newcomer|layperson|child|friend|"
    r"junior(?: \w+)?|grandm(?:a|other)|stakeholder|executive|ceo|client|customer|(?:product |project )?manager)|(?:five|5)[- ]year[- ]old|"
    r"non-?technical (?:\w+ )?\w+)[\s?.!]*$", re.IGNORECASE,
)
DEPTH_WISH = "|".join(pattern for _, pattern in _DEPTHS)


def split_depth(question: str) -> tuple[str, Depth]:
    """The question without a wish at its end or beginning for a shorter, simpler or deeper answer, and that wish.

    >>> split_depth("What is HNSW: go deeper")
    ('What is HNSW', 'deep')
    >>> split_depth("Explain RoPE in simple terms")
    ('Explain RoPE', 'simple')
    """
    found: Depth = "normal"
    if audience := _TO_WHOM.match(question):
        question, found = audience["subject"], "simple"
    while True:
        for depth, pattern in _DEPTHS:
            rest = re.sub(
                rf"[\s:,;(-]+(?:please )?(?:{pattern})(?: please)?[\s)?.!]*$|^(?:{pattern})[\s:,]+", "", question, flags=re.IGNORECASE
            )
            if rest != question and len(rest.split()) > 1:
                question, found = rest.strip(), depth if found == "normal" else found
                break
        else:
            return question, found


def classify(question: str) -> Intent:
    """The kind of answer a question asks for; `comparison` when it names two sides."""
    if len(comparison_sides(question)) > 1:
        return "comparison"
    text = question.strip().lower()
    return next((intent for intent, pattern in _RULES if re.search(pattern, text)), "general")


def comparison_sides(question: str) -> list[str]:
    """The things a question compares, in its order; empty when it compares nothing.

    >>> comparison_sides("What is the difference between HNSW and IVF?")
    ['HNSW', 'IVF']
    """
    text = question.strip().rstrip("?.! ")
    for pattern in _SIDES:
        if match := re.search(pattern, text, re.IGNORECASE):
            groups = match.groupdict()
            raw = [groups["a"], groups["b"]] if "a" in groups else _split_sides(groups["sides"])
            sides = [_tidy(side, last=index == len(raw) - 1) for index, side in enumerate(raw)]
            if len(sides) > 1 and all(side and len(side.split()) <= 6 for side in sides):
                return sides
    return []


def _split_sides(text: str) -> list[str]:
    if re.search(r"\b(?:vs\.?|versus)\s", text, re.IGNORECASE):
        return re.split(r"\s+(?:vs\.?|versus)\s+", text, flags=re.IGNORECASE)
    text = re.sub(r"\s+(?:with|to)\s+", " and ", text, count=1) if " and " not in text else text
    return [part for part in re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+", text) if part]


def _tidy(side: str, last: bool) -> str:
    previous = ""
    while previous != side:
        previous, side = side, _LEAD.sub("", side.strip(" ,;:"))
    return (_TAIL.sub("", side) if last else side).strip(" ,;:")
