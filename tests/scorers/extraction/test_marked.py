from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.extraction.marked import (
    after_last,
    bold,
    last_tagged,
    tagged,
    without_thoughts,
)


def test_tags_hold_what_stands_up_to_the_next_closing_one():
    text = "<solution>a</solution> <solution>\nb </solution> <Solution>c</Solution> <solution>d"
    assert tagged(text, "solution") == ["a", "\nb "]
    assert tagged(text, "solution", ignore_case=True) == ["a", "\nb ", "c"]
    assert last_tagged(text, "solution") == "\nb "
    assert last_tagged("none", "solution") is None


def test_bold_spans_hold_no_asterisk():
    assert bold("**yes**, **no**, ***maybe***") == ["yes", "no", "maybe"]
    assert bold("***one*** **two**", stars=3) == ["one"]
    assert bold("** ** ****") == [" "]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<think>a</think>b", "b"),
        ("<think>a</think>b</think>c", "b</think>c"),
        ("<think>a", "<think>a"),
        ("x<think>\n</think>y<think>z</think>", "xy"),
    ],
)
def test_thoughts_are_left_out_up_to_their_first_end(text, rest):
    assert without_thoughts(text) == rest


def test_what_follows_the_last_mark_counts():
    assert after_last("a #### 1 #### 2", "####") == " 2"
    assert after_last("Therefore x. Answer: 3", "herefore", "Answer:") == " 3"
    assert after_last("none", "####") == "none"


@given(st.text(alphabet="<>/think*`\n ", max_size=300))
def test_any_text_can_be_searched(text):
    tagged(text, "think")
    bold(text)
    without_thoughts(text)


def test_many_tags_that_are_never_closed_take_no_time():
    text = "<think>" * 200_000
    assert (tagged(text, "think"), without_thoughts(text)) == ([], text)
