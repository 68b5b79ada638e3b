from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.extraction.fences import Fenced, fenced, fenced_blocks

PIECES = st.lists(st.sampled_from(["```", "java", "Java", "\r\n", "\n", " ", "x"]), max_size=40)


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("a ```java\nclass A {}\n``` b", ["class A {}\n"]),
        ("```java\r\nA```", ["A"]),
        ("```java\nA```\n```java\nB```", ["A", "B"]),
        ("```java \nA```", []),
        ("```Java\nA```", []),
        ("```\nA```", []),
        ("```java\nA", []),
        ("", []),
    ],
)
def test_blocks_of_a_language_end_at_the_next_three_backticks(text, blocks):
    assert fenced(text, "java") == blocks


@given(PIECES)
def test_blocks_are_those_of_the_pattern(pieces):
    text = "".join(pieces)
    assert fenced(text, "java") == re.findall("```java\r?\n(.*?)```", text, re.DOTALL)


def test_many_fences_that_are_never_closed_take_no_time():
    started = time.monotonic()
    assert fenced("```java\n" + "``java\n" * 200_000, "java") == []
    assert len(list(fenced_blocks("```java\n" * 100_000))) == 1
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("```Java\nA\n```", [Fenced("java", "A\n")]),
        ("  ```java title=x\nA\n  ```\n", [Fenced("java", "A\n")]),
        ("```\nA\n```\n````py\nB\n````", [Fenced("", "A\n"), Fenced("py", "B\n")]),
        ("```java\nA\nB", [Fenced("java", "A\nB")]),
        ("inline ```java\nA```", []),
    ],
)
def test_all_blocks_are_found_whatever_their_fence_says(text, blocks):
    assert list(fenced_blocks(text)) == blocks


@given(PIECES)
def test_any_text_can_be_searched_for_blocks(pieces):
    text = "".join(pieces)
    assert all(block.code in text for block in fenced_blocks(text))
