"""The chat flow: standalone question -> retrieval -> verdict -> answer, as a stream of events."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from chat.citations import CITATION, make_safe, outside_code, verify
from chat.definitions import Definitions
from chat.extractive import Draft, compose, compose_definition
from chat.findings import Finding, nearest_topics, overall_verdict, split_parts, trace
from chat.follow_ups import FollowUps
from chat.generative import answer_prompt, says_not_covered, select_sources
from chat.guard import addresses_assistant
from chat.intents import split_depth
from chat.offers import list_questions
from chat.requests import QuestionRequest, courtesy, question_request
from chat.standalone import conversation_subject, standalone_question
from chat.wording import FRAME
from core.content import GlossaryTerm, Question
from core.errors import EndpointError
from core.judge import available_judge
from core.models import ChatModel
from core.types import Answer, Hit, Source, Turn
from retrieval.follow_ups import LEVELS
from retrieval.lexical import tokenize
from retrieval.own_documents import find
from retrieval.retriever import Retriever

SEARCH_DEPTH = 20
MIN_PART_TERMS = 2
OFFER_DEPTH, OFFER_SPARE = 5, 3  # passages that questions to practise are near, and spare ones
TOKEN = re.compile(r"\S+\s*")
_MARKUP = re.compile(r"[\n\"“”<>\[\]{}:]")


@dataclass(frozen=True)
class Status:
    """What is going on, for the status line."""

    text: str


@dataclass(frozen=True)
class Token:
    """A piece of the answer, to be shown at once."""

    text: str


@dataclass(frozen=True)
class Restart:
    """What was streamed so far is withdrawn: another engine answers, for the reason given."""

    notice: str


@dataclass(frozen=True)
class Done:
    """The end: the complete, checked answer."""

    answer: Answer


Event = Status | Token | Restart | Done


class Assistant:
    """Answers questions from the notes. Safe to share between threads."""

    def __init__(
        self, retriever: Retriever, bank: Sequence[Question] = (), glossary: Sequence[GlossaryTerm] = (),
        model: ChatModel | None = None,
    ) -> None:
        self.retriever = retriever
        self.glossary = glossary
        self.model = model
        self.definitions = Definitions(glossary)
        self._follow_ups = FollowUps(bank, retriever.chunks)
        self._bank = {question.id: question for question in bank}

    def with_model(self, model: ChatModel | None) -> Assistant:
        """The same assistant with another chat model (or none)."""
        other = Assistant.__new__(Assistant)
        other.__dict__ = {**self.__dict__, "model": model}
        return other

    def answer(self, question: str, history: Sequence[Turn] = (), topic: int | None = None) -> Answer:
        """The complete answer, without streaming."""
        for event in self.stream(question, history, topic):
            if isinstance(event, Done):
                return event.answer
        raise AssertionError("a stream ends with Done")

    def stream(self, question: str, history: Sequence[Turn] = (), topic: int | None = None) -> Iterator[Event]:
        """Answer as events, the last of them `Done`. Endpoint failures end in the extractive answer with a notice."""
        clock = _Clock()
        if reply := courtesy(question):
            yield from self._finish(_aside(question, reply), clock, [])
            return
        if request := question_request(question):
            yield from self._offer(question, request, history, topic, clock)
            return
        if history:
            yield Status("Reading the conversation…")
        standalone = standalone_question(history, question, self.glossary, self.model, self.retriever.glance)
        clock.lap("condense")
        yield Status("Searching your notes…")
        subject, depth = split_depth(standalone)
        findings = [
            Finding(part, find(self.retriever, part, SEARCH_DEPTH, topic), depth, self.definitions.about(part))
            for part in ([subject] if self.model else self._parts(subject))
        ]
        clock.lap("retrieve")
        base = Answer(
            question=question, standalone_question=standalone, verdict=overall_verdict(findings), text="", sources=(), follow_ups=(),
            confidence=round(sum(f.confidence for f in findings) / len(findings), 4),
            engine="extractive", timings_ms={}, trace=trace(findings),
        )
        asked = [turn.content for turn in history if turn.role == "user"]
        asked += [self._bank[f.retrieval.same_question].question for f in findings if f.retrieval.same_question in self._bank]
        if base.verdict == "not_covered":
            yield from self._finish(self._not_covered(base, findings), clock, asked)
        elif self.model is None:
            yield from self._finish(self._extract(base, findings), clock, asked)
        else:
            yield from self._generate(base, findings, self.model, clock, asked)

    def _offer(
        self, question: str, request: QuestionRequest, history: Sequence[Turn], topic: int | None, clock: _Clock
    ) -> Iterator[Event]:
        """Questions of the bank to practise, each with the section that answers it."""
        subject = request.subject or conversation_subject(history, self.glossary, self.retriever.glance)
        retrieval = self.retriever.retrieve(subject, SEARCH_DEPTH, topic)
        clock.lap("retrieve")
        finding = Finding(subject, retrieval, "normal", self.definitions.about(subject))
        base = replace(
            _aside(question, ""), standalone_question=subject or question, confidence=round(finding.confidence, 4), trace=trace([finding])
        )
        if request.subject and finding.verdict == "not_covered":
            yield from self._finish(replace(self._not_covered(base, [finding]), engine="extractive"), clock, [])
            return
        said = "\n".join(turn.content for turn in history)
        chunks = [hit.chunk for hit in retrieval.hits[:OFFER_DEPTH]] if finding.verdict != "not_covered" else []
        chosen = self._follow_ups.questions(subject if chunks else "", chunks, said, request.count + OFFER_SPARE, request.levels)
        text, sources = list_questions(sorted(chosen[: request.count], key=lambda q: LEVELS[q.level]), self.retriever)
        more = tuple(q.question for q in chosen[request.count :])
        yield from self._finish(replace(base, verdict="answered", text=text, sources=sources, follow_ups=more), clock, [])

    def _generate(
        self, base: Answer, findings: list[Finding], model: ChatModel, clock: _Clock, asked: Sequence[str]
    ) -> Iterator[Event]:
        hits = [hit for hit in findings[0].retrieval.hits if hit.chunk.part != "Sources"]
        if findings[0].definition:
            hits = [Hit(findings[0].definition.passage, 0.0), *hits]
        sources = select_sources(hits)
        yield Status(f"{model.name} is writing…")
        text = ""
        try:
            for piece in model.stream(answer_prompt(base.standalone_question, sources)):
                text += piece
                yield Token(piece)
        except EndpointError as error:
            notice = f"{error} The answer below is quoted from your notes instead."
            yield Restart(notice)
            yield from self._finish(replace(self._extract(base, findings), notice=notice), clock, asked)
            return
        if says_not_covered(text):
            yield Restart("")
            yield from self._finish(replace(self._not_covered(base, findings), engine="generative"), clock, asked)
            return
        yield Status("Checking every sentence against its source…")
        verified = verify(make_safe(text, sources), sources, available_judge())
        notice = ""
        verdict = base.verdict
        if not verified.sources:
            notice = f"{model.name} cited none of the passages. The answer below is quoted from your notes instead."
            yield Restart(notice)
            yield from self._finish(replace(self._extract(base, findings), notice=notice), clock, asked)
            return
        if verified.unsupported:
            verdict = "partial"
            many = "sentences are" if verified.unsupported > 1 else "sentence is"
            notice = f"{verified.unsupported} {many} not supported by the cited passage and marked in the text."
        answer = replace(
            base, text=verified.text, sources=verified.sources, verdict=verdict, engine="generative", notice=notice
        )
        yield from self._finish(answer, clock, asked, streamed=True)

    def _extract(self, base: Answer, findings: list[Finding]) -> Answer:
        """Compose from the parts that are covered; name what is not."""
        covered = [f for f in findings if f.verdict != "not_covered"]
        drafts: list[Draft] = []
        for finding in covered:
            drafts.append(self._draft(finding, len(covered), [source.quote for draft in drafts for source in draft.sources]))
        text, sources = _join(drafts)
        missing = self._missing(base, findings, sources)
        if missing:
            text = f"{text}\n\n{missing}"
        return replace(base, text=text, sources=sources)

    def _parts(self, question: str) -> list[str]:
        """The parts that are searched for one by one; all of them in one when a part names too little: `and what does it cost?`."""
        parts = split_parts(question)
        named = all(len(set(tokenize(part))) >= MIN_PART_TERMS or self.definitions.about(part) for part in parts)
        return parts if named else [question]

    def _draft(self, finding: Finding, share: int, said: Sequence[str]) -> Draft:
        if finding.definition and not finding.found:
            return compose_definition(finding.question, finding.definition, finding.retrieval)
        known = self._bank.get(finding.retrieval.same_question)
        definition = finding.definition if finding.asks_meaning else None
        return compose(finding.question, finding.retrieval, self.retriever, share, finding.depth, known, definition, said)

    def _missing(self, base: Answer, findings: list[Finding], sources: Sequence[Source]) -> str:
        """For a partial answer: one sentence that says what the notes do not hold."""
        if base.verdict != "partial":
            return ""
        if addresses_assistant(base.standalone_question) or _MARKUP.search(base.standalone_question):  # it may demand these very words
            return "*Your notes cover only a part of this question.*"
        uncovered = [f.question.rstrip("?.! ") for f in findings if f.verdict == "not_covered"]
        if uncovered:
            return f"*Not in your notes: {'; '.join(map(_plain_words, uncovered))}.*"
        held = set(tokenize(" ".join(f"{s.title} {s.heading} {s.text}" for s in sources)))
        asked = [w for w in re.findall(r"[\w-]+", _plain_words(base.standalone_question)) if w.lower() not in FRAME]
        words = [w for w in asked if (t := tokenize(w)) and not set(t) & held]
        about = f" They say nothing about: {', '.join(dict.fromkeys(words))}." if words else ""
        return f"*Your notes may cover only a part of this question.{about}*"

    def _not_covered(self, base: Answer, findings: list[Finding]) -> Answer:
        nearest = nearest_topics(findings)
        near = "; ".join(dict.fromkeys(chunk.title for chunk in nearest))
        text = "This is not in your notes." + (f" The nearest topics there are: {near}." if near else "")
        return replace(base, verdict="not_covered", text=text, sources=(), follow_ups=self._follow_ups.nearest(nearest))

    def _finish(self, answer: Answer, clock: _Clock, asked: Sequence[str], streamed: bool = False) -> Iterator[Event]:
        answer = replace(answer, text=make_safe(answer.text, answer.sources))
        if answer.verdict != "not_covered" and answer.engine != "none":
            question = answer.standalone_question
            answer = replace(answer, follow_ups=self._follow_ups.suggest(question, answer.sources, asked))
        if not streamed:
            yield from (Token(piece) for piece in TOKEN.findall(answer.text))
        clock.lap("answer")
        yield Done(replace(answer, timings_ms=clock.laps()))


def _aside(question: str, text: str) -> Answer:
    """A reply that is not taken from the notes."""
    return Answer(question, question, "not_covered", 0.0, text, (), (), "none", {})


def _plain_words(text: str) -> str:
    """A question as it may be echoed: without codes and shouted words, so that an echo never says what a planted instruction demands."""
    return " ".join(word for word in text.split() if not re.search(r"\w*[A-Z]{6,}|[A-Za-z]-?\d{2,}", word))


def _join(drafts: Sequence[Draft]) -> tuple[str, tuple[Source, ...]]:
    """One text of several drafts, citations renumbered in order; a passage cited twice keeps one number for one quote."""
    texts: list[str] = []
    sources: list[Source] = []
    for draft in drafts:
        numbers: dict[int, int] = {}
        for source in draft.sources:
            known = next((s.n for s in sources if (s.chunk_id, s.quote) == (source.chunk_id, source.quote)), None)
            numbers[source.n] = known or len(sources) + 1
            if known is None:
                sources.append(replace(source, n=len(sources) + 1))
        texts.append(outside_code(draft.text, partial(CITATION.sub, lambda m, own=numbers: f"[{own[int(m[1])]}]")))
    return "\n\n".join(texts), tuple(sources)


class _Clock:
    """Stages in milliseconds, with their total."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = round((now - self._last) * 1000, 1)
        self._last = now

    def laps(self) -> dict[str, float]:
        return {**self._laps, "total": round((time.perf_counter() - self._start) * 1000, 1)}
