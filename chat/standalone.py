"""Making a follow-up turn understandable without its conversation, so that it can be searched for.

Without a chat model this is done by rules: references are replaced by what the earlier questions were about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chat.intents import comparison_sides
from core.content import GlossaryTerm
from core.errors import EndpointError
from core.models import ChatModel
from core.types import Turn
from prompts import render

FENCE = "=====CONVERSATION====="
HISTORY_TURNS = 6
MAX_STANDALONE_CHARACTERS = 400

_ORDINALS = {"first": 0, "former": 0, "second": 1, "latter": -1, "third": 2, "fourth": 3, "last": -1}
_ORDINAL = re.compile(
    r"\bthe (?:(first|second|third|fourth|last)(?: (?:one|option|approach|method|technique|of (?:them|these|those))\b|(?=[?.!]*$))|(former|latter)(?: one| option)?\b)", re.I
)
_ENUMERATION = re.compile(r":\s+((?:[\w -]{2,30}, )*[\w -]{2,30},? (?:and|or) [\w -]{2,30})\.")
_PRONOUN = re.compile(
    r"\b(its|it|their|them|they|both(?: of them)?|those two|the two|each(?: of them)?(?=[?.!]*$)|(?:this|that|these|those)(?: (?:one|ones|approach|approaches|method|methods|technique|techniques|idea|algorithm|metric|model))?)\b",
    re.I,
)
# "that" after a noun is a relative pronoun ("a technique that reduces"); after these words, or at the end, it points back
_POINTS_BACK = frozenset(
    "does do did is are was were can could would will should about of for with to in on from like why how and than so explain use using "
    "compute calculate measure detect fix avoid prevent handle do's mean".split()
)
_EXPLETIVE = re.compile(r"\bwhat does it mean (?:when|if|that|to)\b|\bis it (?:true|possible|better|worth|ok|okay|safe)\b|\bdoes it (?:make sense|matter)\b|\bit depends\b", re.I)
OWN_CONTEXT_WORDS = 9  # a question this long that names its subject before the pronoun means its own subject
_OPENER = re.compile(r"^(?:and|but|so|ok(?:ay)?|also|then|now|well|hmm|right|thanks|thank you)[,.:!]*\s+", re.I)
_WHAT_ABOUT = re.compile(r"^(?:(?:and |but )?(?:what|how) about|and)\s+(?P<rest>.+)$", re.I)
_CONTINUE = re.compile(
    r"^(?:please )?(?:can you |could you )?(?:why|how(?: so| come)?|why (?:is|was) (?:that|it|this)(?: so)?|really|go deeper|deeper|more(?: detail)?s?|tell me more|say more|elaborate|"
    r"expand(?: on (?:that|this|it))?|explain (?:that |this |it )?(?:simpler|more simply|simply|again|further|in simple(?:r)? (?:terms|words)|like i'?m (?:five|5))|simpler(?: please)?|30 seconds|in 30 seconds|"
    r"(?:give me |show me |do you have )?(?:an? |another |some )?(?:example|code|worked example|analogy)s?|summari[sz]e(?: (?:that|this|it))?|what else|continue|go on)(?: please)?\s*[?.!]*$",
    re.I,
)
_SCAFFOLD = re.compile(
    r"^(?:please |can you |could you |would you )*(?:explain(?: to me)?(?: how| what| why| the concept of)?|describe(?: how)?|tell me (?:about|how|what)|define|give me|"
    r"what(?:'s| is| are| does| do| happens (?:in|during))|how (?:does|do|is|are|would you|would|can|should|to)|why (?:is|are|does|do|use)|when (?:should|would|do) (?:i|you|we)(?: use)?|where|who|which|"
    r"compare(?: and contrast)?|list|name|implement|design)\s+",
    re.I,
)
_TAIL = re.compile(r"\s+(?:works?|mean|means|stand for|used for|matter|differ.*|do)$", re.I)


def standalone_question(
    history: Sequence[Turn], question: str, glossary: Sequence[GlossaryTerm] = (), model: ChatModel | None = None
) -> str:
    """The question with its references to the conversation resolved; unchanged when it has none.

    With a chat model the model rewrites it; when that fails, and without a model, rules do.
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
    resolver = _Resolver(glossary)
    for turn in history:
        if turn.role == "user":
            resolver.resolve(turn.content)
        else:
            resolver.hear(turn.content)
    return resolver.resolve(question)


def _ask_model(history: Sequence[Turn], question: str, model: ChatModel) -> str:
    shown = "\n".join(f"{turn.role}: {turn.content[:1500]}" for turn in history[-HISTORY_TURNS:]).replace(FENCE, "")
    reply = model.complete(render("chat", "standalone", history=shown, question=question, fence=FENCE))
    line = " ".join(reply.split()).strip("\"' ")
    return line if 0 < len(line) <= MAX_STANDALONE_CHARACTERS else ""


class _Resolver:
    """Follows a conversation turn by turn: what it is about (`focus`), and the things it has named in order (`items`)."""

    def __init__(self, glossary: Sequence[GlossaryTerm]) -> None:
        names = {name for term in glossary for name in term.names if len(name) > 1}
        self._names = {name.lower() for name in names}
        self.previous = ""
        self.focus = ""
        self.items: list[str] = []

    def resolve(self, question: str) -> str:
        """The standalone form of the next user turn; the focus moves on."""
        text = _OPENER.sub("", " ".join(question.split())) if self.previous else " ".join(question.split())
        resolved = self._rewrite(text, question) if self.previous else text
        self._note(resolved, asked=text)
        return resolved[:MAX_STANDALONE_CHARACTERS]

    def hear(self, answer: str) -> None:
        """Remember what an answer enumerates, for "the second one"."""
        bullets = re.findall(r"^\s*(?:[-*+]|\d+[.)])\s+(.+)$", answer, re.MULTILINE)
        if not bullets and (prose := _ENUMERATION.search(answer)):
            self.items = [part.strip() for part in re.split(r",\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+", prose[1]) if part.strip()]
            return
        names = [match[1] or match[2] for b in bullets if (match := re.match(r"\*\*(.+?)\*\*|([^:.,;(–—]{2,40})[:(–—]", b))]
        if len(names) > 1:
            self.items = [name.strip(" :*.") for name in names]

    def _rewrite(self, text: str, question: str) -> str:
        if _CONTINUE.match(text):
            return f"{self.previous.rstrip('?.! ')}: {text[0].lower()}{text[1:]}"
        replaced = self._replace_ordinals(text)
        if any(self._points_back(replaced, match, question) for match in _PRONOUN.finditer(replaced)):
            return _capitalize(self._replace_pronouns(replaced, question))
        if replaced != text:
            return _capitalize(replaced)
        if match := _WHAT_ABOUT.match(question.strip()):
            return self._swap(match["rest"])
        if len(text.split()) <= 4 and not self._entities(text) and self.focus and not comparison_sides(text):
            return _capitalize(f"{text.rstrip('?.! ')} of {self.focus}?")
        return text

    def _replace_ordinals(self, text: str) -> str:
        def name(match: re.Match[str]) -> str:
            place = _ORDINALS[(match[1] or match[2]).lower()]
            usable = self.items and -len(self.items) <= place < len(self.items)
            return self.items[place] if usable else match[0]

        return _ORDINAL.sub(name, text)

    def _points_back(self, text: str, match: re.Match[str], question: str) -> bool:
        """True when a pronoun stands for something said before this question."""
        word, before = match[1].lower(), text[: match.start()].split()
        if word in {"that", "this", "these", "those"}:
            at_end = not text[match.end() :].strip(" ?.!")
            if not (at_end or not before or before[-1].lower().strip(",;") in _POINTS_BACK):
                return False
        if word == "it" and any(m.start() <= match.start() < m.end() for m in _EXPLETIVE.finditer(text)):
            return False
        opened = bool(_OPENER.match(question))
        own_context = len(text.split()) >= OWN_CONTEXT_WORDS and bool(self._entities(text[: match.start()]))
        return opened or not own_context

    def _replace_pronouns(self, text: str, question: str) -> str:
        plural = " and ".join(self.items[:3]) if len(self.items) > 1 else self.focus

        def name(match: re.Match[str]) -> str:
            if not self._points_back(text, match, question):
                return match[0]
            word = match[1].lower()
            if word in {"its", "their"}:
                return f"{self.focus if word == 'its' else plural}'s"
            many = word.split()[0] in {"they", "them", "these", "those", "both", "the", "each"}
            return (plural if many else self.focus) or match[0]

        return _PRONOUN.sub(name, text)

    def _swap(self, rest: str) -> str:
        """`What about IVF?` after a question on HNSW: the same question on IVF."""
        rest = re.sub(r"^(?:the|a|an) ", "", rest.rstrip("?.! "), flags=re.I)
        entities = self._entities(rest)
        if self.focus and entities and len(rest.split()) <= 5:
            pattern = re.compile(rf"(?<!\w){re.escape(self.focus)}(?!\w)", re.I)
            if pattern.search(self.previous):
                return pattern.sub(lambda _: rest, self.previous)
        if entities or not self.focus:
            return _capitalize(f"{rest}?")
        return _capitalize(f"{rest} of {self.focus}?")

    def _note(self, resolved: str, asked: str) -> None:
        self.previous = resolved
        sides = comparison_sides(resolved)
        entities = self._entities(resolved)
        if len(sides) > 1:
            self.items, self.focus = sides, sides[0]
        elif entities:
            self.focus = entities[0]
            if len(entities) > 1:
                self.items = entities
        elif not self._entities(asked) and not _CONTINUE.match(asked):
            self.focus = _subject(resolved) or self.focus

    def _entities(self, text: str) -> list[str]:
        """Names of the field in a text, in order: glossary names first of all, else acronyms and capitalised words inside it."""
        words = re.findall(r"[A-Za-z0-9@+#]+(?:[-./][A-Za-z0-9@+#]+)*", text)
        found: list[str] = []
        position = 0
        while position < len(words):
            for length in range(min(5, len(words) - position), 0, -1):
                phrase = " ".join(words[position : position + length])
                known = phrase.lower() in self._names or phrase.lower().removesuffix("s") in self._names
                acronym = length == 1 and len(phrase) > 1 and sum(c.isupper() or c.isdigit() for c in phrase) >= 2
                if known or acronym:
                    found.append(phrase)
                    position += length - 1
                    break
            position += 1
        return list(dict.fromkeys(found))


def _subject(question: str) -> str:
    """What a question is about, its scaffolding removed."""
    text, previous = question.strip().rstrip("?.! "), ""
    while previous != text:
        previous, text = text, re.sub(r"^(?:the|a|an)\s+", "", _SCAFFOLD.sub("", text), flags=re.I)
    text = _TAIL.sub("", text)
    return text if len(text.split()) <= 8 else ""


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
