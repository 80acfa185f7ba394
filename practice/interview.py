"""A mock interview: questions that adapt, a calm voice, and nothing of the rubric before the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from core.content import Roadmap, load_roadmap
from core.errors import GroundworkError
from practice.choice import Chooser, Next, choose_next, turn_random
from practice.follow_ups import Bank
from practice.hints import make_hint
from practice.interview_state import Exchange, Interview, Line, LineKind, Setup, Speaker, Timer, add_lines
from practice.leaks import find_leaks
from practice.phrasing import CLOSINGS, NO_MORE_HINTS, OPENINGS, PASSES, REPLIES, THANKS, TIME_IS_UP, Writer, choose, rephrase
from practice.remarks import Remark, read_remark
from practice.types import Grader, PracticeQuestion

MAX_NUDGES = 1  # replies to a response that is no answer, before the interview goes on
MIN_QUESTION_SECONDS = 45  # no new question with less time than this
MAX_RESPONSE_CHARACTERS = 20_000


class InterviewOverError(GroundworkError):
    """The interview has ended; nothing more can be said in it."""

    help = "Start a new interview, or look at the report of this one."


class Interviewer:
    """Leads interviews. Holds no state of its own: each call takes an interview and returns the next state of it."""

    def __init__(
        self, bank: Sequence[PracticeQuestion], grader: Grader, *, roadmap: Roadmap | None = None, writer: Writer | None = None,
        chooser: Chooser = choose_next,
    ) -> None:
        """`writer` is a chat model that may rephrase what is said; `chooser` decides what is asked next."""
        self.bank = Bank(bank)
        self._grader = grader
        self._roadmap = roadmap or load_roadmap()
        self._writer = writer
        self._choose = chooser

    def start(self, setup: Setup, now: datetime, id: str | None = None) -> Interview:
        """Begin: greeting and first question.

        Raises:
            InterviewOverError: the bank has no question on these topics.
        """
        empty = Interview(id or uuid4().hex, setup, Timer(setup.minutes * 60.0, started=now), now, now)
        opening = choose(OPENINGS, turn_random(empty)).format(minutes=setup.minutes)
        first = self._choose(empty, self.bank, self._roadmap)
        if first is None:
            raise InterviewOverError("There are no questions on these topics.", help="Choose other topics, or none.")
        return self._ask(empty, first, opening, now)

    def respond(self, interview: Interview, text: str, now: datetime) -> Interview:
        """The learner says something: an answer is graded (unseen) and the next question asked; anything else gets a calm reply.

        An answer that was begun in time counts although the time is up meanwhile. A paused interview goes on.

        Raises:
            InterviewOverError: it has ended.
        """
        text = text.strip()[:MAX_RESPONSE_CHARACTERS]
        interview, exchange = _open(interview, now)
        exchange = add_lines(exchange, [_line(interview, now, "candidate", "answer", text)])
        remark = read_remark(text, [e.response for e in interview.exchanges if e is not exchange and e.response])
        if remark == "hint":
            return self._give_hint(interview, exchange, now)
        if remark == "pass":
            return self._settle(interview, exchange, "", now, PASSES)
        if remark in REPLIES and (exchange.nudges < MAX_NUDGES or remark == "repeat_question"):
            return self._reply(interview, exchange, remark, now)
        if remark in REPLIES and remark != "repeated":
            return self._settle(interview, exchange, "", now, PASSES)
        return self._settle(interview, exchange, text, now, THANKS)

    def hint(self, interview: Interview, now: datetime) -> Interview:
        """A hint on the current question; each costs HINT_COST of its score. Raises InterviewOverError."""
        return self._give_hint(*_open(interview, now), now)

    def skip(self, interview: Interview, now: datetime) -> Interview:
        """Pass on the current question, which then counts as unanswered. Raises InterviewOverError."""
        interview, exchange = _open(interview, now)
        return self._settle(interview, exchange, "", now, PASSES)

    def _give_hint(self, interview: Interview, exchange: Exchange, now: datetime) -> Interview:
        hint = make_hint(exchange.question, exchange.hints, self.bank.rarity)
        line = _line(interview, now, "interviewer", "hint", hint or NO_MORE_HINTS)
        return _with_last(interview, replace(add_lines(exchange, [line]), hints=exchange.hints + (hint is not None)))

    def _reply(self, interview: Interview, exchange: Exchange, remark: Remark, now: datetime) -> Interview:
        if interview.timer.remaining_seconds(now) <= 0:
            return finish(_with_last(interview, exchange), now)
        last = interview.said[-1] if interview.said else ""
        reply = self._say(choose(REPLIES[remark], turn_random(interview), last), interview)
        lines = [
            _line(interview, now, "interviewer", "remark", reply),
            _line(interview, now, "interviewer", "question", exchange.question.question),
        ]
        counts = remark != "repeat_question"
        return _with_last(interview, replace(add_lines(exchange, lines), nudges=exchange.nudges + counts))

    def _settle(
        self, interview: Interview, exchange: Exchange, response: str, now: datetime, thanks: tuple[str, ...]
    ) -> Interview:
        """Grade, then ask the next question or end."""
        graded = replace(exchange, response=response, grade=self._grader.grade(exchange.question, response))
        interview = _with_last(interview, graded)
        if interview.timer.remaining_seconds(now) < MIN_QUESTION_SECONDS:
            return finish(interview, now)
        following = self._choose(interview, self.bank, self._roadmap)
        if following is None:
            return finish(interview, now)
        last = next((line.text for line in interview.exchanges[-1].lines if line.kind == "remark"), "")
        return self._ask(interview, following, choose(thanks, turn_random(interview), last), now)

    def _ask(self, interview: Interview, following: Next, opening: str, now: datetime) -> Interview:
        rubrics = [*(e.question for e in interview.exchanges), following.question]
        lead = f"{opening} {following.spoken}"
        lead = self._say(opening if find_leaks(lead, rubrics) else lead, interview, following.question)
        lines = (
            _line(interview, now, "interviewer", "remark", lead),
            _line(interview, now, "interviewer", "question", following.question.question),
        )
        exchange = Exchange(following.question, following.move, lines)
        return replace(interview, exchanges=(*interview.exchanges, exchange), hunt=following.hunt)

    def _say(self, line: str, interview: Interview, *more: PracticeQuestion) -> str:
        return rephrase(line, [*(e.question for e in interview.exchanges), *more], self._writer)


def pause(interview: Interview, now: datetime) -> Interview:
    """Stop the clock; an ended interview stays ended."""
    if interview.status != "running":
        return interview
    return replace(interview, timer=interview.timer.pause(now), status="paused", seen_at=now)


def resume(interview: Interview, now: datetime) -> Interview:
    """Let the clock run on."""
    if interview.status != "paused":
        return interview
    return replace(interview, timer=interview.timer.resume(now), status="running", seen_at=now)


def restore(interview: Interview) -> Interview:
    """An interview as it comes from storage: if it was running, it is paused at the last thing that happened in it."""
    return pause(interview, interview.seen_at)


def finish(interview: Interview, now: datetime) -> Interview:
    """End: a closing line; the references are open from here on. An ended interview is returned as it is."""
    if interview.status == "finished":
        return interview
    closing = choose(CLOSINGS, turn_random(interview))
    if is_time_up(interview, now):
        closing = f"{TIME_IS_UP} {closing}"
    return replace(interview, timer=interview.timer.pause(now), status="finished", seen_at=now, closing=closing)


def is_time_up(interview: Interview, now: datetime) -> bool:
    """True when no time is left: the page then lets the learner finish the sentence, or calls `finish`."""
    return interview.timer.remaining_seconds(now) <= 0


def _open(interview: Interview, now: datetime) -> tuple[Interview, Exchange]:
    """The interview, running, and the question that waits for an answer."""
    exchange = interview.current
    if exchange is None:
        raise InterviewOverError("This interview has ended.")
    interview = resume(interview, now)
    return replace(interview, seen_at=now), exchange


def _with_last(interview: Interview, exchange: Exchange) -> Interview:
    return replace(interview, exchanges=(*interview.exchanges[:-1], exchange))


def _line(interview: Interview, now: datetime, speaker: Speaker, kind: LineKind, text: str) -> Line:
    return Line(speaker, kind, text, round(interview.timer.elapsed_seconds(now), 1))
