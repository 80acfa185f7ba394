"""Does the check of generated sentences tell a right sentence from a planted fault? Through `chat.citations.verify`.

Passages and key points are of the part that the judge was not trained on. A sentence of the passage with one word changed is an
easy fault, and a sentence quoted from it an easy true claim: comparing words finds both. The paraphrases, said in other words
against the key point they state or contradict, are what a model writes.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chat.citations import verify
from core.content import anchor_of
from core.judge import Judge
from core.types import Chunk, Source
from evals.judge.data import sentences_of
from evals.judge.edits import plant_fault
from evals.judge.texts import load_texts, split_of
from evals.quality.figures import Figures, mean_figure

SAMPLE = 400  # sentences, and paraphrases of either kind
_UNIT = re.compile(r"\b(?:[KMGT]i?B|m?s|seconds|milliseconds|bits|bytes|million|billion|tokens|characters)\b")
_NEGATION = re.compile(r"\bnot\b|\bcannot\b")


@dataclass(frozen=True)
class Fault:
    """A sentence of a passage, and the same with one fault."""

    passage: str
    right: str
    wrong: str

    @property
    def kind(self) -> str:
        """What was changed.

        >>> Fault("", "It takes 4 GB.", "It takes 8 GB.").kind, Fault("", "It is fast.", "It is not fast.").kind
        ('number', 'negation')
        """
        if re.findall(r"\d+(?:\.\d+)?", self.right) != re.findall(r"\d+(?:\.\d+)?", self.wrong):
            return "number"
        if len(_NEGATION.findall(self.right)) != len(_NEGATION.findall(self.wrong)):
            return "negation"
        return "unit" if _UNIT.findall(self.right) != _UNIT.findall(self.wrong) else "relation"


def planted_faults(chunks: Sequence[Chunk], count: int = SAMPLE, seed: int = 0) -> list[Fault]:
    """A seeded sample of sentences of the notes with one planted fault each, from parts that the judge was not trained on."""
    random_ = random.Random(seed)  # noqa: S311 - not for security
    faults = list(_all_faults(chunks, random_))
    return random_.sample(faults, min(count, len(faults)))


def _all_faults(chunks: Sequence[Chunk], random_: random.Random) -> Iterator[Fault]:
    for chunk in chunks:
        if not chunk.section or chunk.part == "Sources" or split_of(anchor_of(chunk.document, chunk.section, chunk.part)) != "test":
            continue
        for sentence in sentences_of(chunk.text):
            right = " ".join(sentence.split())
            wrong = plant_fault(right, chunk.text, random_)
            if wrong:
                yield Fault(chunk.text, right, wrong)


def is_marked(claim: str, passage: str, judge: Judge | None) -> bool:
    """True when the check of a generated answer marks this claim as not supported by the passage it cites."""
    source = Source(
        n=1, chunk_id="", document="", title="", topic=None, heading="", page=None, quote="", text=passage
    )
    return verify(f"{claim} [1]", [source], judge).unsupported > 0


def support_figures(faults: Sequence[Fault], judge: Judge | None, paraphrases: int = SAMPLE) -> Figures:
    """Shares of planted faults found, overall and by kind, and of right sentences marked; the same of paraphrases."""
    found = [is_marked(fault.wrong, fault.passage, judge) for fault in faults]
    figures = {
        "planted faults found": mean_figure(found),
        "false alarms": mean_figure([is_marked(fault.right, fault.passage, judge) for fault in faults], "lower"),
    }
    for kind in sorted({fault.kind for fault in faults}):
        own = [hit for hit, fault in zip(found, faults, strict=True) if fault.kind == kind]
        figures[f"planted faults found, {kind}"] = mean_figure(own)
    if paraphrases:
        figures |= _paraphrase_figures(paraphrases, judge)
    return figures


def _paraphrase_figures(count: int, judge: Judge | None) -> Figures:
    texts = [texts for texts in load_texts() if split_of(texts.question) == "test"]
    random_ = random.Random(0)  # noqa: S311 - not for security
    right = [(claim, t.point) for t in texts for claim in t.right]
    wrong = [(claim, t.point) for t in texts for claim in t.false]
    if not texts:
        return {}
    return {
        "paraphrased errors found": mean_figure([is_marked(*pair, judge) for pair in _sample(wrong, count, random_)]),
        "false alarms on paraphrases": mean_figure([is_marked(*pair, judge) for pair in _sample(right, count, random_)], "lower"),
    }


def _sample(pairs: list[tuple[str, str]], count: int, random_: random.Random) -> list[tuple[str, str]]:
    return random_.sample(pairs, min(count, len(pairs)))
