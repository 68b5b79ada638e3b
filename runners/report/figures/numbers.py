"""Numbers and colours as figures hold them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ....scorers.statistics.intervals import Interval
from ...results import Cell
from ...tables.results import with_interval


def percent(value: float | None) -> float | None:
    """Return a share in [0, 1] in percent, what lies beyond cut off; None stays None."""
    return None if value is None else round(100 * min(1.0, max(0.0, value)), 3)


def percents(cell: Cell | None) -> tuple[float | None, float | None, float | None]:
    """Return value, low and high of a cell in percent."""
    if cell is None:
        return None, None, None
    return percent(cell.value), percent(cell.low), percent(cell.high)


def in_words(cell: Cell | None) -> str:
    """Return a cell as `41.0% [38.1, 44.0]`, or what stands for none."""
    if cell is None or cell.value is None:
        return "no verdict"
    value, _, interval = with_interval(cell).partition(" ")
    return f"{value}% {interval}".rstrip()


def interval_bars(intervals: Iterable[Cell | Interval | None], colour: str) -> dict[str, Any]:
    """Return intervals in percent as Plotly's error bars, none where they are not known."""
    reach = [_reach(interval) for interval in intervals]
    return {
        "type": "data",
        "symmetric": False,
        "array": [above for above, _ in reach],
        "arrayminus": [below for _, below in reach],
        "color": colour,
        "thickness": 1.5,
        "width": 4,
    }


def _reach(interval: Cell | Interval | None) -> tuple[float, float]:
    """Return how far an interval reaches above and below its value, in percent."""
    if interval is None:
        return 0.0, 0.0
    value = percent(interval.mean if isinstance(interval, Interval) else interval.value)
    low, high = percent(interval.low), percent(interval.high)
    if value is None or low is None or high is None:
        return 0.0, 0.0
    return round(high - value, 3), round(value - low, 3)


def faded(colour: str, share: float) -> str:
    """Return a colour such as #0072B2 of which only a share shows: 0 nothing, 1 all."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"


def joined(parts: Iterable[str], most: int = 8) -> str:
    """Return `parts` as a list in a sentence, so many of them at most."""
    parts = list(parts)
    more = [f"and {len(parts) - most} more"] if len(parts) > most else []
    return "; ".join([*parts[:most], *more])


def counted(n: int, noun: str) -> str:
    """Return `n` with its noun: 1 run, 1,200 runs."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
