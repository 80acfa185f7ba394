"""Messages that ask nothing of the notes: courtesies, and the wish to be asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.content import QuestionLevel

QUESTIONS, MOST_QUESTIONS = 5, 10  # offered when no number is named, and at most
_NUMBERS = {name: n for n, name in enumerate("one two three four five six seven eight nine ten".split(), start=1)} | {"couple": 2}

# A message of nothing but the words of a pair, at least one of them of its first set, is a courtesy.
_GREETING = (
    frozenset("hi hii hello helo hey heyy hiya yo howdy hola namaste greetings morning afternoon evening whats what's up going".split()),
    frozenset(
        "good day there again all everyone bot groundwork mate how how's are u you doing today it is it's nice to meet anyone and".split()
    ),
)
_THANKS = (
    frozenset(
        "thanks thank thx ty tysm cheers appreciate appreciated ok okay great cool perfect awesome alright understood bye goodbye got "
        "sense helps helpful night clear".split()
    ),
    frozenset(
        "you u so much a lot very many it that that's thats this was is all for today now see ya later tomorrow good nice well i me the "
        "your explanation explaining help answer wow ah oh yes no right really makes make again man mate been and".split()
    ),
)
_HELP = re.compile(
    r"(?:can|could|will) you help(?: me)?|help(?: me)?(?: please)?"
    r"|(?:so )?what (?:else )?(?:kinds? of )?(?:things )?(?:can|do|could) (?:you|u|i) (?:do|ask|help(?: me)? with)(?: (?:here|you|for me))*"
    r"|(?:who|what) (?:are|r) (?:you|u)|are you (?:chat ?gpt|an? (?:ai|bot|llm|human|person|robot)|real|human)"
    r"|what is (?:this|groundwork)(?: \w+)?(?: for)?|where do (?:your|the) answers come from|how do you work"
    r"|how (?:do|can|should) i (?:use|start(?: with)?|work with) (?:this|you|it|groundwork|here)(?: \w+)?"
    r"|how does (?:this|groundwork)(?: \w+)? work|(?:i'?m new here )?where do i (?:start|begin)|commands?|menu|instructions",
)
GREETING = (
    "Hello! Ask about any topic of the roadmap: every answer comes from your notes, with its source beside it. "
    "To be asked instead, write *quiz me on RAG*."
)
THANKS = "Good. Ask on whenever you like, or let me ask you: *quiz me*."
HELP = """I answer from your notes, with a citation for every passage, and say so when something is not in them. You can

- want it shorter, simpler or deeper: *in 30 seconds*, *simpler*, *go deeper*;
- be asked: *give me five questions on chunking*, or open **Practice** and **Interview**;
- ask what to study: *my interview is in a week, what should I focus on?*;
- add documents of your own, as the README shows."""

_ITEM = r"(?:questions?|qu?stions?|q'?s|mcqs?|flash ?cards?|quiz(?:zes)?)\b"
_ABOUT = r"(?:about|abt|on|of|regarding|re:?|for|around|covering|with|from)"
_ASKERS = r"(?:interviewers?|compan(?:y|ies)|recruiters?|hiring managers?|they)"
_MANY = rf"(?:(?:some|more|another|next|a|few|couple of|top|list of|random|\d{{1,2}}|{'|'.join(_NUMBERS)}) )+"
_GIVE = r"(?:(?:give|ask|send|show|throw)(?: me| at me)|give|list|generate|create|make|write|suggest|i want|i need|i(?:'d| would) like)"
_REQUESTS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    r"^(?!how (?:do|does|can|should)\b).*\b(?:quiz+|test|drill|grill|examine|challenge|try) me\b",
    r"\b(?:test my|check (?:how well|whether|if) i)\b|\b(?:to|me) be (?:tested|quizzed)\b",
    r"^(?:quiz|test|drill)\b(?=:| (?:on|about)\b)",
    r"^(?!how|why|when)(?:.*\W)?ask me (?:about|abt|on|some|something|anything|stuff|an?|more|another|\w+ (?:\w+ )?questions?)\b",
    rf"^(?:can|could|would|will|may) (?:you|u|i|we)\b.*\b(?:ask|give|have|get|send|show|make|generate|write)\b.*?\b{_ITEM}(?! mean)",
    rf"^{_GIVE}\b(?!.*\bexample)[^:]*?\b{_ITEM}",
    r"^(?:give|ask|hit|send|throw)(?: me| at me)?(?: with)? (?:\w+ ){0,2}(?:hard|easy|tricky|tough|good|difficult|simple) ones?\b",
    rf"^(?:any|do you have) (?:[\w-]+ ){{0,2}}?{_ITEM}",
    rf"^{_MANY}(?:[\w-]+ ){{0,3}}?{_ITEM}(?=$| (?:{_ABOUT}|an?|the|interviewers?) )|^\d+ more$",
    rf"^(?!how|why|when|can an?|does|do )(?:.*\W)?(?:interview|practi[cs]e|mock) {_ITEM}(?=$|,| (?:{_ABOUT}|please|pls|plz)\b)",
    rf"^(?:what|which|how)\b.*\b{_ASKERS}\b.*\b(?:asks?|asked|test me)\b(?: me)?(?:$| (?:{_ABOUT}|in)\b)",
    rf"^(?:what|which)\b.*\b(?:i .*be asked|{_ITEM} .*asked (?:{_ABOUT}|in)|{_ITEM} (?:could|can|may|might|will|would|usually) come up)\b",
    r"^(?:let'?s |i(?:'d| would) like to |i want to )?(?:do |start |have )?(?:an? )?"
    r"(?:mock interview|practi[cs]e(?= (?:\w+ ){0,6}\w+$)(?! is))",
))  # fmt: skip
_OPENER = re.compile(
    r"^(?:(?:hi|hello|hey|thanks|thank you|thx|ok(?:ay)?|great|cool|so|now|and|please|pls|well)[,.!]*\s+)+", re.IGNORECASE
)
_CLOSER = re.compile(
    r"(?:[,\s]+(?:please|pls|plz|then|now|quickly|with me|(?:in|during|for) (?:an? |my |the |job )?interviews?|"
    r"(?:i )?could practi[cs]e with|asked))+$", re.IGNORECASE,
)
_SUBJECT = re.compile(
    rf"\b(?:{_ABOUT}|topic =|know|practi[cs]e)\s+(?!me\b|an?\b|some\b|for\b|\d|(?:\w+ )?{_ITEM})(?P<subject>.+)$", re.IGNORECASE
)
_BEFORE = re.compile(rf"^(?P<subject>(?:[\w+#-]+ ){{1,4}})(?:interview|practi[cs]e) {_ITEM}$", re.IGNORECASE)
_NO_SUBJECT = re.compile(
    r"(?:some|any)(?:thing(?: else)?)?|stuff|whatever|any topic|me|this|that|it|the topic|random(?: \w+)?|all (?:the )?topics|everything|"
    r"(?:the|my|an) interview|an?|questions?", re.IGNORECASE,
)
_LEVELS: tuple[tuple[re.Pattern[str], tuple[QuestionLevel, ...]], ...] = (
    (re.compile(r"\b(?:hard|harder|difficult|tough|tricky|challenging|advanced|senior|expert)\b", re.IGNORECASE), ("advanced", "expert")),
    (re.compile(r"\b(?:easy|easier|simple|basic|beginners?'?|entry[- ]level|junior)\b", re.IGNORECASE), ("beginner",)),
    (re.compile(r"\b(?:intermediate|medium|mid[- ]level)\b", re.IGNORECASE), ("intermediate",)),
)
_ABOUT_ROADMAP = re.compile(r"\broadmap\b", re.IGNORECASE)  # which questions it lists is part of what it says


@dataclass(frozen=True)
class QuestionRequest:
    """The wish to be asked `count` questions about `subject`; an empty subject is what the conversation is about.

    `levels` are those wanted; empty when none is named.
    """

    subject: str
    count: int
    levels: tuple[QuestionLevel, ...] = ()


def courtesy(message: str) -> str:
    """What to say to a greeting, to thanks and to a call for help; empty for any other message."""
    words = re.findall(r"[\w']+", message.lower().replace("’", "'"))
    said, text = set(words), " ".join(words)
    for (keys, others), reply in ((_GREETING, GREETING), (_THANKS, THANKS)):
        if said & keys and said <= keys | others:
            return reply
    return GREETING if text in {"how are you", "how are you today"} else HELP if _HELP.fullmatch(text) else ""


def question_request(message: str) -> QuestionRequest | None:
    """The request for questions that a message is; None for any other message.

    >>> question_request("can you give me three interview questions about LoRA?")
    QuestionRequest(subject='LoRA', count=3, levels=())
    """
    text = _CLOSER.sub("", _OPENER.sub("", " ".join(message.split()).strip("?.! ")))
    other = _ABOUT_ROADMAP.search(text) or re.search(r":\s*(?:what|why|how)", text)
    if other or not any(pattern.search(text) for pattern in _REQUESTS):
        return None
    found = _BEFORE.match(text) or _SUBJECT.search(text)
    subject = _CLOSER.sub("", found["subject"]).strip() if found else ""
    named = re.search(rf"\b(\d+|{'|'.join(_NUMBERS)})\b", text, re.IGNORECASE)
    single = re.search(r"\b(?:an?|another|next) (?:\w+ )?(?:question|one)\b", text, re.IGNORECASE)
    count = (int(named[1]) if named[1].isdigit() else _NUMBERS[named[1].lower()]) if named else 1 if single else QUESTIONS
    frame = text.replace(subject, "") if subject else text
    levels = next((levels for pattern, levels in _LEVELS if pattern.search(frame)), ())
    return QuestionRequest("" if _NO_SUBJECT.fullmatch(subject) else subject, max(1, min(count, MOST_QUESTIONS)), levels)
