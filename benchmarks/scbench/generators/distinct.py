"""Draws without repetition."""

from __future__ import annotations

from collections.abc import Callable


def distinct(count: int, draw: Callable[[], str]) -> list[str]:
    """Return `count` different results of `draw`, in the order they came."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[draw()] = None
    return list(found)
