"""The next question hunts the gap: missed key point -> its prerequisite -> a harder variant. A strong answer goes deeper."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal

from core.content import Roadmap, load_glossary, load_roadmap
from practice.leaks import find_leaks
from practice.types import Criterion, Grade, PracticeQuestion
from retrieval.follow_ups import LEVELS, Aim, QuestionMap, topics_before
from retrieval.lexical import tokenize

STRONG_SCORE = 0.75  # from here on an answer is strong
NEAR = 0.6  # see QuestionMap.rank: on the same subtopic, or on the topic with like words
MAX_NAME_WORDS = 6
MAX_STEPS_DOWN = 2  # prerequisites asked in a row for one gap
Move = Literal["prerequisite", "variant", "deeper"]
Bank = QuestionMap[PracticeQuestion]
_WORD = re.compile(r"[A-Za-z0-9@+#.]*[A-Za-z0-9+#]")
_GAPS = ("contradicted", "missed", "partly")
_PROMPTS: tuple[tuple[str, str], ...] = (  # what a key point holds, and how to ask for it
    (r"(?<!\w)\d", "Could you put figures on {}, with a small worked example?"),
    (r"\b(?:because|since|so that|therefore|cause[sd]?|hence)\b", "Why does {} behave the way it does?"),
    (r"\b(?:while|whereas|unlike|instead|rather|than|but|not)\b", "How would you set {} apart from its alternatives?"),
    (r"\b(?:if|when|unless|until|only)\b", "Under which conditions would your answer about {} change?"),
    ("", "Could you go one level further into {}?"),
)
_PLAIN_PROMPT = "Could you take that one step further?"


@dataclass(frozen=True)
class Hunt:
    """A gap that is being looked into: the missed key point, the question that showed it, and prerequisites asked so far."""

    key_point: str
    question_id: str
    steps_down: int = 0

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy; `from_dict` is its inverse."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Hunt:
        """Rebuild from `to_dict`."""
        return cls(**data)


@dataclass(frozen=True)
class Step:
    """The next question, why it comes, the hunt that goes on with it (None when it ends), and a sentence to lead over to it."""

    question: PracticeQuestion
    move: Move
    hunt: Hunt | None
    spoken: str


def plan_step(
    question: PracticeQuestion, grade: Grade, bank: Bank, asked: Collection[str], *, hunt: Hunt | None = None,
    roadmap: Roadmap | None = None, fits: Callable[[PracticeQuestion], bool] = lambda _: True,
) -> Step | None:
    """One step of the hunt.

    A missed key point leads to its prerequisite, an easier question near it; a second miss on the way one further down, then the
    hunt ends (the gap is shown). A strong answer to a prerequisite leads to a harder variant near the missed point; any other
    strong answer goes deeper, near what it left out. `fits` lets a caller refuse candidates; None: time for something else.
    """
    open_ = _Candidates(bank, roadmap or load_roadmap(), {*asked, question.id}, fits)
    gap = find_gap(grade)
    if grade.score < STRONG_SCORE and gap is not None:
        down = hunt.steps_down if hunt else 0
        if down == MAX_STEPS_DOWN:
            return None
        found = open_.first(_aim(question, gap.key_point, open_.roadmap), _prerequisites(question))
        start = hunt or Hunt(gap.key_point, question.id)
        return _step(found, "prerequisite", Hunt(start.key_point, start.question_id, down + 1), question, gap)
    if hunt is not None and hunt.steps_down:
        missed_in = bank.get(hunt.question_id) or question
        level = max(LEVELS[missed_in.level], LEVELS[question.level] + 1)
        found = open_.first(_aim(missed_in, hunt.key_point, open_.roadmap), _at_least(level))
        return _step(found, "variant", Hunt(hunt.key_point, hunt.question_id), missed_in, None)
    aim = _aim(question, gap.key_point if gap else question.question, open_.roadmap)
    own = None if gap else open_.own_follow_up(question)
    return _step(own or open_.first(aim, _at_least(LEVELS[question.level] + 1)), "deeper", None, question, gap)


def find_gap(grade: Grade) -> Criterion | None:
    """The key point to hunt: required before optional, contradicted before missed before partly met, heavy before light."""
    gaps = [c for c in grade.criteria if c.verdict in _GAPS]
    return min(gaps, key=lambda c: (not c.required, _GAPS.index(c.verdict), -c.weight), default=None)


def follow_up_text(question: PracticeQuestion, grade: Grade) -> str:
    """One spoken question about the gap that does not give the answer away; without a gap one that goes deeper.

    It is built from words of the question and its subtopic only. Without a gap: the bank's own follow-up, where it has one.
    """
    gap = find_gap(grade)
    if gap is None:
        texts = [text for text in question.follow_ups if " " in text]
        return next((text for text in texts if not find_leaks(text, [question])), _PLAIN_PROMPT)
    focus = find_focus(question, gap.key_point)
    prompt = next(prompt for pattern, prompt in _PROMPTS if re.search(pattern, gap.key_point))
    return prompt.format(focus)


def find_focus(question: PracticeQuestion, key_point: str) -> str:
    """What a key point is about, in public words: a term of the glossary that the question names too, else its subtopic."""
    stems = set(tokenize(key_point))
    named = [name for name in find_terms(question.question) if set(tokenize(name)) & stems]
    return max(named, key=len, default="") or subject_of(question)


def find_terms(text: str) -> list[str]:
    """The terms of the glossary in a text, as they are written there, longest first at each place."""
    names, words = _glossary_names(), [(m.group().lower(), m.start(), m.end()) for m in _WORD.finditer(text)]
    found, place = [], 0
    while place < len(words):
        for length in range(min(MAX_NAME_WORDS, len(words) - place), 0, -1):
            if tuple(word for word, *_ in words[place : place + length]) in names:
                found.append(text[words[place][1] : words[place + length - 1][2]])
                place += length - 1
                break
        place += 1
    return found


def subject_of(question: PracticeQuestion) -> str:
    """The question's subtopic, worded for the middle of a sentence."""
    name = question.subtopic.partition(":")[0]
    first = name.split(" ")[0]
    return name if any(c.isupper() or c.isdigit() for c in first[1:]) or len(first) == 1 else name[:1].lower() + name[1:]


@cache
def _glossary_names() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(m.lower() for m in _WORD.findall(name)) for term in load_glossary() for name in term.names)


@dataclass(frozen=True)
class _Candidates:
    """Questions that may still be asked."""

    bank: Bank
    roadmap: Roadmap
    asked: Collection[str]
    fits: Callable[[PracticeQuestion], bool]

    def first(self, aim: Aim, groups: Callable[[Iterable[PracticeQuestion]], list[PracticeQuestion]]) -> PracticeQuestion | None:
        """The nearest to an aim that may be asked, in the order that `groups` prefers."""
        ranked = groups(q for q in self.bank.rank(aim, NEAR) if q.id not in self.asked)
        return next((question for question in ranked if self.fits(question)), None)

    def own_follow_up(self, question: PracticeQuestion) -> PracticeQuestion | None:
        """A follow-up that the question itself names, not easier than it."""
        named = (self.bank.get(id_) for id_ in question.follow_ups if id_ not in self.asked)
        found = (q for q in named if q is not None and LEVELS[q.level] >= LEVELS[question.level] and self.fits(q))
        return next(found, None)


def _aim(question: PracticeQuestion, text: str, roadmap: Roadmap) -> Aim:
    return Aim(text, question.notes, question.topic, question.subtopic, topics_before(roadmap, question.topic))


def _prerequisites(question: PracticeQuestion) -> Callable[[Iterable[PracticeQuestion]], list[PracticeQuestion]]:
    """Easier ones on the same sections, other easier ones, those of the same level, then the next level on the same sections."""
    level = LEVELS[question.level]

    def order(ranked: Iterable[PracticeQuestion]) -> list[PracticeQuestion]:
        tiers: list[list[PracticeQuestion]] = [[], [], [], []]
        for q in ranked:
            above, shares = LEVELS[q.level] - level, _shares_section(q, question)
            later = (q.topic or 0) > (question.topic or 0)
            if later and not shares:
                continue
            if above < 0:
                tiers[0 if shares else 1].append(q)
            elif above == 0:
                tiers[2].append(q)
            elif above == 1 and shares:
                tiers[3].append(q)
        return [q for tier in tiers for q in tier]

    return order


def _at_least(level: int) -> Callable[[Iterable[PracticeQuestion]], list[PracticeQuestion]]:
    def order(ranked: Iterable[PracticeQuestion]) -> list[PracticeQuestion]:
        return [q for q in ranked if LEVELS[q.level] >= min(level, max(LEVELS.values()))]

    return order


def _shares_section(one: PracticeQuestion, other: PracticeQuestion) -> bool:
    sections = {anchor.split("--")[0] for anchor in one.notes}
    return bool(sections & {anchor.split("--")[0] for anchor in other.notes})


def _step(
    found: PracticeQuestion | None, move: Move, hunt: Hunt | None, question: PracticeQuestion, gap: Criterion | None
) -> Step | None:
    if found is None:
        return None
    if move == "prerequisite" and LEVELS[found.level] > LEVELS[question.level]:
        move = "variant"
    focus = find_focus(question, gap.key_point if gap else question.question)
    return Step(found, move, hunt, f"Let us stay with {focus} for a moment.")
