from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.extraction.labels import leading_label, words_among
from evalrun.scorers.extraction.literals import (
    NoLiteralError,
    parse_json,
    parse_literal,
    parse_value,
)

LABELS = {"correct": "T", "incorrect": "F"}


@pytest.mark.parametrize(
    ("text", "label"),
    [("  Correctly guessed", "T"), ("INCORRECT.", "F"), ("**Correct**", None), ("", None)],
)
def test_a_label_counts_where_the_text_begins_with_it(text, label):
    assert leading_label(text, LABELS) == label


def test_words_are_found_whole_and_in_order():
    assert words_among("No, unknown; yes. Nobody", ["yes", "no", "unknown"]) == [
        "no",
        "unknown",
        "yes",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [('{"a": [1]}', {"a": [1]}), ("['a', (1, 2)]", ["a", (1, 2)]), ("True", True), ("null", None)],
)
def test_values_are_read_as_json_or_as_python_prints_them(text, value):
    assert parse_value(text) == value


@pytest.mark.parametrize(
    "text", ["", "a", "f(1)", "[" * 30_000, "(" * 900, "__import__('os')", "\ud800"]
)
def test_what_is_no_value_says_so(text):
    with pytest.raises(NoLiteralError):
        parse_value(text)


def test_json_as_python_writes_it_is_json_too():
    assert parse_json("[Infinity]") == [float("inf")]
    with pytest.raises(NoLiteralError):
        parse_json("['a']")
    with pytest.raises(NoLiteralError):
        parse_literal("null")


@given(st.text(max_size=100))
def test_any_text_is_a_value_or_is_not(text):
    with suppress(NoLiteralError):
        parse_value(text)
