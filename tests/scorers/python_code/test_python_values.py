"""Values on their way out of the sandbox: equal to what they were equal to."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, deque, namedtuple
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.python_code.harness.values import plain
from evalrun.scorers.python_code.outputs import same_returned


class Color(IntEnum):
    RED = 3


class Word(str):
    __slots__ = ()


class Always:
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


Pair = namedtuple("Pair", ["x", "y"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Color.RED, 3),
        (Word("a"), "a"),
        (Decimal("1.50"), 1.5),
        (Fraction(4, 2), 2),
        (complex(2, 0), 2),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        ([[True], None], [[True], None]),
        (float("inf"), float("inf")),
    ],
)
def test_what_is_equal_to_a_json_value_stays_so(value: object, expected: object) -> None:
    assert value == expected
    assert same_returned(json.dumps(plain(value)), json.dumps(expected))


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        Pair(1, 2),
        {1, 2},
        deque([1, 2]),
        range(2),
        b"12",
        {1: 2},
        (i for i in [1, 2]),
        Decimal("0.1"),
        Decimal("sNaN"),
        complex(1, 1),
        object(),
        Always(),
    ],
)
def test_what_is_equal_to_no_json_value_is_so_in_any_place(value: object) -> None:
    for expected in ([1, 2], 0.1, None, [value.__class__.__name__], {"1": 2}, 1):
        assert not same_returned(json.dumps(plain(value)), json.dumps(expected))
        assert not same_returned(json.dumps(plain([value])), json.dumps([expected]))


@given(st.recursive(st.integers() | st.text() | st.none(), st.lists))
def test_json_values_stay_what_they_are(value: object) -> None:
    assert plain(value) == value
