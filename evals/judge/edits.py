"""Planted faults: one minimal edit of a sentence that makes it false."""

from __future__ import annotations

import random
import re

_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(?![\w.]*\d)")
_OPPOSITES = [
    ("more", "less"), ("higher", "lower"), ("larger", "smaller"), ("increases", "decreases"), ("raises", "lowers"), ("before", "after"),
    ("faster", "slower"), ("always", "never"), ("first", "last"), ("most", "few"), ("high", "low"), ("large", "small"), ("best", "worst"),
    ("improves", "worsens"), ("minimum", "maximum"), ("input", "output"), ("longer", "shorter"), ("better", "worse"),
    ("cheaper", "costlier"), ("reduces", "increases"), ("above", "below"), ("precision", "recall"), ("query", "document"), ("supervised", "unsupervised"),
    ("encoder", "decoder"), ("linear", "quadratic"), ("positive", "negative"), ("true", "false"), ("keys", "queries"), ("training", "inference"),
    ("memory-bound", "compute-bound"), ("sparse", "dense"), ("left", "right"), ("every", "no"), ("only", "not only"),
    ("multiply", "divide"), ("multiplies", "divides"), ("multiplied", "divided"), ("add", "subtract"), ("adds", "subtracts"), ("agree", "disagree"),
    ("increase", "decrease"), ("rises", "falls"), ("grows", "shrinks"), ("grow", "shrink"), ("least", "most"), ("with", "without"),
    ("same", "opposite"), ("all", "none of the"), ("some", "no"), ("both", "neither of the"), ("early", "late"), ("start", "end"), ("begins", "ends"),
    ("keeps", "drops"), ("keep", "drop"), ("allow", "forbid"), ("allows", "forbids"), ("possible", "impossible"), ("easy", "hard"), ("easier", "harder"),
    ("online", "offline"), ("forward", "backward"), ("user", "system"), ("client", "server"), ("row", "column"), ("rows", "columns"),
    ("prefill", "decoding"), ("lexical", "semantic"), ("local", "global"), ("static", "dynamic"), ("random", "fixed"), ("exact", "approximate"),
    ("numerator", "denominator"), ("sum", "product"), ("accept", "reject"), ("accepts", "rejects"), ("above", "under"), ("upper", "lower"),
    ("top", "bottom"), ("wide", "narrow"), ("short", "long"), ("old", "new"), ("many", "few"), ("fewer", "more"), ("fast", "slow"), ("cheap", "expensive"),
    ("trained", "frozen"), ("shared", "separate"), ("cause", "prevent"), ("causes", "prevents"), ("depends on", "is independent of"), ("helps", "hurts"),
    ("succeeds", "fails"), ("stronger", "weaker"), ("strong", "weak"), ("inside", "outside"), ("public", "private"), ("safe", "unsafe"),
]
_UNITS = [("GB", "MB"), ("milliseconds", "seconds"), ("bits", "bytes"), ("million", "billion"), ("tokens", "characters")]
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|does|do|has|have|must|should|will|may)\b(?! not\b)")
_NEGATED = re.compile(r"\b(is|are|was|were|does|do|must|should|will|may) not\b|\bcannot\b")
_SWAP = re.compile(r"\b([A-Z][\w-]+(?: [A-Z][\w-]+)?) (is|are|has|needs|uses|keeps|gives|costs|beats|precedes|contains) (?:.*?\b)?(?:than|over|not|of) ([A-Z][\w-]+)")


def plant_fault(sentence: str, passage: str, random_: random.Random) -> str | None:
    """The sentence with one edit: a number, a unit, an opposite, a dropped or added negation, or swapped names; None when nothing fits.

    The edited form never occurs in the passage.
    """
    edits = [_change_number, _swap_opposite, _swap_opposite, _change_unit, _toggle_negation, _swap_names]
    random_.shuffle(edits)
    for edit in edits:
        changed = edit(sentence, random_)
        if changed and changed != sentence and changed not in passage:
            return changed
    return None


def edit_alike(first: str, second: str, random_: random.Random) -> tuple[str, str] | None:
    """Two texts with the same number or word exchanged for the same other one; None when they share none that occurs once in each."""
    numbers = {m[1] for m in _NUMBER.finditer(first)} & {m[1] for m in _NUMBER.finditer(second)}
    exchanges = [(number, _change_number(number, random_)) for number in sorted(numbers)]
    exchanges += [(a, b) for pair in (*_OPPOSITES, *_UNITS) for a, b in (pair, pair[::-1])]
    random_.shuffle(exchanges)
    for old, new in exchanges:
        pattern = re.compile(rf"(?<![\w.-]){re.escape(old)}(?![\w-]|\.\d)")
        if new and len(pattern.findall(first)) == len(pattern.findall(second)) == 1 and new not in first + second:
            return pattern.sub(new, first), pattern.sub(new, second)
    return None


def _change_number(sentence: str, random_: random.Random) -> str | None:
    matches = list(_NUMBER.finditer(sentence))
    if not matches:
        return None
    match = random_.choice(matches)
    value = float(match[1])
    factor = random_.choice((0.5, 2, 3, 10, 0.1, 1.5))
    new = value * factor if value else 3
    text = f"{new:.2f}".rstrip("0").rstrip(".") if "." in match[1] or new != int(new) else str(int(new))
    return sentence[: match.start(1)] + text + sentence[match.end(1) :]


def _replace(sentence: str, pairs: list[tuple[str, str]], random_: random.Random) -> str | None:
    found = [
        (match, new)
        for a, b in pairs
        for old, new in ((a, b), (b, a))
        for match in re.finditer(rf"(?<![\w-]){re.escape(old)}(?![\w-])", sentence)
    ]
    if not found:
        return None
    match, new = random_.choice(found)
    return sentence[: match.start()] + new + sentence[match.end() :]


def _swap_opposite(sentence: str, random_: random.Random) -> str | None:
    return _replace(sentence, _OPPOSITES, random_)


def _change_unit(sentence: str, random_: random.Random) -> str | None:
    return _replace(sentence, _UNITS, random_)


def _toggle_negation(sentence: str, random_: random.Random) -> str | None:
    if match := _NEGATED.search(sentence):
        return sentence[: match.start()] + (match[1] or "can") + sentence[match.end() :]
    match = _AUXILIARY.search(sentence)
    return sentence[: match.end()] + " not" + sentence[match.end() :] if match else None


def _swap_names(sentence: str, random_: random.Random) -> str | None:
    match = _SWAP.search(sentence)
    if not match or match[1] == match[3]:
        return None
    return sentence[: match.start(1)] + match[3] + sentence[match.end(1) : match.start(3)] + match[1] + sentence[match.end(3) :]
