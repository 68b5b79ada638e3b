"""The Pareto front, against its definition."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.pareto import Costs, on_front

# Few values, so that ties and equal points are common.
values = st.sampled_from([-1.0, -0.5, 0.0, 0.5, 2.0, math.inf])
points = st.lists(st.tuples(values, values, values), max_size=12)


def dominated_by(one: Costs, other: Costs) -> bool:
    """Tell whether `other` beats `one`, coordinate by coordinate."""
    better = 0
    for a, b in zip(one, other, strict=True):
        if b > a:
            return False
        better += b < a
    return better > 0


@given(points)
def test_no_point_on_the_front_is_dominated_and_every_other_is(found: list[Costs]) -> None:
    for point in found:
        beaten = any(dominated_by(point, other) for other in found)
        assert on_front(point, found) is not beaten


@given(points)
def test_every_other_point_is_dominated_by_one_on_the_front(found: list[Costs]) -> None:
    front = [point for point in found if on_front(point, found)]
    assert bool(front) == bool(found)
    for point in found:
        assert point in front or any(dominated_by(point, best) for best in front)


def test_equal_points_are_on_the_front_together() -> None:
    found = [(1.0, 2.0), (1.0, 2.0), (2.0, 2.0)]
    assert [on_front(point, found) for point in found] == [True, True, False]
