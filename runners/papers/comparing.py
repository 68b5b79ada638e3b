"""Our number against a reported one."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Literal

import msgspec

from ...core.layout import Column
from ..layouts.grid import Estimate
from ..tables.numbers import interval_text, number
from ..tables.table import MISSING
from .reported import ReportedNumber

OUTSIDE = "!"
Partial = Literal["limited", "missing"]

# Ends of intervals are sums of floats; a reported number on the end is not outside.
_TOLERANCE = 1e-9


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Ours less the reported number, unscaled, with our 95% interval moved along.

    `outside` says whether the reported number, anywhere within its rounding, lies outside our
    interval; None where it cannot be said: without an interval, or where ours is `partial`, of the
    first samples of each task or with planned verdicts missing.
    """

    difference: float
    low: float | None
    high: float | None
    outside: bool | None
    partial: Partial | None


def unscaled(reported: ReportedNumber, column: Column) -> float | None:
    """Return the value of a reported number in the unit of estimates, in decimals: 0.487."""
    if not reported.printed:
        return None
    return float(Decimal(reported.printed) / Decimal(str(column.scale)))


def compare(
    ours: Estimate, reported: ReportedNumber, column: Column, *, limited: bool
) -> Comparison | None:
    """Return how our number differs; None where one of the two has no value.

    `limited` runs asked some samples of each task only.
    """
    value = unscaled(reported, column)
    if value is None or ours.value is None:
        return None
    part: Partial | None = "limited" if limited else "missing" if ours.n_missing else None
    outside = None
    if ours.low is not None and ours.high is not None and part is None:
        slack = reported.half_unit / abs(column.scale) + _TOLERANCE
        outside = not ours.low - slack <= value <= ours.high + slack
    return Comparison(
        difference=ours.value - value,
        low=None if ours.low is None else ours.low - value,
        high=None if ours.high is None else ours.high - value,
        outside=outside,
        partial=part,
    )


def comparison_text(comparison: Comparison | None, column: Column) -> str:
    """Return a difference as tables print it: `-2.1! [-3.0, -1.2]`, or `(-2.1)` if partial."""
    if comparison is None:
        return MISSING
    write = partial(_printed, column=column)
    difference = write(comparison.difference)
    if comparison.partial:
        return f"({difference})"
    mark = OUTSIDE if comparison.outside else ""
    return difference + mark + interval_text(comparison.low, comparison.high, write)


def _printed(value: float, column: Column) -> str:
    return number(value, column.scale, column.digits, signed=True) or MISSING
