from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.extraction.boxed import boxed, last_boxed


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        (r"so \boxed{42}.", ["42"]),
        (r"\boxed{\frac{1}{2}} and \fbox{x}", [r"\frac{1}{2}", "x"]),
        (r"\boxed {3}", ["3"]),
        (r"\boxed{\{1, 2\}}", [r"\{1, 2\}"]),
        (r"\boxed{\boxed{1}}", [r"\boxed{1}"]),
        (r"\boxed{1", []),
        (r"\boxed{1 \boxed{2}", ["2"]),
        (r"\boxed{}", [""]),
        ("boxed{1}", []),
        ("", []),
    ],
)
def test_boxes_hold_what_their_braces_balance(text, contents):
    assert boxed(text) == contents
    assert last_boxed(text) == (contents[-1] if contents else None)


def test_only_the_commands_that_are_named_are_boxes():
    assert boxed(r"\fbox{1}\boxed{2}", commands=("boxed",)) == ["2"]


@given(st.text(alphabet=r"\{}boxed 1", max_size=200))
def test_any_text_can_be_searched(text):
    for content in boxed(text):
        assert content in text


def test_many_boxes_that_are_never_closed_take_no_time():
    assert boxed(r"\boxed{" * 200_000) == []
