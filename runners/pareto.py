"""The Pareto front: what nothing else beats in every respect."""

from __future__ import annotations

from collections.abc import Iterable

Costs = tuple[float, ...]


def on_front(point: Costs, points: Iterable[Costs]) -> bool:
    """Tell whether none of `points` dominates `point`; less is better in every coordinate.

    A point dominates another when it is at least as good in everything and better in something. So
    equal points are on the front together or not at all, and `points` may hold `point` itself.
    """
    return not any(_dominates(other, point) for other in points)


def _dominates(one: Costs, other: Costs) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
