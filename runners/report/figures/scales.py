"""Axes of figures: percentages, quantities, counts, and rows with names."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...tradeoffs import is_wide
from .layout import Json
from .texts import BREAK, wrapped

# The share of an axis that is left around points.
_ROOM = 0.15
# Percentages that all lie within so many points of each other get an axis of their own.
_CLOSE = 20.0
# Pixels that a line of a name needs.
_LINE = 16
# A logarithmic axis over more decades has ticks at powers of ten only.
_MANY_DECADES = 2.5


def titled(text: str) -> Json:
    """Return an axis with a title; Plotly leaves the grid out under bars unless it is told to."""
    return {"title": {"text": text, "standoff": 8}, "showgrid": True}


def percent_axis(ends: Sequence[float], title: str) -> Json:
    """Return an axis from 0 to 100%, or one around `ends` where that would hide differences."""
    low, high = min(ends, default=0.0), max(ends, default=100.0)
    room = max(1.0, _ROOM * (high - low)) if high - low < _CLOSE else 100.0
    return {**titled(title), "range": [max(-2.0, low - room), min(102.0, high + room)]}


def percent_bars_axis(ends: Sequence[float], title: str) -> Json:
    """Return an axis from 0 to 100%, or shorter where all bars would be short on it."""
    high = max(ends, default=100.0)
    top = 100.0 if high > _CLOSE or high <= 0 else min(100.0, (1 + _ROOM) * high)
    return {**titled(title), "range": [0.0, top]}


def quantity_axis(values: Sequence[float], title: str) -> Json:
    """Return an axis from 0, or a logarithmic one where `values` lie far apart."""
    least, most = min(values), max(values)
    if is_wide(least, most):
        room = _ROOM * math.log10(most / least)
        return log_axis(math.log10(least) - room, math.log10(most) + room, title)
    return {**titled(title), "range": [0.0, (1 + _ROOM) * most or 1.0]}


def log_axis(low: float, high: float, title: str) -> Json:
    """Return a logarithmic axis between two powers of ten, its ticks written out if there are any.

    Where a range is too short for those, Plotly chooses.
    """
    leading = (1, 2, 5) if high - low <= _MANY_DECADES else (1,)
    decades = range(math.floor(low), math.ceil(high) + 1)
    ticks = [float(f"{digit}e{decade}") for decade in decades for digit in leading]
    ticks = [tick for tick in ticks if low <= math.log10(tick) <= high]
    written = {"tickvals": ticks, "ticktext": [_written(tick) for tick in ticks]}
    few = len(ticks) < 2
    return {**titled(title), "type": "log", "range": [low, high], **({} if few else written)}


def rows_axis(names: Sequence[str]) -> Json:
    """Return an axis with a name at 0, 1, 2 and so on from above."""
    return {
        "tickvals": [*range(len(names))],
        "ticktext": [wrapped(name) for name in names],
        "range": [len(names) - 0.5, -0.5],
        "showgrid": False,
        "zeroline": False,
    }


def rows_height(names: Sequence[str], least: int = 34) -> int:
    """Return the pixels that rows need for their names, and each for what is drawn in it."""
    lines = max(wrapped(name).count(BREAK) + 1 for name in names)
    return len(names) * max(least, _LINE * lines + 6)


def _written(value: float) -> str:
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:g}{unit}"
    if value >= 10_000:
        return f"{value / 1000:g}k"
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
