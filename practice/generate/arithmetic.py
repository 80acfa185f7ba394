"""Arithmetic as the notes write it: found in a sentence, read into an expression, checked, computed again with other
numbers."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SCALES = {
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
    "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "%": 0.01, "ms": 1e-3,
}
_UNIT = "|".join(re.escape(unit) for unit in SCALES)
_RESULT = re.compile(rf"(?P<sign>=|≈)\s*(?P<number>-?\d+(?:\.\d+)?)(?:\s?(?P<unit>{_UNIT})(?![a-zA-Z]))?")
_EXPRESSION = re.compile(r"(?:(?:sqrt|[\d.()+\-*/^\s])|(?:(?<=\d) (?:million|billion|thousand)(?= ?[)*/+\-]|\s*$)))+$")
_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
}
MAX_EXPONENT = 1000


@dataclass(frozen=True)
class Calculation:
    """`expression` (Python syntax, numbers only) was printed with the result `printed` and its `unit` ('' when none).

    `start` and `end` span the calculation in the plain text, from its first operand to the end of the printed result.
    """

    expression: str
    printed: str
    unit: str
    start: int
    end: int


def plain_formulas(text: str) -> str:
    """A text with its LaTeX arithmetic as plain characters: `$3 \\times 10^{9}$` becomes `3 * 10^9`; the rest stays."""
    for pattern, plain in _LATEX:
        text = pattern.sub(plain, text)
    return text


_LATEX = [
    (re.compile(r"(?<=\d)(?:\{,\}|,)(?=\d{3}(?!\d))"), ""),
    (re.compile(r"\\[td]?frac\{([^{}]+)\}\{([^{}]+)\}"), r"((\1)/(\2))"),
    (re.compile(r"\\sqrt\{([^{}]+)\}"), r"sqrt(\1)"),
    (re.compile(r"\^\{(-?[\d.]+)\}"), r"^\1"),
    (re.compile(r"\\(?:times|cdot)\b ?|×|·"), "* "),
    (re.compile(r"(?<=\d) x (?=\d)"), " * "),
    (re.compile(r"\\approx\b|~="), "≈"),
    (re.compile(r"\\left|\\right|\\,|\\;|\$"), ""),
    (re.compile(r"\\%"), "%"),
    (re.compile(r" (?:bytes|bits|tokens|dimensions|vectors)(?= [*/=≈])"), ""),
    (re.compile(r"(\d)\*"), r"\1 *"),
]


def evaluate(expression: str) -> float | None:
    """The value of an arithmetic expression of numbers, + - * / ** and sqrt; None when it is anything else or undefined."""
    try:
        return _value(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, TypeError):
        return None


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and abs(right) > MAX_EXPONENT:
            raise ValueError("the exponent is out of range")
        return _BINARY[type(node.op)](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sqrt" and len(node.args) == 1:
        return math.sqrt(_value(node.args[0]))
    raise ValueError("not arithmetic")


def find_calculations(plain: str) -> Iterator[Calculation]:
    """The calculations in a text of plain formulas whose printed result follows from their inputs, rounded as printed."""
    for result in _RESULT.finditer(plain):
        before = plain[: result.start()]
        run = _EXPRESSION.search(before)
        if not run:
            continue
        written = run[0].strip().lstrip("+*/^).").strip()
        start = run.start() + run[0].find(written) if written else 0
        expression = to_python(written)
        value = evaluate(expression) if re.search(r"[*/+^-]|sqrt", written[1:]) else None
        if value is None:
            continue
        unit = result["unit"] or ""
        if follows(value, result["number"], unit):
            yield Calculation(expression, result["number"], unit, start, result.end())


def to_python(written: str) -> str:
    """A plain formula in Python syntax."""
    for word, factor in (("thousand", "10**3"), ("million", "10**6"), ("billion", "10**9")):
        written = re.sub(rf"([\d.]+) {word}", rf"(\1*{factor})", written)
    return written.replace("^", "**")


def follows(value: float, printed: str, unit: str) -> bool:
    """True when a value, in the unit, rounds to the printed number."""
    places = len(printed.partition(".")[2])
    return bool(abs(value / SCALES.get(unit, 1.0) - float(printed)) <= 0.5001 * 10.0**-places)


def format_value(value: float, like: str, unit: str) -> str:
    """A value as printed: as many decimal places as `like` (more where they matter), thousands separated, with its unit."""
    places = len(like.partition(".")[2])
    scaled = value / SCALES.get(unit, 1.0)
    while places < 6 and abs(round(scaled, places) - scaled) > 0.012 * abs(scaled):
        places += 1
    text = f"{scaled:,.{places}f}"
    return f"{text}{unit}" if unit == "%" else f"{text} {unit}".strip()
