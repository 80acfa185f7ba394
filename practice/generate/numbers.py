"""Worked numbers with changed inputs: a calculation of the notes is checked, one input is changed, and the result recomputed.

The question is the notes' own sentence with the new input and a blank for the result; wrong options are slips that people make.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.types import Chunk
from practice.generate.arithmetic import Calculation, evaluate, find_calculations, format_value, plain_formulas
from practice.generate.reading import quote_of, split_blocks, split_sentences, without_citations
from practice.generate.sections import Draft, Section
from practice.generate.slips import slips
from practice.generate.wording import is_trivia, stands_alone, upper_start

BLANK = "____"
OPTIONS = 4
MAX_WORDS = 75
_NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_QUANTITY = re.compile(
    rf"(?<![\w.^*/+-])(?<!rule of )(?P<number>\d+(?:\.\d+)?|{'|'.join(_NUMBER_WORDS[2:])})"
    r"(?P<scale>(?: million| billion| thousand)(?!\w)|\s?%)?"
    r"(?![\w.]*\d)(?!\w*[_^*/])",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"10\*\*\d+|(?<![\w.*])\d+(?:\.\d+)?(?!\.?\d)|(?<=[*( /+-])\d+(?:\.\d+)?(?!\.?\d)")
_NAMED_MODEL = re.compile(r"\b[A-Z]\w+-[A-Z]?\d")  # GPT-3 has the width it has
_TAIL_END = re.compile(
    r"[,;:(]| (?:instead of|against|compared with|less than|more than|before|so|and|or|while|where)\b|\.(?:\s|$)"
)
_FACTORS = {"million": 1e6, "billion": 1e9, "thousand": 1e3, "%": 0.01, "": 1.0}


@dataclass(frozen=True)
class Quantity:
    """A number in the prose: where it stands, its value, and how to write another value the same way."""

    start: int
    end: int
    number: str
    scale: str

    @property
    def value(self) -> float:
        """Its value: `10 million` is 1e7 and `80%` is 0.8."""
        word = self.number.lower()
        number = float(_NUMBER_WORDS.index(word)) if word in _NUMBER_WORDS else float(word)
        return number * _FACTORS[self.scale.strip()]

    def written(self, value: float) -> str:
        """Another value in this quantity's own form."""
        number = value / _FACTORS[self.scale.strip()]
        if self.number.lower() in _NUMBER_WORDS and number == int(number) and number < len(_NUMBER_WORDS):
            word = _NUMBER_WORDS[int(number)]
            return (upper_start(word) if self.number[0].isupper() else word) + self.scale
        places = len(self.number.partition(".")[2])
        while places < 4 and abs(round(number, places) - number) > 1e-9:
            places += 1
        return f"{number:.{places}f}{self.scale}"


def number_questions(section: Section) -> Iterator[Draft]:
    """The section's calculations with one input changed: one question for each input that the prose names."""
    for chunks in section.parts().values():
        for chunk in chunks:
            for block in split_blocks(chunk.text):
                if block.kind == "paragraph":
                    yield from _of_paragraph(section, chunk, split_sentences(block.text))


def _of_paragraph(section: Section, chunk: Chunk, sentences: Sequence[str]) -> Iterator[Draft]:
    for place, sentence in enumerate(sentences):
        plain = plain_formulas(without_citations(sentence))
        calculation = next(find_calculations(plain), None)
        if calculation is None or is_trivia(plain) or _NAMED_MODEL.search(plain):
            continue
        context = _context(sentences[:place], plain, calculation)
        if context is None:
            continue
        shifted = Calculation(
            calculation.expression, calculation.printed, calculation.unit, calculation.start + len(context),
            calculation.end + len(context),
        )
        for asked, options, expression in _variants(context + plain, shifted, len(context)):
            yield _to_draft(section, chunk, sentence, (asked, options, expression))


def _context(before: Sequence[str], plain: str, calculation: Calculation) -> str | None:
    """What must be said first: nothing, or the sentence that sets the case up; None when the sentence cannot be understood."""
    named = len(_inputs(plain, calculation))
    if stands_alone(plain) and named >= min(2, len(_LITERAL.findall(calculation.expression))):
        return ""
    if before and re.match(r"(?:Suppose|With|If|Take|An? |The same|One|Out of|Two|\d)", before[-1]):
        setup = plain_formulas(without_citations(before[-1]))
        if stands_alone(setup) and "\\" not in setup and not next(find_calculations(setup), None):
            return f"{setup} "
    return None


def quantities_of(text: str) -> list[Quantity]:
    """The numbers of a text, in order."""
    return [Quantity(m.start(), m.end(), m["number"], m["scale"] or "") for m in _QUANTITY.finditer(text)]


def is_bound(quantity: Quantity, others: Sequence[Quantity]) -> bool:
    """True when a quantity cannot change alone: another one of the text is its sum, product or quotient with further ones."""
    rest = [q.value for q in others if q.start != quantity.start]
    sums = {round(sum(group), 9) for size in (2, 3) for group in combinations([quantity.value, *rest], size)}
    if any(round(quantity.value, 9) == round(sum(g), 9) for size in (2, 3) for g in combinations(rest, size)):
        return True
    mine = {round(quantity.value + sum(g), 9) for size in (1, 2) for g in combinations(rest, size)} & sums
    if mine & {round(r, 9) for r in rest}:
        return True
    factors = [a for a in rest if a not in {0, 1}]
    products = [(p, a) for a in factors for p in (quantity.value * a, quantity.value / a)]
    derived = [p for p, _ in products] + [p + b for p, a in products for b in rest if b != a]
    derived += [quantity.value + a * b for a, b in combinations(rest, 2)]
    return any(abs(d - r) < 1e-9 * max(1.0, r) for d in derived for r in rest if quantity.value != r)


def _inputs(text: str, calculation: Calculation) -> list[tuple[Quantity, re.Match[str]]]:
    """Quantities of the prose before the calculation, each with the one literal of the expression that it is."""
    quantities = [q for q in quantities_of(text) if q.end <= calculation.start or q.start >= calculation.end]
    literals = list(_LITERAL.finditer(calculation.expression))
    found = []
    for quantity in quantities:
        same = [m for m in literals if abs((evaluate(m[0]) or 0.0) - quantity.value) < 1e-9 * max(1.0, quantity.value)]
        if len(same) == 1 and sum(abs(q.value - quantity.value) < 1e-9 for q in quantities) == 1:
            found.append((quantity, same[0]))
    return found


def _variants(text: str, calculation: Calculation, setup_end: int) -> Iterator[tuple[str, list[str], str]]:
    """Question, options (the right one first) and expression for each input that can be changed alone."""
    for quantity, literal in _inputs(text, calculation):
        if quantity.start > calculation.end + 60 or (setup_end and quantity.start >= setup_end):
            continue
        if text[: quantity.start].endswith((" from ", " to ")) or is_bound(quantity, quantities_of(text[: calculation.start])):
            continue
        rng = random.Random(f"{text}{quantity.start}")  # noqa: S311 - a stable choice, not a secret
        for value in _new_values(quantity, rng):
            expression = _replace_input(calculation.expression, literal, quantity.value, value)
            result = evaluate(expression)
            if result is None or not _plausible(calculation, result):
                continue
            asked = _ask(text, calculation, quantity, value)
            options = _options(calculation, expression, result, quantity.value, value)
            if asked and options:
                yield asked, options, expression
                break


def _new_values(quantity: Quantity, rng: random.Random) -> list[float]:
    value = quantity.value
    if "%" in quantity.scale or (0 < value < 1 and "." in quantity.number):
        middle = 0.1 < value < 0.9
        steps = (0.1, -0.1, 0.05, -0.05) if middle else (value / 2, value) if value <= 0.1 else ((1 - value) / 2, value - 1)
        values = [round(value + s, 6) for s in steps if 0 < value + s < 1]
    elif value == int(value) and value <= 12:
        values = [value + s for s in (1, 2, -1, 3) if value + s >= 2]
    elif value == int(value):
        values = [v for v in (value * 2, value / 2, value * 3, value * 1.5) if v == int(v)]
    else:
        values = [round(value * 2, 6), round(value / 2, 6)]
    return rng.sample(values, len(values))


def _replace_input(expression: str, literal: re.Match[str], old: float, new: float) -> str:
    """The expression with the literal changed, and with it the literal that is its complement to 1, if there is one."""
    changed = f"{expression[: literal.start()]}{_number(new)}{expression[literal.end() :]}"
    if not 0 < old < 1:
        return changed
    others = (m for m in _LITERAL.finditer(changed) if m.start() != literal.start())
    complement = [m for m in others if abs(float(evaluate(m[0]) or 0) - (1 - old)) < 1e-9]
    if len(complement) == 1:
        m = complement[0]
        changed = f"{changed[: m.start()]}{_number(round(1 - new, 6))}{changed[m.end() :]}"
    return changed


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.6f}".rstrip("0")


def _plausible(calculation: Calculation, result: float) -> bool:
    """True when the result is of the kind the notes print: a share stays a share, a whole count stays whole."""
    old = evaluate(calculation.expression) or 0.0
    if old * result <= 0 or abs(old - result) < 1e-9:
        return False
    if (0 < old < 1 or calculation.unit == "%") and not 0 < result < 1:
        return False
    whole = not calculation.unit and "." not in calculation.printed and old == int(old)
    return not whole or abs(result - round(result)) < 1e-9


def _ask(text: str, calculation: Calculation, quantity: Quantity, value: float) -> str | None:
    tail = text[calculation.end :]
    end = _TAIL_END.search(tail)
    tail = tail[: end.start()] if end else tail.rstrip(".")
    stale = re.search(r" (?:with|for|to|of|at|in|by|from) (\d[\d.]*)", tail)
    if stale and quantity.start < calculation.end and stale[1] not in _LITERAL.findall(calculation.expression):
        tail = tail[: stale.start()]
    kept = f"{text[: calculation.start]}{BLANK}{tail}"
    if quantity.start >= calculation.end:
        shift = len(BLANK) - (calculation.end - calculation.start)
        start, stop = quantity.start + shift, quantity.end + shift
        if stop > len(kept):
            return None
    else:
        start, stop = quantity.start, quantity.end
    asked = f"{kept[:start]}{quantity.written(value)}{kept[stop:]}".rstrip()
    if "USD" in asked and not calculation.unit:
        asked = re.sub(rf"(costs?(?: is)?) {BLANK}", rf"\1 USD {BLANK}", asked)
    asked = re.sub(r"(?<![\w.])\d{5,}(?![\w.])", lambda m: f"{int(m[0]):,}", asked)
    return f"{asked}." if len(asked.split()) <= MAX_WORDS and "\\" not in asked else None


def _options(calculation: Calculation, expression: str, result: float, old: float, new: float) -> list[str] | None:
    share = 0 < result < 1 and (calculation.unit == "%" or 0 < (evaluate(calculation.expression) or 0) < 1)
    written = [format_value(result, calculation.printed, calculation.unit)]
    values = [result]
    for wrong in slips(calculation.expression, expression, calculation.unit, old, new):
        text = format_value(wrong, calculation.printed, calculation.unit)
        apart = all(abs(wrong - v) > 0.04 * max(abs(v), abs(wrong)) for v in values)
        if apart and 1e-3 < abs(wrong / result) < 1e3 and text not in written and wrong * result > 0 and (not share or wrong < 1):
            written.append(text)
            values.append(wrong)
    return written[:OPTIONS] if len(written) >= OPTIONS else None


def _to_draft(section: Section, chunk: Chunk, sentence: str, variant: tuple[str, list[str], str]) -> Draft:
    asked, options, expression = variant
    right = options[0]
    shuffled = random.Random(asked).sample(options, len(options))  # noqa: S311 - a stable choice, not a secret
    shown = expression.replace("**", "^").replace("*", " × ")
    return Draft(
        section, chunk.part, chunk.text, "multiple_choice", "calculate", "intermediate",
        f"Which figure belongs in the blank? {asked}", f"{right}, from {re.sub(r' +', ' ', shown)}.",
        (quote_of(sentence),), tuple(shuffled), shuffled.index(right),
    )
