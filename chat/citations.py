"""Citations `[n]` in an answer: read, verified, and the answer made safe to render."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chat.passages import split_units
from core.judge import Judge
from core.overlap import judge_support
from core.support import is_supported
from core.types import Source

CITATION = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
UNSUPPORTED_MARK = "*(not found in the cited passage)*"
_IMAGE = re.compile(r"!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])?")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((\S+?)(?:\s+\"[^\"]*\")?\)")
_AUTOLINK = re.compile(r"<(https?://[^>\s]+)>")
_BARE_URL = re.compile(r"(?<![\w(\[`])https?://[^\s)>\]]+")
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
_PARAGRAPHS = re.compile(r"(```.*?(?:```|\Z)|\n{2,})", re.DOTALL)


@dataclass(frozen=True)
class Verified:
    """A checked answer: text with invalid citations dropped and unsupported sentences marked, and the sources it cites."""

    text: str
    sources: tuple[Source, ...]
    unsupported: int


def cited_numbers(text: str) -> list[int]:
    """Citation numbers in order of appearance, each once; an index in code is none."""
    numbers = [int(n) for match in CITATION.finditer(CODE.sub("", text)) for n in re.split(r"\s*[,;]\s*", match[1])]
    return list(dict.fromkeys(numbers))


def drop_unknown(text: str, known: set[int]) -> str:
    """Remove citations of sources that were not given; `[1, 9]` becomes `[1]`."""

    def keep(match: re.Match[str]) -> str:
        numbers = [n for n in re.split(r"\s*[,;]\s*", match[1]) if int(n) in known]
        return "".join(f"[{int(n)}]" for n in numbers)

    def clean(part: str) -> str:
        return re.sub(r"[ \t]+(?=[.,;:!?](?:\s|$))", "", CITATION.sub(keep, part))

    return outside_code(text, clean)


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """The text with every part changed that is not code."""
    return "".join(part if part.startswith("`") else change(part) for part in CODE.split(text))


def verify(text: str, sources: Sequence[Source], judge: Judge | None = None) -> Verified:
    """Check a generated answer against its sources; without a judge, shared words decide (core/support.py).

    Citations outside the sources are dropped; each sentence is judged against the passages it cites (the paragraph's, when it
    cites none itself) and marked when they do not support it; every cited source's quote becomes the sentence that fits best.
    """
    by_number = {source.n: source for source in sources}
    text = drop_unknown(text, set(by_number))
    quotes: dict[int, tuple[float, str]] = {}
    unsupported = 0
    out: list[str] = []
    for paragraph in _PARAGRAPHS.split(text):
        if paragraph.startswith("```"):
            out.append(paragraph)
            continue
        inherited = cited_numbers(paragraph)
        pieces: list[str] = []
        position = 0
        for unit in _attach_citations(paragraph):
            pieces.append(paragraph[position : unit[1]])
            position = unit[1]
            claim = CITATION.sub("", paragraph[unit[0] : unit[1]]).strip()
            if len(claim.split()) < 4:
                continue
            numbers = cited_numbers(paragraph[unit[0] : unit[1]]) or inherited
            if not _supported(claim, [by_number[n] for n in numbers], quotes, judge):
                unsupported += 1
                pieces.append(f" {UNSUPPORTED_MARK}")
        pieces.append(paragraph[position:])
        out.append("".join(pieces))
    final = "".join(out)
    cited = tuple(
        replace(by_number[n], quote=quotes[n][1] if n in quotes else by_number[n].quote) for n in sorted(cited_numbers(final))
    )
    return Verified(final, cited, unsupported)


def _attach_citations(paragraph: str) -> list[tuple[int, int]]:
    """Spans of the sentences of a paragraph, each with the citations that follow its full stop."""
    spans: list[tuple[int, int]] = []
    for unit in split_units(paragraph):
        if unit.kind not in {"sentence", "item"}:
            continue
        start, end = unit.start, unit.end
        lead = re.match(r"(?:\s*\[\d[\d,; ]*\])+", paragraph[start:end])
        if lead and spans:  # "Claim. [1] Next claim." - the citation belongs to the sentence before
            spans[-1] = (spans[-1][0], start + lead.end())
            start += lead.end()
        if paragraph[start:end].strip():
            spans.append((start, end))
    return spans


def _supported(
    claim: str, cited: Sequence[Source], quotes: dict[int, tuple[float, str]], judge: Judge | None
) -> bool:
    """Judge a claim against the passages it cites together, and remember the best sentence of each."""
    if not cited:
        return False
    everything: list[str] = []
    for source in cited:
        sentences = [unit.text for unit in split_units(source.text)]
        everything += sentences
        judgement = judge_support(claim, sentences)
        if judgement.sentence is not None and judgement.coverage > quotes.get(source.n, (0.0, ""))[0]:
            quotes[source.n] = (judgement.coverage, sentences[judgement.sentence])
    return is_supported(claim, everything, judge)


def make_safe(text: str, sources: Sequence[Source] = ()) -> str:
    """Markdown that renders no image, no raw HTML, and no link that the cited passages do not contain themselves."""
    allowed = " ".join(source.text for source in sources)

    def link(match: re.Match[str]) -> str:
        return match[0] if match[2] in allowed and match[2].startswith("https://") else match[1]

    def clean(part: str) -> str:
        part = _IMAGE.sub(lambda m: m[1], part)
        part = _LINK.sub(link, part)
        part = _AUTOLINK.sub(lambda m: f"`{m[1]}`", part)
        part = _BARE_URL.sub(lambda m: m[0] if m[0].rstrip(".,;") in allowed else f"`{m[0]}`", part)
        return _TAG.sub("&lt;", part)

    return outside_code(text, clean)
