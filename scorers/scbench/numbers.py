"""Rules that compare the first number of the reply: Math.Find and pass keys."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal
from typing import Any

from ...core.errors import DataError
from ..numbers import numbers_in
from ..turns import TurnReply, Verdict
from .labels import first

_UNSIGNED = re.compile(r"\d+\.\d+|\d+")
_DIGITS = re.compile("[0-9]+")


def official_math_find(reply: TurnReply) -> Verdict:
    """`accuracy` of mf: the first unsigned number equals the label.

    With an integer label the fraction is cut off ("987.9" matches 987). A minus sign is not seen,
    and "1,024" is read as 1. A number too large for a float matches nothing. No number: 0.
    """
    match = _UNSIGNED.search(reply.output)
    if match is None:
        return Verdict(scores={"accuracy": 0.0}, parsed=False)
    number, label = float(match[0]), _numeric(first(reply.turn.target))
    if isinstance(label, int) and number != float("inf"):
        correct = int(number) == label
    else:
        correct = number == label
    return Verdict(scores={"accuracy": float(correct)}, answer=match[0])


def fixed_math_find(reply: TurnReply) -> Verdict:
    """`accuracy` of mf, with signs and thousands separators understood.

    As in `official`, an integer label takes no notice of a fraction: the median of the data's
    lists may end in .5, which the labels do not show.
    """
    label = _numeric(first(reply.turn.target))
    number = next((number.value for number in numbers_in(reply.output)), None)
    if number is None:
        return Verdict(scores={"accuracy": 0.0}, parsed=False)
    whole = number.to_integral_value(ROUND_DOWN)
    correct = whole == label if isinstance(label, int) else number == Decimal(str(label))
    return Verdict(scores={"accuracy": float(correct)}, answer=str(number))


def passkey(reply: TurnReply) -> Verdict:
    """`accuracy` of pass keys: the first run of digits equals the label, compared as strings."""
    match = _DIGITS.search(reply.output)
    if match is None:
        return Verdict(scores={"accuracy": 0.0}, parsed=False)
    correct = match[0] == str(first(reply.turn.target))
    return Verdict(scores={"accuracy": float(correct)}, answer=match[0])


def _numeric(label: Any) -> int | float:
    if not isinstance(label, (int, float)):
        raise DataError(f"the label of a number task should be a number, found {label!r:.80}")
    return label
