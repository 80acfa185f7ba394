"""Making a follow-up turn understandable without its conversation, so that it can be searched for.

Without a chat model a fitted model tells whether a message leans on the conversation (chat/leaning.py), and rules how it is completed:
references are replaced by what the earlier questions were about, and what no rule knows is put behind the previous question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from chat import wording
from chat.intents import comparison_sides, split_depth
from chat.leaning import LEANS_FROM, REFUSED_LEANS_FROM, leaning_features, load_leaning
from chat.requests import courtesy, question_request
from core.content import GlossaryTerm
from core.conversation import MAX_STANDALONE_CHARACTERS, put_behind
from core.errors import EndpointError
from core.models import ChatModel
from core.types import Retrieval, Turn
from prompts import render, without_fence
from retrieval.confidence import load_coefficients
from retrieval.lexical import STOPWORDS, tokenize

Glance = Callable[[str], Retrieval]
FENCE = "=====CONVERSATION====="
HISTORY_TURNS = 6
_LETTER = re.compile(r"[A-Za-z0-9]")
LONGEST_LEANING = 250  # characters; a longer message tells enough
POINTING_TERMS = 6  # the pronoun of a message with more content words stands for something in it
ANTECEDENT_TERMS = 3  # so many in the earlier clauses of a message are what its pronouns stand for
ITEM_WORDS, SHORT_WORDS = 8, 2


def standalone_question(
    history: Sequence[Turn], question: str, glossary: Sequence[GlossaryTerm] = (), model: ChatModel | None = None,
    glance: Glance | None = None,
) -> str:
    """The question with its references to the conversation resolved; unchanged when it has none.

    With a chat model the model rewrites it. When that fails, and without a model, a message that leans on the conversation is completed.
    `glance` tells what the notes hold for a text (`Retriever.glance`), from which the fitted model judges; without it a message leans
    when a rule knows how to complete it.
    """
    question = " ".join(question.split())
    if not history:
        return question
    if model is not None:
        try:
            rewritten = _ask_model(history, question, model)
        except EndpointError:
            rewritten = ""
        if rewritten:
            return rewritten
    return _follow(history, glossary, glance).resolve(question)


def message_features(history: Sequence[Turn], question: str, glossary: Sequence[GlossaryTerm], glance: Glance) -> dict[str, float]:
    """What the leaning model is asked about a message, beside its words; empty when it is not asked."""
    return _follow(history, glossary, glance).leaning_features(" ".join(question.split()))


def conversation_subject(
    history: Sequence[Turn], glossary: Sequence[GlossaryTerm] = (), glance: Glance | None = None
) -> str:
    """What the conversation is about by now; empty when it is about nothing yet."""
    return _follow(history, glossary, glance).subject


def _follow(history: Sequence[Turn], glossary: Sequence[GlossaryTerm], glance: Glance | None) -> _Resolver:
    """A resolver that has read the conversation; courtesies, and what was replied to them, do not change what that is about."""
    resolver, polite = _Resolver(glossary, glance), False
    for turn in history:
        if turn.role == "assistant":
            if not polite:
                resolver.hear(turn.content)
        elif not (polite := bool(courtesy(turn.content))):
            if request := question_request(turn.content):
                if request.subject:
                    resolver.turn_to(request.subject, said=turn.content)
            elif turn.content.strip():
                resolver.resolve(turn.content)
    return resolver


def _ask_model(history: Sequence[Turn], question: str, model: ChatModel) -> str:
    shown = without_fence("\n".join(f"{turn.role}: {turn.content[:1500]}" for turn in history[-HISTORY_TURNS:]), FENCE)
    reply = model.complete(render("chat", "standalone", history=shown, question=without_fence(question, FENCE), fence=FENCE))
    line = " ".join(reply.split()).strip("\"' ")
    return line if 0 < len(line) <= MAX_STANDALONE_CHARACTERS else ""


class _Resolver:
    """Follows a conversation turn by turn: what it is about (`subject`), and the things it has named in order (`items`)."""

    def __init__(self, glossary: Sequence[GlossaryTerm], glance: Glance | None) -> None:
        self._glance = glance
        self._names = {_plain(name) for term in glossary for name in term.names if len(name) > 1}
        self.asked: list[str] = []
        self.turns: list[tuple[str, str]] = []  # standalone question and answer
        self.answer = ""
        self.previous = ""
        self.subject = ""
        self.names: list[str] = []
        self.items: list[str] = []
        self.listed = False  # whether the last answer or question named the items

    def resolve(self, question: str) -> str:
        """The standalone form of the next user turn; the subject moves on, but for a turn that only leans on it."""
        resolved = self._resolve(" ".join(question.split()))
        self.turns.append((split_depth(resolved)[0], ""))
        return resolved

    def _resolve(self, question: str) -> str:
        if not (self.previous and self._leans_on(question)):
            self.turn_to(question, said=question)
            return question
        if swapped := self._ask_the_same(question):
            named = [*self._entities(self.previous)[:1], *self._entities(swapped)[:1]]
            self.turn_to(swapped, said=question)
            self.items = named
            return swapped
        resolved = self._apply_rules(question)
        self.asked.append(question)
        self.listed = False
        if resolved:
            self.previous = split_depth(resolved)[0]
            return resolved[:MAX_STANDALONE_CHARACTERS]
        text = wording.OPENER.sub("", question)
        aspect = wording.ARTICLE.sub("", about["rest"] if (about := wording.WHAT_ABOUT.match(question)) else text).rstrip("?.! ")
        if self.subject and len(aspect.split()) <= SHORT_WORDS and not any(p.search(text) for p in (wording.RETURN, wording.ANAPHOR)):
            self.items = [self.subject, aspect]
        return put_behind(self.previous, text)

    def turn_to(self, question: str, said: str) -> None:
        """Go on with a question that stands on its own; it was `said` like that or otherwise."""
        self.asked.append(said)
        self.listed = False
        self._start(split_depth(question)[0])
        self.previous = split_depth(question)[0]

    def hear(self, answer: str) -> None:
        """Remember an answer, and what it enumerates, for "the second one"."""
        self.answer = answer
        if self.turns and not self.turns[-1][1]:  # a reply to a wish for questions is no answer to the question before
            self.turns[-1] = (self.turns[-1][0], answer)
        bullets = re.findall(r"^\s*(?:[-*+]|\d+[.)])\s+(.+)$", answer, re.MULTILINE)
        if len(asked := [re.sub(r"\s*\[\d+\]$", "", b) for b in bullets if re.search(r"[?.] \[\d+\]$", b)]) > 1:
            self.items, self.listed = asked, True  # questions to practise
            return
        if not bullets and (prose := wording.ENUMERATION.search(answer)):
            self.items = [part.strip() for part in re.split(r",\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+", prose[1]) if part.strip()]
            self.listed = True
            return
        names = [match[1] or match[2] for b in bullets if (match := re.match(r"\*\*(.+?)\*\*|([^:.,;(–—]{2,60})", b))]
        if len(names) > 1:
            self.items, self.listed = [" ".join(name.strip(" :*.").split()[:ITEM_WORDS]) for name in names], True
        elif wording.COUNTED.search(answer) and len(named := self._entities(answer)) > 1:
            self.items = named

    def _start(self, question: str) -> None:
        """Take the subject from a question that stands on its own."""
        entities, sides = self._entities(question), comparison_sides(question)
        subject = _subject(question)
        if subject:
            self.subject = subject
            more = set(_plain(subject).split()) - set(_plain(" ".join(entities)).split())
            self.names = [] if more - STOPWORDS - {"vs", "versus"} else entities
        if len(named := sides or entities) > 1:
            self.items, self.listed = named, True

    def _leans_on(self, question: str) -> bool:
        if self._glance is None:
            return bool(self._ask_the_same(question) or self._apply_rules(question))
        if not (features := self.leaning_features(question)):
            return False
        alone = self._glance(question)
        unruled = alone.confidence < load_coefficients().partial_floor and not features["rules"]  # refused as it stands
        foreign = unruled and self._foreign(question, self._glance)
        if foreign and alone.features.get("unheard"):
            return False  # "and the laundry?": of a thing that neither the notes nor their questions name
        aside = unruled and (foreign or not features["refers"])
        wanted = REFUSED_LEANS_FROM if aside else LEANS_FROM
        return load_leaning().probability_of(question, features) >= wanted

    def _foreign(self, question: str, glance: Glance) -> bool:
        """True when no term of a message was said before, or is in the passages that it finds behind the previous question."""
        joined = glance(put_behind(self.previous, wording.OPENER.sub("", question)))
        passages = [f"{hit.chunk.heading} {hit.chunk.text}" for hit in joined.hits]
        return not set(tokenize(question)) & set(tokenize(" ".join((*passages, *self.asked, self.answer))))

    def leaning_features(self, question: str) -> dict[str, float]:
        """What tells whether a message leans on the conversation, beside its words; empty when there is nothing to lean on, and for a
        message that does not: it has no words that could, is a scenario of its own, or a question of the bank."""
        if self._glance is None or not self.previous or len(question) > LONGEST_LEANING or not _LETTER.search(question):
            return {}
        alone = self._glance(question)
        if alone.same_question:
            return {}
        text = wording.OPENER.sub("", question)
        plain = wording.TAG.sub("", text)
        pronouns = wording.PRONOUN.finditer(plain)
        return leaning_features(
            text, self.asked, self.answer, alone, self._glance(put_behind(self.previous, text)), names=len(self._entities(text)),
            rules=bool(self._ask_the_same(question) or self._apply_rules(question)),
            back=any(self._points_back(plain, match) for match in pronouns), refers=any(p.search(question) for p in wording.REFERRING),
        )

    def _apply_rules(self, question: str) -> str:
        """The message with what its words refer to; empty when they refer to nothing."""
        text = wording.TAG.sub("", wording.OPENER.sub("", question))
        return self._go_on(text) or self._point_back(text)

    def _go_on(self, text: str) -> str:
        """`why?`, `no, i meant ...`, `back to ..., ...`: the question that it goes on with, and this behind it; else empty."""
        if wording.CONTINUE.match(text):
            return put_behind(self.previous, text)
        if back := wording.BACK_TO.match(text):
            return put_behind(self._asked_about(back["what"]), f"{wording.AS_YOU_SAID.sub('', back['what'])}, {back['rest']}")
        meant = wording.CORRECTION.match(text)
        return put_behind(self.previous, meant["rest"] or meant["first"]) if meant else ""

    def _asked_about(self, what: str) -> str:
        """The earlier question that shares most words with `what`, itself or in its answer, of equal ones the latest; the first for "the
        first thing", the previous where none shares a word."""
        if self.turns and wording.AT_FIRST.search(what):
            return self.turns[0][0]
        wanted = set(tokenize(what))
        found, most = self.previous, 1
        for asked, answer in self.turns:
            shared = 3 * len(wanted & set(tokenize(asked))) + 2 * len(wanted & set(tokenize(answer)))
            if shared >= most:
                found, most = asked, shared
        return found

    def _point_back(self, text: str) -> str:
        """`it`, `the second one`, `which one`: the message with what they stand for; empty when it points at nothing."""
        named = self._replace_ordinals(text)
        back = [match for match in wording.PRONOUN.finditer(named) if self._points_back(named, match)]
        if back:
            joined = self._join(named, back)
            return "" if joined.lower() == text.lower() else joined
        if named != text:
            told = [item for item in self.items if _plain(item) in _plain(named)]
            known = any(_plain(item) in _plain(self.subject) or len(item.split()) > 2 for item in told)
            return _capitalize(named) if known else self._join(named)
        if wording.WHICH.match(text) and self.listed and len(self._entities(text)) < 2:
            return _capitalize(f"{text.rstrip('?.! ')} ({' vs '.join(self.items[:3])})?")
        return ""

    def _ask_the_same(self, question: str) -> str:
        """`and IVF?`, `what about IVF?` after a question on HNSW: the same question on IVF; empty for other messages."""
        about = wording.WHAT_ABOUT.match(wording.TAG.sub("", wording.ASIDE.sub("", question)))
        name = wording.ARTICLE.sub("", about["rest"].rstrip("?.! ")) if about else ""
        before = self._entities(self.previous)[:1]
        if not before or self._entities(name) != [name]:
            return ""
        swapped = re.sub(rf"(?<!\w){re.escape(before[0])}(?!\w)", lambda _: name, self.previous)
        return swapped if len(swapped) <= MAX_STANDALONE_CHARACTERS else ""

    def _join(self, text: str, back: Sequence[re.Match[str]] = ()) -> str:
        """The text with the subject: in the place of the pronouns `back` where a name fits there, else in brackets behind it."""
        joined = text
        for match in reversed(back):
            word = match[1].lower()
            if self.names and (len(self.names) == 1 or word.split()[0] in wording.PLURAL):
                name = " and ".join(self.names[:3]) + ("'s" if word in {"its", "their"} else "")
                joined = joined[: match.start()] + name + joined[match.end() :]
        if joined == text and self.subject:
            joined = f"{text.rstrip('?.! ')} ({self.subject})?"
        return _capitalize(joined)

    def _replace_ordinals(self, text: str) -> str:
        def name(match: re.Match[str]) -> str:
            place = wording.ORDINALS[(match[1] or match[2]).lower()]
            usable = self.items and -len(self.items) <= place < len(self.items)
            return self.items[place] if usable else match[0]

        def pair(match: re.Match[str]) -> str:
            named = self.items[:2] if match["end"].lower() == "first" else self.items[-2:]
            return " and ".join(named) if len(named) > 1 else match[0]

        return wording.ORDINAL.sub(name, wording.PAIR.sub(pair, text))

    def _points_back(self, text: str, match: re.Match[str]) -> bool:
        """True when a pronoun stands for something said before this message, not for something in an earlier clause of it."""
        word, before = match[1].lower(), text[: match.start()]
        if word in {"that", "this", "these", "those"}:
            at_end = not text[match.end() :].strip(" ?.!")
            last = before.lower().split()[-1:]
            if not (at_end or not last or last[0].strip(",;") in wording.POINTS_BACK):
                return False
        if word == "it" and any(m.start() <= match.start() < m.end() for m in wording.EXPLETIVE.finditer(text)):
            return False
        breaks = [found.start() for found in wording.CLAUSE.finditer(before)]
        earlier = before[: breaks[-1]] if breaks else ""
        return _terms(text) <= POINTING_TERMS and _terms(earlier) < ANTECEDENT_TERMS and not self._entities(earlier)

    def _entities(self, text: str) -> list[str]:
        """Names of the field in a text, in order: names of the glossary, and acronyms."""
        words = re.findall(r"[A-Za-z0-9@+#]+(?:[-./][A-Za-z0-9@+#]+)*", text)
        found: list[str] = []
        position = 0
        while position < len(words):
            for length in range(min(5, len(words) - position), 0, -1):
                phrase = " ".join(words[position : position + length])
                plain = _plain(phrase)
                acronym = length == 1 and any(c.isupper() for c in phrase) and sum(c.isupper() or c.isdigit() for c in phrase) >= 2
                acronym = acronym or (length == 1 and bool(wording.NAME.fullmatch(phrase)))
                if plain in self._names or plain.removesuffix("s") in self._names or acronym:
                    found.append(phrase)
                    position += length - 1
                    break
            position += 1
        return list(dict.fromkeys(found))


def _plain(name: str) -> str:
    """A name as it is looked up: lower case, hyphens as spaces."""
    return re.sub(r"[-/\s]+", " ", name.lower())


def _terms(text: str) -> int:
    """How many content words a text has."""
    return len(set(tokenize(wording.CONTRACTION.sub(" ", text))))


def _subject(question: str) -> str:
    """What a question is about: the question without the words that only make it one, at its beginning and its end."""
    words = question.strip().rstrip("?.! ").split()
    while words and words[0].lower().strip(",") in wording.FRAME:
        words.pop(0)
    while words and words[-1].lower() in wording.FRAME:
        words.pop()
    return " ".join(words)


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
