"""Formulas in which a column without a value may count 0."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError
from evalrun.runners.layouts.formula import evaluated, parsed

NAN = float("nan")
PLACES = {"a": (0,), "b": (1,)}


def value(formula: str, *values: float) -> float | None:
    number = evaluated(parsed(formula, "here"), PLACES, values)
    return None if number is None else number.value


@pytest.mark.parametrize(
    ("formula", "values", "expected"),
    [
        ("or_zero(a) + b", (NAN, 2), 2),
        ("or_zero(a) + b", (3, 2), 5),
        ("or_zero(a) + b", (3, NAN), None),
        ("a + b", (NAN, 2), None),
        ("min(a, b)", (NAN, 2), None),
        ("0 * a", (NAN, 2), None),
        ("or_zero(a / b)", (1, 0), 0),
        ("mean(or_zero(a), or_zero(b))", (NAN, 4), 2),
    ],
)
def test_a_column_without_a_value_makes_none_but_where_it_may_be_zero(
    formula: str, values: tuple[float, float], expected: float | None
) -> None:
    assert value(formula, *values) == expected


@given(st.floats(-1e6, 1e6))
def test_where_there_is_a_value_or_zero_is_that_value_and_varies_with_it(x: float) -> None:
    number = evaluated(parsed("or_zero(a)", "here"), {"a": (0,)}, [x])
    assert number is not None
    assert (number.value, list(number.gradient)) == (x, [1.0])


def test_what_is_absent_has_no_part_in_the_uncertainty() -> None:
    number = evaluated(parsed("or_zero(a) + b", "here"), PLACES, [math.nan, 1.0])
    assert number is not None
    assert list(number.gradient) == [0.0, 1.0]


def test_it_takes_one_argument() -> None:
    with pytest.raises(ConfigError, match="or_zero takes one argument"):
        parsed("or_zero(a, b)", "here")
