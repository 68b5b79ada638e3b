"""Tokens as servers count them, and shared among replies."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.exchange import Usage
from evalrun.models.openai_api.usage import UsageCount, split

counts = st.integers(0, 10_000)


@given(counts, counts, counts, counts, st.integers(1, 9))
def test_shares_add_up_and_the_input_is_the_first_ones(
    read: int, written: int, cached: int, reasoned: int, replies: int
) -> None:
    usage = Usage(
        input_tokens=read,
        output_tokens=written,
        cached_tokens=cached,
        reasoning_tokens=reasoned,
    )
    first, *others = shares = split(usage, replies)
    assert len(shares) == replies
    assert sum(shares, Usage()) == usage
    assert (first.input_tokens, first.cached_tokens) == (read, cached)
    assert all(share.input_tokens == share.cached_tokens == 0 for share in others)
    outputs = [share.output_tokens for share in shares]
    assert max(outputs) - min(outputs) <= 1


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({}, Usage()),
        ({"prompt_tokens": None, "prompt_tokens_details": None}, Usage()),
        ({"prompt_tokens": 12.0, "completion_tokens": -1}, Usage(input_tokens=12)),
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 5,
                "total_tokens": 105,
                "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(input_tokens=100, output_tokens=5, cached_tokens=64, reasoning_tokens=3),
        ),
    ],
)
def test_what_is_not_told_counts_as_nothing(told: dict[str, Any], usage: Usage) -> None:
    assert msgspec.convert(told, UsageCount).usage() == usage
