"""Wrong results that people arrive at: a factor, a unit, a direction, a forgotten term."""

from __future__ import annotations

import re
from collections.abc import Iterator

from practice.generate.arithmetic import evaluate

_BYTES = frozenset({"KB", "MB", "GB", "TB", "KiB", "MiB", "GiB"})


def slips(original: str, changed: str, unit: str, old: float, new: float) -> Iterator[float]:
    """Results of typical slips in `changed`, the expression after an input went from `old` to `new`; likely ones first."""
    before, right = evaluate(original), evaluate(changed)
    if before is None or right is None:
        return
    yield before  # the input was not updated
    for expression in _mistaken(changed):
        if (value := evaluate(expression)) is not None:
            yield value
    if unit in _BYTES:
        yield right * 8  # bits for bytes
        yield right / 2  # half the bytes a value
    if new:
        yield before * old / new  # scaled the wrong way
    if 0 < right < 1:
        yield 1 - right
    yield right * 2
    yield right / 2
    yield right * 10
    yield right / 10


def _mistaken(expression: str) -> Iterator[str]:
    """The expression with one operation mistaken: a power as a product, a term left out, a sum as a product."""
    power = re.fullmatch(r"(?P<head>.*?)(?P<base>[\d.]+)\*\*(?P<exponent>\d+)", expression)
    if power and power["base"] != "10":
        yield f"{power['head']}{power['base']}*{power['exponent']}"
        yield f"{power['head']}{power['base']}**{int(power['exponent']) + 1}"
    terms = _top_terms(expression)
    if len(terms) > 1:
        yield "".join(terms[:-1])
        yield "".join(terms[1:]).lstrip("+ ")
    product = re.fullmatch(r"[^()+]*\*(?P<last>[^*()+]+)", expression)
    if product and not terms[1:]:
        yield expression[: product.start("last")].rstrip("* ")


def _top_terms(expression: str) -> list[str]:
    """The terms of a sum outside all brackets, each with its sign."""
    terms, depth, current = [], 0, ""
    for place, character in enumerate(expression):
        depth += (character == "(") - (character == ")")
        operand_before = expression[:place].rstrip()[-1:]
        if character in "+-" and depth == 0 and operand_before and operand_before not in "*/+-(e":
            terms.append(current)
            current = ""
        current += character
    return [*terms, current]
