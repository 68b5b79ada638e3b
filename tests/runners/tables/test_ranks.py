"""The best and the second of a column."""

from __future__ import annotations

import math
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.tables.ranks import ranks


@pytest.mark.parametrize(
    ("values", "better", "expected"),
    [
        ([1.0, 3.0, 2.0], "higher", (None, "best", "second")),
        ([1.0, 3.0, 2.0], "lower", ("best", None, "second")),
        ([3.0, 3.0, 2.0], "higher", ("best", "best", None)),
        ([3.0, 2.0, 2.0, 1.0], "higher", ("best", "second", "second", None)),
        ([3.0, 2.0], "higher", ("best", None)),
        ([3.0, None, 2.0], "higher", ("best", None, None)),
        ([2.0, 2.0, 2.0], "higher", (None, None, None)),
        ([2.0, None], "higher", (None, None)),
        ([math.nan, 1.0, 2.0, 3.0], "higher", (None, None, "second", "best")),
        ([1.0, 3.0, 2.0], None, (None, None, None)),
        ([], "higher", ()),
    ],
)
def test_ranks_are_those_that_papers_mark(
    values: list[float | None],
    better: Literal["higher", "lower"] | None,
    expected: tuple[str | None, ...],
) -> None:
    assert ranks(values, better) == expected


@given(st.lists(st.none() | st.integers(-3, 3).map(float)))
def test_lower_is_higher_of_the_negated(values: list[float | None]) -> None:
    negated = [None if value is None else -value for value in values]
    assert ranks(values, "lower") == ranks(negated, "higher")


@given(st.lists(st.none() | st.integers(-3, 3).map(float)))
def test_nothing_unmarked_is_better_than_what_is_marked(values: list[float | None]) -> None:
    pairs = list(zip(values, ranks(values, "higher"), strict=True))
    order = {"best": 0, "second": 1, None: 2}
    for value, rank in pairs:
        if value is None:
            assert rank is None
            continue
        better = [r for v, r in pairs if v is not None and v > value]
        assert all(order[r] < order[rank] or (r is None and rank is None) for r in better)
