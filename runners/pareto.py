"""The Pareto front: what nothing else beats in every respect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

Costs = tuple[float, ...]


def on_front(point: Costs, points: Iterable[Costs]) -> bool:
    """Tell whether none of `points` dominates `point`; less is better in every coordinate.

    A point dominates another when it is at least as good in everything and better in something. So
    equal points are on the front together or not at all, and `points` may hold `point` itself.
    """
    return not any(_dominates(other, point) for other in points)


def front_steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the corners of the front of (cost, quality): each holds until a better one costs more.

    Less cost is better, and more quality.
    """
    costs = [(cost, -quality) for cost, quality in points]
    best = [(cost, -loss) for cost, loss in sorted({c for c in costs if on_front(c, costs)})]
    corners = [((x0, y0), (x1, y0)) for (x0, y0), (x1, _) in pairwise(best)]
    return [corner for two in corners for corner in two] + best[-1:]


def _dominates(one: Costs, other: Costs) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
