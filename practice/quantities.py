"""Numbers with their units, so that 30.7 GB, 30,700 MB and "about thirty gigabytes" compare as what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

TOLERANCE = 0.02  # relative: rounding in speech, not another result
_SCALE = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "trillion": 1e12, "t": 1e12,
    "dozen": 12, "hundred": 100,
}
_UNITS: dict[str, tuple[str, float]] = {
    "kb": ("byte", 1e3), "mb": ("byte", 1e6), "gb": ("byte", 1e9), "tb": ("byte", 1e12), "kib": ("byte", 2**10), "mib": ("byte", 2**20),
    "gib": ("byte", 2**30), "byte": ("byte", 1), "kilobyte": ("byte", 1e3), "megabyte": ("byte", 1e6), "gigabyte": ("byte", 1e9),
    "terabyte": ("byte", 1e12), "gig": ("byte", 1e9), "bit": ("bit", 1), "ms": ("second", 1e-3), "millisecond": ("second", 1e-3),
    "us": ("second", 1e-6), "µs": ("second", 1e-6), "microsecond": ("second", 1e-6), "s": ("second", 1), "sec": ("second", 1),
    "second": ("second", 1), "min": ("second", 60), "minute": ("second", 60), "h": ("second", 3600), "hour": ("second", 3600),
    "day": ("second", 86400), "%": ("share", 1e-2), "percent": ("share", 1e-2), "pp": ("share", 1e-2),
}
_WORDS: dict[str, float] = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
    )
} | {word: 10.0 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_WORDS |= {"half": 0.5, "twice": 2, "double": 2, "triple": 3, "quarter": 0.25}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_NUMBER = re.compile(
    r"(?<![\w.])(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+)(?:e(?P<exponent>[-+]?\d+))?"
    r"(?:\s*(?:\^|\*\*)\s*(?P<power>-?\d+)|\s*[·×x*]\s*10\s*(?:\^|\*\*)\s*(?P<tens>-?\d+))?(?!\d)(?:\s*-?(?P<scale>thousand|million|billion|trillion|bn|mn|[kKMBbT])(?![A-Za-z]))?"
    r"(?:\s*-?(?P<unit>%|[A-Za-zµ]+))?"
)
_SPOKEN = re.compile(
    rf"\b(?P<tens>{'|'.join(_WORDS)})\b(?:[- ](?P<ones>{'|'.join(_WORDS)})\b)?(?:\s*(?P<scale>hundred|thousand|million|billion)\b)?(?:\s*(?P<unit>[A-Za-z%]+))?"
)


@dataclass(frozen=True)
class Quantity:
    """A value in base units (bytes, seconds, shares), its dimension, empty for a bare number, and the number before its unit, if any."""

    value: float
    dimension: str = ""
    number: float | None = None

    def equals(self, other: Quantity) -> bool:
        """The same value up to rounding; a bare number also equals one with a dimension when the digits agree (144 and 144 GB, 95 and 95 %)."""
        if self.dimension and other.dimension:
            return self.dimension == other.dimension and _close(self.value, other.value)
        return _close(self.value, other.value) or any(
            bare.dimension == "" and named.number is not None and _close(bare.value, named.number)
            for bare, named in ((self, other), (other, self))
        )


def find_quantities(text: str) -> list[Quantity]:
    """Every number in a text with its unit: first those in digits, then number words.

    >>> find_quantities("30.7 GB")[0].equals(find_quantities("30,700 megabytes")[0])
    True
    >>> find_quantities("about thirty milliseconds")
    [Quantity(value=0.03, dimension='second', number=30.0)]
    >>> find_quantities("2.458·10⁸ tokens")[0].equals(find_quantities("245.8 million")[0])
    True
    """
    found = _in_digits(text)
    for match in _SPOKEN.finditer(text.lower()):
        value = _WORDS[match["tens"]] + (_WORDS[match["ones"]] if match["ones"] else 0)
        found.append(_with_unit(value * _scale(match["scale"]), match["unit"]))
    return found


def _in_digits(text: str) -> list[Quantity]:
    text = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda m: "10^" + m[1].translate(_SUPERSCRIPTS), text)
    text = re.sub(r"10\^\{(-?\d+)\}", r"10^\1", text.replace("\\%", "%"))
    found = []
    for match in _NUMBER.finditer(text):
        value = float(match["number"].replace(",", ""))
        exponent = match["exponent"] or match["tens"]
        try:
            if exponent:
                value *= 10.0 ** int(exponent)
            if match["power"]:
                value **= int(match["power"])
        except (OverflowError, ZeroDivisionError):
            continue  # 1e400, 0^-1: nothing that a calculation ends in
        found.append(_with_unit(value * _scale(match["scale"]), match["unit"]))
    return found


def missing_quantities(wanted: Iterable[Quantity], held: Iterable[Quantity]) -> list[Quantity]:
    """The wanted quantities that nothing held equals."""
    known = list(held)
    return [q for q in wanted if not any(q.equals(k) for k in known)]


def result_of(text: str) -> Quantity | None:
    """The last number in digits of a statement, which a calculation ends in; None where there is none, or it is 0."""
    digits = [q for q in _in_digits(text) if q.value]
    return digits[-1] if digits else None


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= TOLERANCE * max(abs(a), abs(b))


def _scale(name: str | None) -> float:
    return _SCALE.get((name or "").lower(), 1.0)


def _with_unit(value: float, unit: str | None) -> Quantity:
    name = (unit or "").lower()
    dimension, factor = _UNITS.get(name) or _UNITS.get(name.removesuffix("s")) or ("", 1.0)
    return Quantity(value * factor, dimension, value if dimension else None)
