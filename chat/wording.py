"""How people refer to what was said: the patterns and words by which `standalone.py` completes a message."""

import re

from chat.intents import DEPTH_WISH
from retrieval.lexical import STOPWORDS

ORDINALS = {"first": 0, "former": 0, "second": 1, "latter": -1, "third": 2, "fourth": 3, "last": -1}
ORDINAL = re.compile(
    r"\bthe (?:(first|second|third|fourth|last)(?: (?:one|option|approach|method|technique|of (?:them|these|those))\b|(?=[?.!]*$))|(former|latter)(?: one| option)?\b)", re.I
)
PAIR = re.compile(r"\bthe (?P<end>first|last) two\b", re.IGNORECASE)
ENUMERATION = re.compile(r":\s+((?:[\w -]{2,30}, )*[\w -]{2,30},? (?:and|or) [\w -]{2,30})\.")
COUNTED = re.compile(r"\b(?:two|three|four|several|both)\b", re.IGNORECASE)
PRONOUN = re.compile(
    r"\b(its|it|their|them|they|both(?: of them)?|those two|the two|each(?: of them)?(?=[?.!]*$)|(?:this|that|these|those)(?: (?:one|ones|approach|approaches|method|methods|technique|techniques|idea|algorithm|metric|model))?)\b",
    re.I,
)
# "that" after a noun is a relative pronoun ("a technique that reduces"); after these words, or at the end, it points back
POINTS_BACK = frozenset(
    "does do did is are was were can could would will should about of for with to in on from like why how and than so explain use using "
    "compute calculate measure detect fix avoid prevent handle do's mean isn't isnt wasn't wasnt doesn't doesnt don't dont won't wont can't cant".split()
)
# an "it" that only holds the place of what follows ("is it bad if ...")
EXPLETIVE = re.compile(
    r"\bwhat does it mean (?:when|if|that|to)\b|\bis it (?:true|possible|better|worth|ok|okay|safe)\b|\bdoes it (?:make sense|matter)\b|\bit depends\b|\bworth it\b|"
    r"\b(?:is|was|be|makes?|made|find) it (?:\w+ )?(?!\w+ed\b)\w+ (?:if|to|that|when|whether)\b",
    re.I,
)
PLURAL = frozenset("their they them these those both the each".split())
CLAUSE = re.compile(r"[,;:.?!]\s|\b(?:and|but|or|when|while|if|because|so)\s", re.I)
# words that compare with, or add to, something said before
ANAPHOR = re.compile(r"^(?:vs\.?|versus|compared)\b|\bwhat (?:changes|would change|if)\b|\b(?:same|other|else|different|instead|besides|either|ones?)\b|\bthere[?.!]*$", re.I)
# words that go back to an earlier turn, correct it or choose from it
RETURN = re.compile(
    r"\bwhich (?:one|of (?:the|these|those|them))\b|\b(?:(?:go|going|come|coming) )?back to\b|\byou (?:said|mentioned|told|wrote|meant)\b|\bi (?:meant?|asked|was asking)\b|"
    r"\bearlier\b|\bnot convinced\b|^about (?:the|that|this|your)\b|^(?:regarding|wrt|re:?)\s|\bthe (?:two|three|four|first|second|third|last) (?:thing|point|part|question|of)\b",
    re.I,
)
# "going back to the index you mentioned, does it ...": an earlier turn, not the last one
BACK_TO = re.compile(
    r"^(?:(?!roll|f[ae]ll|sen[dt]|writ|wrote)[a-z']+,? ){0,5}?(?:back|return(?:ing)?) to (?P<what>[^,.:;?!–—]+?)(?:[,.:;?!–—]|\s-)+\s+(?P<rest>.+)$", re.I
)
AS_YOU_SAID = re.compile(r"\s+(?:that )?(?:you|we|i)\b.*$", re.I)
AT_FIRST = re.compile(r"\b(?:first|start|beginning|top)\b", re.I)
CONTRACTION = re.compile(r"\b(?:(?:is|are|was|do|does|did|ca|wo|would|should|could|has|have)n['’]?t|i['’]?[md]|i['’]ll)\b", re.IGNORECASE)
ASIDES = r"so|ok(?:ay)?|now|well|hmm|right|thanks|thank you"
ASIDE = re.compile(rf"^(?:(?:{ASIDES})[,.:!]*\s+)+", re.I)
OPENER = re.compile(rf"^(?:(?:and|but|also|then|{ASIDES})[,.:!]*\s+)+", re.I)
TAG = re.compile(r"[,\s]+(?:then|tho(?:ugh)?|no|right|too|pls|please)\s*[?.!]*$", re.I)
WHAT_ABOUT = re.compile(r"^(?:(?:and |but )?(?:what|how) about|and)\s+(?P<rest>.+)$", re.I)
CORRECTION = re.compile(r"^(?:(?:yes|no|nope|sorry|hmm)\b[,. ]*)*i (?:meant|mean)\s+(?P<rest>.+?)$|^(?:yes|no)[, ]+(?P<first>.+?),? i mean(?:t)? that$", re.IGNORECASE)
WHICH = re.compile(r"^which(?: (?:one|of (?:them|these|those|the two)))?\b", re.IGNORECASE)
NAME = re.compile(r"[a-z]+-?\d[\w.-]*")  # gpt-4, e5
ARTICLE = re.compile(r"^(?:the|a|an) ", re.I)
CONTINUE = re.compile(
    rf"^(?:please )?(?:can you |could you )?(?:why|how(?: so| come)?|why (?:is|was) (?:that|it|this)(?: so)?|really|shorter(?: version)?|{DEPTH_WISH}|more(?: details?)?|"
    rf"explain (?:that |this |it )?(?:again|further|{DEPTH_WISH})|(?:give (?:me )?|show me |do you have )?(?:an? |another |some )?(?:example|code|worked example|analogy)s?|"
    r"summari[sz]e(?: (?:that|this|it))?|what else|continue|go on)(?: please)?\s*[?.!]*$",
    re.I,
)
REFERRING = (PRONOUN, ORDINAL, ANAPHOR, RETURN, WHAT_ABOUT)
# words at the ends of a question that are not what it is about
FRAME = STOPWORDS | frozenset("what's whats hows happens happen work works mean means matter differ difference between compare define simply pls vs versus stand stands".split())
