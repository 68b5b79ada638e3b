"""Numbers as pages print them."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.card import Compared

_UNITS = ((1_000_000_000, "billion"), (1_000_000, "million"))


def quantity(amount: int) -> str:
    """Return 27,200 as it is, and 1,700,000 as 1.7 million: such amounts are estimates."""
    for unit, name in _UNITS:
        if amount >= unit:
            return f"{amount / unit:.3g} {name}"
    return f"{amount:,}"


def totals(compared: Sequence[Compared]) -> tuple[int, int]:
    """Return how many cases were compared in all, and how many of them agree."""
    return sum(one.cases for one in compared), sum(one.agreeing for one in compared)
