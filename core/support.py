"""Is a generated sentence supported by the passage it cites? Exact checks first, then the judge.

Numbers must be there, a near-copy must not have been altered, and the judge must find the claim in the passage and nothing against it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from core.judge import Judge
from core.overlap import COMMON_WORDS, judge_support
from core.stems import stem_words

NEAR_COPY = 0.8  # of the tokens of claim and sentence agree in order
SUPPORTED_AT, SUPPORT_OVER_AGAINST = 0.4, 1.5  # the judge's probability, and so many times that of contradiction
WINDOW_WORDS, WINDOW_OVERLAP = 110, 1
_TOKEN = re.compile(r"[a-z]+(?:'t)?|\d+(?:[.,]\d+)*|%")
_DECISIVE = frozenset("more less most least before after with only".split())  # common words that turn a statement
_NEGATIONS = frozenset("not no never without cannot neither nor none isn't aren't doesn't don't can't won't".split())


def is_supported(claim: str, sentences: Sequence[str], judge: Judge | None = None) -> bool:
    """True when the sentences of a passage support the claim. Without a judge, shared terms and polarity decide."""
    lexical = judge_support(claim, sentences)
    if lexical.numbers_missing or any(is_altered(claim, sentence) for sentence in sentences):
        return False
    if any(_tokens(claim) == _tokens(sentence) for sentence in sentences):
        return True
    if judge is None:
        return lexical.support == "supported"
    judgements = judge.judge([(claim, window) for window in windows(sentences)])
    support = max((j.probability("supported") for j in judgements), default=0.0)
    against = max((j.probability("contradicted") for j in judgements), default=0.0)
    return support >= SUPPORTED_AT and support >= SUPPORT_OVER_AGAINST * against


def is_altered(claim: str, sentence: str) -> bool:
    """True when the claim is a near-copy of the sentence with something changed that counts: a number, a negation, a content word.

    >>> is_altered("HNSW needs more memory than IVF.", "HNSW needs less memory than IVF.")
    True
    >>> is_altered("HNSW needs much memory.", "HNSW needs much memory for its links.")
    False
    """
    ours, theirs = _tokens(claim), _tokens(sentence)
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    if ours == theirs or 2 * sum(m.size for m in matcher.get_matching_blocks()) < NEAR_COPY * (len(ours) + len(theirs)):
        return False
    for tag, a, b, c, d in matcher.get_opcodes():
        added, lost = ours[a:b], theirs[c:d]
        if tag != "equal" and (set(added) ^ set(lost)) & _NEGATIONS:
            return True
        if tag in {"replace", "insert"} and _content(added) - _content(theirs):
            return True
        if tag == "replace" and _content(lost) and _content(added) and _content(added) != _content(lost):
            return True
    return False


def windows(sentences: Sequence[str]) -> list[str]:
    """Sentences in stretches of about WINDOW_WORDS, neighbours sharing a sentence."""
    found: list[list[str]] = [[]]
    for sentence in sentences:
        if found[-1] and sum(len(s.split()) for s in [*found[-1], sentence]) > WINDOW_WORDS:
            found.append(found[-1][-WINDOW_OVERLAP:])
        found[-1].append(sentence)
    return [" ".join(" ".join(stretch).split()) for stretch in found if stretch]


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())


def _content(tokens: Sequence[str]) -> set[str]:
    return set(stem_words([token for token in tokens if token not in COMMON_WORDS or token in _DECISIVE]))
