"""Numbers as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import msgspec

_PLAIN = r"(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<!\.)\.\d+)(?:[eE][-+]?\d{1,4}(?!\d))?"
# Digits glued to letters ("H2O") or to an earlier decimal point ("1.2.3") begin no number; a hyphen
# between words ("10-20", "GPT-4") is no sign.
_NUMBER = re.compile(
    r"(?P<sign>(?<![\w)])[-+\N{MINUS SIGN}]\s?[$\N{EURO SIGN}\N{POUND SIGN}]?)?"
    r"(?<![A-Za-z_\d])(?<!\d\.)"
    rf"(?P<parts>{_PLAIN}(?:\s?/\s?{_PLAIN})*)"
    r"(?P<percent>\s?\\?%)?"
)
_SLASH = re.compile(r"\s?/\s?")
_LATEX_FRACTION = re.compile(r"\\[dt]?frac\{\s*([\d.,]+)\s*\}\{\s*([\d.,]+)\s*\}")


class Number(msgspec.Struct, frozen=True):
    """A number found in a text. `value` is as written: 50% has the value 50."""

    value: Decimal
    percent: bool = False


def numbers_in(text: str) -> Iterator[Number]:
    """Yield the numbers of `text` in order.

    Signs, thousands separators ("1,024"), exponents, fractions ("3/4", LaTeX fractions) and percent
    signs are understood. Of three and more numbers joined by slashes (a date) the last one counts.
    A fraction over zero is skipped.
    """
    plain = _LATEX_FRACTION.sub(r"\1/\2", text.replace("{,}", ","))
    for match in _NUMBER.finditer(plain):
        value = _value(_SLASH.split(match["parts"]))
        if value is not None:
            negative = (match["sign"] or "")[:1] in ("-", "\N{MINUS SIGN}")
            yield Number(-value if negative else value, match["percent"] is not None)


def same_number(a: Number, b: Number, *, absolute: float, relative: float) -> bool:
    """Tell whether `a` is within max(absolute, relative * |b|) of `b`.

    When only one of them is a percentage, 50% agrees with both 50 and 0.5.
    """
    pairs = [(a.value, b.value)]
    if a.percent != b.percent:
        hundredth = Decimal("0.01")
        pairs.append(
            (a.value * hundredth, b.value) if a.percent else (a.value, b.value * hundredth)
        )
    return any(
        x == y or abs(x - y) <= max(Decimal(str(absolute)), Decimal(str(relative)) * abs(y))
        for x, y in pairs
    )


def _value(parts: list[str]) -> Decimal | None:
    try:
        values = [Decimal(part.replace(",", "")) for part in parts]
        return values[0] / values[1] if len(values) == 2 else values[-1]
    except ArithmeticError:
        return None
