"""Where LiveCodeBench finds the code of a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.python_code.fences import fenced_code


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("```python\na = 1\nb = 2\n```", "a = 1\nb = 2"),
        ("First:\n```\nx\n```\nBetter:\n```python\ny\n```\nDone.", "y"),
        # Any line with three backticks is a fence: here the last two hold nothing of the code.
        ("```python\nx\n```\nor\n```\n```", ""),
        ("  ```py\nx\n  ``` end", "x"),
        ("`x`", "x"),
        ("`x`\n", "`x`"),
        ("x\ny\n```", "x\ny"),
        ("```python\nx", "```python\nx"),
        ("x = 1  \n\n", "x = 1"),
        ("", ""),
        ("`", "`"),
        ("``", ""),
        ("```", "`"),
    ],
)
def test_the_code_is_between_the_last_two_fences(reply: str, code: str) -> None:
    assert fenced_code(reply) == code


@given(st.text(alphabet="ab \n`"))
def test_code_is_a_part_of_the_reply(reply: str) -> None:
    assert fenced_code(reply) in reply
