"""When an output is the expected one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.python_code.outputs import same_printed, same_returned


@pytest.mark.parametrize(
    ("output", "expected", "same"),
    [
        ("3\n", "3", True),
        ("\n 3 \n\n", "3", True),
        ("1\r\n2\r\n", "1\n2", True),
        ("1.50", "1.5", True),
        ("1e0 2", "1 2.0", True),
        ("1_0", "10", True),
        ("", "\n", True),
        ("Yes", "YES", False),
        ("1 2", "1\n2", False),
        ("1\n\n2", "1\n2", False),
        ("1 2 3", "1 2", False),
        ("a  b", "a b", False),
        # Not nearly the same: decimals are exact.
        ("0.30000000000000004", "0.3", False),
        ("50000000000000001", "50000000000000000", False),
        ("nan", "nan", True),
        ("nan 1", "nan 1.0", False),
        ("sNaN 1", "sNaN 1.0", False),
        ("1e999999999 1", "1e999999998 1", False),
    ],
)
def test_lines_are_compared_as_texts_or_as_decimals(output: str, expected: str, same: bool) -> None:
    assert same_printed(output, expected) is same


@pytest.mark.parametrize(
    ("output", "expected", "same"),
    [
        ("[1, 2]", "[1,2]", True),
        ("1.0", "1", True),
        ("true", "1", True),
        ('"1"', "1", False),
        ("NaN", "NaN", False),
        ("[1, NaN]", "[1, 2]", False),
        ('{"b": 1, "a": 2}', '{"a": 2, "b": 1}', True),
        ("", "1", False),
        ("[" * 100_000, "1", False),
        ("1" * 10_000, "1", False),
    ],
)
def test_values_are_compared_as_python_does(output: str, expected: str, same: bool) -> None:
    assert same_returned(output, expected) is same


def test_an_expected_value_that_is_no_json_is_told() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        same_returned("1", "one")


@given(st.text(), st.text())
def test_no_text_breaks_the_comparison(output: str, expected: str) -> None:
    assert same_printed(expected, expected)
    assert same_printed(output, expected) == same_printed(expected, output)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON)
def test_a_value_is_the_same_as_itself(value: object) -> None:
    assert same_returned(json.dumps(value), json.dumps(value))
