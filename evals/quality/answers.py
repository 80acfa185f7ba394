"""The form of extractive answers: citations that exist, verbatim quotes, length, repetition."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from chat.citations import CITATION, cited_numbers
from chat.passages import split_units
from core.types import Answer
from evals.quality.abstention import Reply
from evals.quality.figures import Figures, mean_figure, percentile_figure

MIN_WORDS, MAX_WORDS = 120, 350
REPEAT_WORDS = 5  # shorter sentences may recur
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)


def citations_exist(answer: Answer) -> bool:
    """True when the answer cites something, and every number it cites is one of its sources."""
    cited = cited_numbers(_CODE.sub(" ", answer.text))
    return bool(cited) and set(cited) <= {source.n for source in answer.sources}


def quotes_are_verbatim(answer: Answer, passages: dict[str, str]) -> bool:
    """True when every quote stands in the stored passage it cites; `passages`: chunk id -> text as it is indexed."""
    return all(source.quote and source.quote in passages.get(source.chunk_id, "") for source in answer.sources)


def count_words(text: str) -> int:
    """Words of an answer without its citation marks and table rules.

    >>> count_words("Recall rises [1][2]. | --- |")
    2
    """
    return len([word for word in CITATION.sub("", text).split() if re.search(r"\w", word)])


def repeats_itself(text: str) -> bool:
    """True when a sentence or list item of five words or more stands twice.

    >>> repeats_itself("HNSW keeps its upper layers sparse. [1] So? HNSW keeps its upper layers sparse! [2]")
    True
    """
    said = (re.sub(r"\W+", " ", unit.text.lower()).strip() for unit in split_units(CITATION.sub("", text)) if unit.kind != "code")
    counts = Counter(sentence for sentence in said if len(sentence.split()) >= REPEAT_WORDS)
    return any(count > 1 for count in counts.values())


def answer_figures(replies: Sequence[Reply], passages: dict[str, str]) -> Figures:
    """Figures over the answers that were given to answerable questions."""
    answers = [reply.answer for reply in replies if reply.answerable and not reply.refused]
    words = [count_words(answer.text) for answer in answers]
    return {
        "all citations exist": mean_figure([citations_exist(answer) for answer in answers]),
        "all quotes verbatim in the cited passage": mean_figure([quotes_are_verbatim(answer, passages) for answer in answers]),
        f"{MIN_WORDS} to {MAX_WORDS} words": mean_figure([MIN_WORDS <= count <= MAX_WORDS for count in words]),
        "words an answer": mean_figure(words, "neither"),
        "a sentence stands twice": mean_figure([repeats_itself(answer.text) for answer in answers], "lower"),
    }


def latency_figures(retrieve_ms: Sequence[float], replies: Sequence[Reply]) -> Figures:
    """Milliseconds of a search and of a whole answer on this machine, warm, one at a time."""
    answer_ms = [reply.answer.timings_ms["total"] for reply in replies]
    return {
        "retrieve p50": percentile_figure(retrieve_ms, 50), "retrieve p95": percentile_figure(retrieve_ms, 95),
        "answer p50": percentile_figure(answer_ms, 50), "answer p95": percentile_figure(answer_ms, 95),
    }
