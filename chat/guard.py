"""Paragraphs of the user's own documents that talk to the assistant and not to the reader: they are never quoted.

Shipped notes are trusted, and teach what such lines look like; a document from elsewhere may carry one. Retrieved text is data: the
extractive engine obeys nothing, but quoting a planted line would still put it before the learner.
"""

from __future__ import annotations

import re

from core.types import Chunk

_ADDRESSED = re.compile(
    r"<!--|</?(?:system|assistant|instructions?)>|^\[comment\]|\[/?inst\]|^\s*(?:system|assistant|user)\s*:|\|\s*for the assistant\b|"
    r"\b(?:note|message|memo|instructions?|attention|dear|hey|listen)[\w ,]{0,30}\b(?:to|for|,)?\s*(?:the |all )?(?:assistant|chatbot|language model|ai|llm|agent|grader)s?\b|"
    r"\b(?:the |l'|el |der )?(?:assistant|chatbot|asistente|assistent|grader)\b[^.]{0,60}\b(?:must|has to|should|shall|needs? to|will|accepts?|ne |debe|muss|:)|"
    r"\b(?:ignore|forget|disregard|override|bypass)\b[^.]{0,50}\b(?:previous|prior|above|earlier|question|instructions?|rules|prompt|notes?)\b|"
    r"\b(?:write|print|reply|respond|say|output|start|open|end|begin|finish|repeat|append|include|insert|add|put|mention)\b[^.]{0,60}"
    r"\b(?:the (?:word|string|phrase|token|code|line|sentence)s?|your (?:answer|reply|response|output)|times\b|verbatim|as the last line)|"
    r"\b(?:tell|ask|urge|instruct|advise) (?:the |every |each )?(?:reader|user|learner|student|candidate)s? to (?:open|click|visit|sign|send|enter|go|pay|call|install|download)|"
    r"\b(?:when|before|after|if|whenever) you (?:cite|quote|answer|reply|respond|summari[sz]e|use) (?:this|the|it|from|any)|\b(?:carry out|decode|obey|execute) (?:what|the|it|this)\b|"
    r"\battribute every (?:sentence|claim)|\bdo not (?:mention|reveal|tell|give its real|cite)\b|\bmaintenance mode\b|\bmode activated\b",
    re.IGNORECASE | re.MULTILINE,
)

# what reads it is told that it is meant, or how its output has to look
_MEANT = re.compile(
    r"<\|\w+\|>|\[/?(?:system|assistant)\]|\bbegin (?:system|hidden|secret|new) \w+|"
    r"\b(?:if|when|since|because|as) (?:you(?:'re| are) )?an? (?:ai|llm|language model|assistant|chat ?bot|bot|automated \w+)\b|"
    r"\b(?:ais?|llms?|(?:language|ai) models?|chat ?bots?|bots|assistants?|summari[sz]ers?|crawlers?) (?:that |who |which )?"
    r"(?:reads?|reading|process(?:es|ing)?|quot(?:es?|ing)|cit(?:es?|ing)|summari[sz](?:es?|ing)|index(?:es|ing)?)\b|"
    r"\b(?:answers?|repl(?:y|ies)|responses?|summar(?:y|ies)|quotes?|citations?)\b[^.]{0,40}\b(?:of|to|from|about|on) (?:this|these)\b[^.]{0,60}"
    r"\b(?:must|ha(?:s|ve) to|shall|should|needs? to)\b|"
    r"\b(?:must|ha(?:s|ve) to|shall|should|needs? to) (?:appear|be (?:included|mentioned|printed|added|repeated|placed|written|shown|said))\b[^.]{0,60}"
    r"\b(?:answers?|repl(?:y|ies)|responses?|summar(?:y|ies)|outputs?)\b",
    re.IGNORECASE,
)
_WRITES = re.compile(
    r"\b(?:write|print|say|reply|respond|answer|output|begin|start|end|finish|close|open|append|include|insert|add|mention|repeat|sign|prefix|type|use|"
    r"schreib\w*|antwort\w*|beginn\w*|ende\w*|[ée]cri\w+|r[ée]pond\w*|commenc\w+|termin\w+|escrib\w+|respond\w+|empie\w+|scriv\w+|rispond\w+)\b",
    re.IGNORECASE,
)
_CODE_WORD = re.compile(r"\b[A-Z]{5,}(?:[-_][A-Z]+)*[-_]\d{2,}\b")
_ENCODED = re.compile(r"(?<![\w/+])(?=[\w+/]*[a-z])(?=[\w+/]*[A-Z])(?=[\w+/]*\d)[A-Za-z0-9+/]{24,}={0,2}(?![\w/+])")


def addresses_assistant(text: str) -> bool:
    """True for a text that gives the assistant instructions instead of saying or asking something: it is spoken to, its output is
    prescribed, a code word is to be written, or an encoded text is handed over."""
    if _ADDRESSED.search(text) or _MEANT.search(text) or _ENCODED.search(text):
        return True
    return bool(_WRITES.search(text) and _CODE_WORD.search(text))


def hidden_spans(chunk: Chunk) -> list[tuple[int, int]]:
    """Start and end of the paragraphs of a chunk that are not to be quoted; none in shipped notes."""
    if not chunk.own:
        return []
    spans = []
    position = 0
    for paragraph in re.split(r"(\n\s*\n)", chunk.text):
        if addresses_assistant(paragraph):
            spans.append((position, position + len(paragraph)))
        position += len(paragraph)
    return spans
