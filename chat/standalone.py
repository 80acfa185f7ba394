"""Making a follow-up turn understandable without its conversation, so that it can be searched for.

Without a chat model a fitted model tells whether a message leans on the conversation (chat/leaning.py), and rules how it is completed:
references are replaced by what the earlier questions were about, and what no rule knows is put behind the previous question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from chat.intents import DEPTH_WISH, comparison_sides, split_depth
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

_ORDINALS = {"first": 0, "former": 0, "second": 1, "latter": -1, "third": 2, "fourth": 3, "last": -1}
_ORDINAL = re.compile(
    r"\bthe (?:(first|second|third|fourth|last)(?: (?:one|option|approach|method|technique|of (?:them|these|those))\b|(?=[?.!]*$))|(former|latter)(?: one| option)?\b)", re.I
)
_PAIR = re.compile(r"\bthe (?P<end>first|last) two\b", re.IGNORECASE)
_ENUMERATION = re.compile(r":\s+((?:[\w -]{2,30}, )*[\w -]{2,30},? (?:and|or) [\w -]{2,30})\.")
_COUNTED = re.compile(r"\b(?:two|three|four|several|both)\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(its|it|their|them|they|both(?: of them)?|those two|the two|each(?: of them)?(?=[?.!]*$)|(?:this|that|these|those)(?: (?:one|ones|approach|approaches|method|methods|technique|techniques|idea|algorithm|metric|model))?)\b",
    re.I,
)
# "that" after a noun is a relative pronoun ("a technique that reduces"); after these words, or at the end, it points back
_POINTS_BACK = frozenset(
    "does do did is are was were can could would will should about of for with to in on from like why how and than so explain use using "
    "compute calculate measure detect fix avoid prevent handle do's mean isn't isnt wasn't wasnt doesn't doesnt don't dont won't wont can't cant".split()
)
# an "it" that only holds the place of what follows ("is it bad if ...")
_EXPLETIVE = re.compile(
    r"\bwhat does it mean (?:when|if|that|to)\b|\bis it (?:true|possible|better|worth|ok|okay|safe)\b|\bdoes it (?:make sense|matter)\b|\bit depends\b|\bworth it\b|"
    r"\b(?:is|was|be|makes?|made|find) it (?:\w+ )?(?!\w+ed\b)\w+ (?:if|to|that|when|whether)\b",
    re.I,
)
_PLURAL = frozenset("their they them these those both the each".split())
_CLAUSE = re.compile(r"[,;:.?!]\s|\b(?:and|but|or|when|while|if|because|so)\s", re.I)
# words that compare with, or add to, something said before
_ANAPHOR = re.compile(r"^(?:vs\.?|versus|compared)\b|\bwhat (?:changes|would change|if)\b|\b(?:same|other|else|different|instead|besides|either|ones?)\b|\bthere[?.!]*$", re.I)
# words that go back to an earlier turn, correct it or choose from it
_RETURN = re.compile(
    r"\bwhich (?:one|of (?:the|these|those|them))\b|\b(?:(?:go|going|come|coming) )?back to\b|\byou (?:said|mentioned|told|wrote|meant)\b|\bi (?:meant?|asked|was asking)\b|"
    r"\bearlier\b|\bnot convinced\b|^about (?:the|that|this|your)\b|^(?:regarding|wrt|re:?)\s|\bthe (?:two|three|four|first|second|third|last) (?:thing|point|part|question|of)\b",
    re.I,
)
# "going back to the index you mentioned, does it ...": an earlier turn, not the last one
_BACK_TO = re.compile(
    r"^(?:(?!roll|f[ae]ll|sen[dt]|writ|wrote)[a-z']+,? ){0,5}?(?:back|return(?:ing)?) to (?P<what>[^,.:;?!–—]+?)(?:[,.:;?!–—]|\s-)+\s+(?P<rest>.+)$", re.I
)
_AS_YOU_SAID = re.compile(r"\s+(?:that )?(?:you|we|i)\b.*$", re.I)
_AT_FIRST = re.compile(r"\b(?:first|start|beginning|top)\b", re.I)
_CONTRACTION = re.compile(r"\b(?:(?:is|are|was|do|does|did|ca|wo|would|should|could|has|have)n['’]?t|i['’]?[md]|i['’]ll)\b", re.IGNORECASE)
POINTING_TERMS = 6  # the pronoun of a message with more content words stands for something in it
ANTECEDENT_TERMS = 3  # so many in the earlier clauses of a message are what its pronouns stand for
ITEM_WORDS, SHORT_WORDS = 8, 2
_ASIDES = r"so|ok(?:ay)?|now|well|hmm|right|thanks|thank you"
_ASIDE = re.compile(rf"^(?:(?:{_ASIDES})[,.:!]*\s+)+", re.I)
_OPENER = re.compile(rf"^(?:(?:and|but|also|then|{_ASIDES})[,.:!]*\s+)+", re.I)
_TAG = re.compile(r"[,\s]+(?:then|tho(?:ugh)?|no|right|too|pls|please)\s*[?.!]*$", re.I)
_WHAT_ABOUT = re.compile(r"^(?:(?:and |but )?(?:what|how) about|and)\s+(?P<rest>.+)$", re.I)
_CORRECTION = re.compile(r"^(?:(?:yes|no|nope|sorry|hmm)\b[,. ]*)*i (?:meant|mean)\s+(?P<rest>.+?)$|^(?:yes|no)[, ]+(?P<first>.+?),? i mean(?:t)? that$", re.IGNORECASE)
_WHICH = re.compile(r"^which(?: (?:one|of (?:them|these|those|the two)))?\b", re.IGNORECASE)
_NAME = re.compile(r"[a-z]+-?\d[\w.-]*")  # gpt-4, e5
_ARTICLE = re.compile(r"^(?:the|a|an) ", re.I)
_CONTINUE = re.compile(
    rf"^(?:please )?(?:can you |could you )?(?:why|how(?: so| come)?|why (?:is|was) (?:that|it|this)(?: so)?|really|shorter(?: version)?|{DEPTH_WISH}|more(?: details?)?|"
    rf"explain (?:that |this |it )?(?:again|further|{DEPTH_WISH})|(?:give (?:me )?|show me |do you have )?(?:an? |another |some )?(?:example|code|worked example|analogy)s?|"
    r"summari[sz]e(?: (?:that|this|it))?|what else|continue|go on)(?: please)?\s*[?.!]*$",
    re.I,
)
# words at the ends of a question that are not what it is about
FRAME = STOPWORDS | frozenset("what's whats hows happens happen work works mean means matter differ difference between compare define simply pls vs versus stand stands".split())


def standalone_question(
    history: Sequence[Turn], question: str, glossary: Sequence[GlossaryTerm] = (), model: ChatModel | None = None,
    glance: Glance | None = None,
) -> str:
    """The question with its references to the conversation resolved; unchanged when it has none.

    With a chat model the model rewrites it. When that fails, and without a model, a message that leans on the conversation is completed. `glance`
    tells what the notes hold for a text (`Retriever.glance`), from which the fitted model judges; without it a message leans when a rule
    knows how to complete it.
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
        text = _OPENER.sub("", question)
        aspect = _ARTICLE.sub("", about["rest"] if (about := _WHAT_ABOUT.match(question)) else text).rstrip("?.! ")
        if self.subject and len(aspect.split()) <= SHORT_WORDS and not any(p.search(text) for p in (_RETURN, _ANAPHOR)):
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
        if not bullets and (prose := _ENUMERATION.search(answer)):
            self.items = [part.strip() for part in re.split(r",\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+", prose[1]) if part.strip()]
            self.listed = True
            return
        names = [match[1] or match[2] for b in bullets if (match := re.match(r"\*\*(.+?)\*\*|([^:.,;(–—]{2,60})", b))]
        if len(names) > 1:
            self.items, self.listed = [" ".join(name.strip(" :*.").split()[:ITEM_WORDS]) for name in names], True
        elif _COUNTED.search(answer) and len(named := self._entities(answer)) > 1:
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
        refused = self._glance(question).confidence < load_coefficients().partial_floor
        aside = refused and not features["rules"] and (not features["refers"] or self._foreign(question, self._glance))
        wanted = REFUSED_LEANS_FROM if aside else LEANS_FROM
        return load_leaning().probability_of(question, features) >= wanted

    def _foreign(self, question: str, glance: Glance) -> bool:
        """True when no term of a message was said before, or is in the passages that it finds behind the previous question."""
        joined = glance(put_behind(self.previous, _OPENER.sub("", question)))
        passages = [f"{hit.chunk.heading} {hit.chunk.text}" for hit in joined.hits]
        return not set(tokenize(question)) & set(tokenize(" ".join((*passages, *self.asked, self.answer))))

    def leaning_features(self, question: str) -> dict[str, float]:
        """What tells whether a message leans on the conversation, beside its words; empty for one that does not: it has no words that could,
        is a scenario of its own, or a question of the bank. Empty also when there is nothing to lean on."""
        if self._glance is None or not self.previous or len(question) > LONGEST_LEANING or not _LETTER.search(question):
            return {}
        alone = self._glance(question)
        if alone.same_question:
            return {}
        text = _OPENER.sub("", question)
        plain = _TAG.sub("", text)
        return leaning_features(
            text, self.asked, self.answer, alone, self._glance(put_behind(self.previous, text)), names=len(self._entities(text)),
            rules=bool(self._ask_the_same(question) or self._apply_rules(question)), back=any(self._points_back(plain, match) for match in _PRONOUN.finditer(plain)),
            refers=any(pattern.search(question) for pattern in (_PRONOUN, _ORDINAL, _ANAPHOR, _RETURN, _WHAT_ABOUT)),
        )

    def _apply_rules(self, question: str) -> str:
        """The message with what its words refer to; empty when they refer to nothing."""
        text = _TAG.sub("", _OPENER.sub("", question))
        return self._go_on(text) or self._point_back(text)

    def _go_on(self, text: str) -> str:
        """`why?`, `no, i meant ...`, `back to ..., ...`: the question that it goes on with, and this behind it; empty for other messages."""
        if _CONTINUE.match(text):
            return put_behind(self.previous, text)
        if back := _BACK_TO.match(text):
            return put_behind(self._asked_about(back["what"]), f"{_AS_YOU_SAID.sub('', back['what'])}, {back['rest']}")
        meant = _CORRECTION.match(text)
        return put_behind(self.previous, meant["rest"] or meant["first"]) if meant else ""

    def _asked_about(self, what: str) -> str:
        """The earlier question that shares most words with `what`, itself or in its answer, of equal ones the latest; the first for "the
        first thing", the previous where none shares a word."""
        if self.turns and _AT_FIRST.search(what):
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
        back = [match for match in _PRONOUN.finditer(named) if self._points_back(named, match)]
        if back:
            joined = self._join(named, back)
            return "" if joined.lower() == text.lower() else joined
        if named != text:
            told = [item for item in self.items if _plain(item) in _plain(named)]
            known = any(_plain(item) in _plain(self.subject) or len(item.split()) > 2 for item in told)
            return _capitalize(named) if known else self._join(named)
        if _WHICH.match(text) and self.listed and len(self._entities(text)) < 2:
            return _capitalize(f"{text.rstrip('?.! ')} ({' vs '.join(self.items[:3])})?")
        return ""

    def _ask_the_same(self, question: str) -> str:
        """`and IVF?`, `what about IVF?` after a question on HNSW: the same question on IVF; empty for other messages."""
        about = _WHAT_ABOUT.match(_TAG.sub("", _ASIDE.sub("", question)))
        name = _ARTICLE.sub("", about["rest"].rstrip("?.! ")) if about else ""
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
            if self.names and (len(self.names) == 1 or word.split()[0] in _PLURAL):
                name = " and ".join(self.names[:3]) + ("'s" if word in {"its", "their"} else "")
                joined = joined[: match.start()] + name + joined[match.end() :]
        if joined == text and self.subject:
            joined = f"{text.rstrip('?.! ')} ({self.subject})?"
        return _capitalize(joined)

    def _replace_ordinals(self, text: str) -> str:
        def name(match: re.Match[str]) -> str:
            place = _ORDINALS[(match[1] or match[2]).lower()]
            usable = self.items and -len(self.items) <= place < len(self.items)
            return self.items[place] if usable else match[0]

        def pair(match: re.Match[str]) -> str:
            named = self.items[:2] if match["end"].lower() == "first" else self.items[-2:]
            return " and ".join(named) if len(named) > 1 else match[0]

        return _ORDINAL.sub(name, _PAIR.sub(pair, text))

    def _points_back(self, text: str, match: re.Match[str]) -> bool:
        """True when a pronoun stands for something said before this message, not for something in an earlier clause of it."""
        word, before = match[1].lower(), text[: match.start()]
        if word in {"that", "this", "these", "those"}:
            at_end = not text[match.end() :].strip(" ?.!")
            last = before.lower().split()[-1:]
            if not (at_end or not last or last[0].strip(",;") in _POINTS_BACK):
                return False
        if word == "it" and any(m.start() <= match.start() < m.end() for m in _EXPLETIVE.finditer(text)):
            return False
        breaks = [found.start() for found in _CLAUSE.finditer(before)]
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
                acronym = acronym or (length == 1 and bool(_NAME.fullmatch(phrase)))
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
    return len(set(tokenize(_CONTRACTION.sub(" ", text))))


def _subject(question: str) -> str:
    """What a question is about: the question without the words that only make it one, at its beginning and its end."""
    words = question.strip().rstrip("?.! ").split()
    while words and words[0].lower().strip(",") in FRAME:
        words.pop(0)
    while words and words[-1].lower() in FRAME:
        words.pop()
    return " ".join(words)


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
