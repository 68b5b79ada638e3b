"""Numbers as tables print them."""

from __future__ import annotations

from collections.abc import Callable


def number(value: float | None, scale: float, digits: int, *, signed: bool = False) -> str | None:
    """Return a value in a unit that reads well, zero without a minus; None stays None."""
    if value is None:
        return None
    rounded = round(value * scale, digits) + 0.0  # what -0.0 becomes 0.0 by
    return f"{rounded:{'+' if signed else ''}.{digits}f}"


def interval_text(low: float | None, high: float | None, write: Callable[[float], str]) -> str:
    """Return what stands behind a value: ` [41.0, 44.9]`, or nothing where no interval is known."""
    return "" if low is None or high is None else f" [{write(low)}, {write(high)}]"
