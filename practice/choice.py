"""What a mock interview asks next: it follows the last answer, else turns to what the role's mix lacks most."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.content import Roadmap
from practice.follow_ups import STRONG_SCORE, Bank, Hunt, plan_step, subject_of
from practice.interview_state import Exchange, Interview
from practice.leaks import find_leaks
from practice.phrasing import TURNS
from practice.types import PracticeQuestion
from retrieval.follow_ups import LEVELS

MAX_THREAD = 3  # questions in a row on one thing
SHOWN_BY = 2  # weak answers: one may be a slip
TOPIC_WEIGHT, KIND_WEIGHT, LEVEL_WEIGHT, SEEN_WEIGHT, CHANCE = 1.0, 0.7, 0.6, 1.5, 0.5
WEAK_SCORE, RECENT = 0.4, 3  # the level moves with the mean of the most recent scores


@dataclass(frozen=True)
class Next:
    """The question to ask, why (see `Exchange.move`), the hunt it belongs to, and the sentence that leads over to it."""

    question: PracticeQuestion
    move: str
    hunt: Hunt | None
    spoken: str


Chooser = Callable[[Interview, Bank, Roadmap], Next | None]


def choose_next(interview: Interview, bank: Bank, roadmap: Roadmap) -> Next | None:
    """Follow the thread, at most MAX_THREAD questions long, else open a new one. None when the bank has nothing left."""
    answered = interview.answered
    if answered and not is_settled(interview):
        last = answered[-1]
        assert last.grade is not None  # noqa: S101 - answered exchanges have one
        asked = {e.question.id for e in interview.exchanges}
        hunting = interview.hunt is not None or _is_weak(last)
        step = plan_step(
            last.question, last.grade, bank, asked, hunt=interview.hunt, roadmap=roadmap,
            fits=lambda q: may_be_asked(q, interview) and (hunting or breaks_ground(q, interview)),
        )
        if step is not None:
            return Next(step.question, step.move, step.hunt, step.spoken)
    return open_thread(interview, bank, roadmap)


def open_thread(interview: Interview, bank: Bank, roadmap: Roadmap) -> Next | None:
    """A question on something new: what the role's mix of topics and kinds lacks most, near the level, with a little chance."""
    random_ = turn_random(interview)
    asked = {e.question.id for e in interview.exchanges}
    open_ = [q for q in bank.questions if q.id not in asked and in_scope(q, interview)]
    worth = _worth(interview, open_)
    order = sorted(open_, key=lambda q: -(worth(q) + CHANCE * random_.random()))
    found = next((q for q in order if may_be_asked(q, interview)), None)
    if found is None:
        return None
    spoken = random_.choice(TURNS).format(subject=subject_of(found))
    return Next(found, "new" if interview.exchanges else "opening", None, spoken)


def in_scope(question: PracticeQuestion, interview: Interview) -> bool:
    """True for an open question on the topics of the interview."""
    topics = interview.setup.topics
    return question.format == "open" and (not topics or question.topic in topics)


def may_be_asked(question: PracticeQuestion, interview: Interview) -> bool:
    """In scope, not giving away the rubric of a question asked before, and its own not given away by them."""
    before = [e.question for e in interview.exchanges]
    return (
        in_scope(question, interview) and not find_leaks(question.question, before)
        and not any(find_leaks(text, [question]) for text in interview.said)
    )


def breaks_ground(question: PracticeQuestion, interview: Interview) -> bool:
    """True when the section that a question rests on first has not been asked about, so that going deeper also goes further."""
    return question.notes[0].split("--")[0] not in {e.question.notes[0].split("--")[0] for e in interview.exchanges}


def is_settled(interview: Interview) -> bool:
    """True when the thread has told what it can: two weak answers show a gap, a strong one to a harder question shows none."""
    thread: list[Exchange] = []
    for exchange in interview.answered:
        thread = [exchange] if exchange.move in {"opening", "new"} else [*thread, exchange]
    weak = sum(_is_weak(exchange) for exchange in thread)
    last = thread[-1]
    return len(thread) >= MAX_THREAD or weak >= SHOWN_BY or (last.move in {"deeper", "variant"} and not _is_weak(last))


def _is_weak(exchange: Exchange) -> bool:
    return exchange.grade is not None and exchange.grade.score < STRONG_SCORE


def turn_random(interview: Interview) -> random.Random:
    """Chance for this turn: the same whenever the interview is in the same state."""
    spoken = sum(len(e.lines) for e in interview.exchanges)
    return random.Random(f"{interview.setup.seed} {spoken}")  # noqa: S311 - not for security


def _worth(interview: Interview, open_: Iterable[PracticeQuestion]) -> Callable[[PracticeQuestion], float]:
    asked = [e.question for e in interview.exchanges]
    mix, target = interview.setup.mix, _target_level(interview)
    topics, kinds = {q.topic for q in open_}, {q.kind for q in open_}
    topic_total = sum(mix.topic_weight(t) for t in topics) or 1
    kind_total = sum(mix.kind_weight(k) for k in kinds) or 1
    by_topic, by_kind = Counter(q.topic for q in asked), Counter(q.kind for q in asked)
    seen = {anchor.split("--")[0] for q in asked for anchor in q.notes}

    def worth(question: PracticeQuestion) -> float:
        turns = len(asked) + 1
        topic_lack = turns * mix.topic_weight(question.topic) / topic_total - by_topic[question.topic]
        kind_lack = turns * mix.kind_weight(question.kind) / kind_total - by_kind[question.kind]
        was_seen = any(anchor.split("--")[0] in seen for anchor in question.notes)
        distance = abs(LEVELS[question.level] - target)
        return TOPIC_WEIGHT * topic_lack + KIND_WEIGHT * kind_lack - LEVEL_WEIGHT * distance - SEEN_WEIGHT * was_seen

    return worth


def _target_level(interview: Interview) -> int:
    """The level chosen, one up after strong answers and one down after weak ones."""
    level, recent = LEVELS[interview.setup.level], [e.score for e in interview.answered][-RECENT:]
    if len(recent) < RECENT:
        return level
    mean = sum(recent) / len(recent)
    return min(3, level + 1) if mean >= STRONG_SCORE else max(0, level - 1) if mean < WEAK_SCORE else level
