"""Which tokens are drawn from: the likeliest, and their nucleus."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from evalrun.models.local.decoding import nucleus


def kept(weights: list[float], top_k: int | None, top_p: float) -> list[float]:
    return nucleus(torch.tensor(weights), top_k, top_p).tolist()


def test_without_settings_all_are_kept_as_they_are() -> None:
    assert kept([0.5, 0.25, 0.25], None, 1.0) == [0.5, 0.25, 0.25]


def test_the_k_likeliest_share_all_weight() -> None:
    assert kept([0.5, 0.25, 0.125, 0.125], 2, 1.0) == pytest.approx([2 / 3, 1 / 3, 0, 0])
    assert kept([0.5, 0.25, 0.125, 0.125], 1, 1.0) == [1, 0, 0, 0]
    assert kept([0.5, 0.5], 20, 1.0) == [0.5, 0.5]


def test_what_is_as_likely_as_the_last_one_is_kept_too() -> None:
    assert kept([0.5, 0.25, 0.25], 2, 1.0) == [0.5, 0.25, 0.25]


def test_the_nucleus_is_of_what_the_k_likeliest_leave() -> None:
    # Of all tokens 0.7 takes two; of the two likeliest the first has 5/8, and the nucleus both;
    # at 0.6 it is the first alone, which has 0.5 of all.
    weights = [0.5, 0.3, 0.2]
    assert kept(weights, None, 0.6) == pytest.approx([0.5, 0.3, 0])
    assert kept(weights, 2, 0.7) == pytest.approx([0.625, 0.375, 0])
    assert kept(weights, 2, 0.6) == pytest.approx([0.625, 0, 0])


@given(
    st.lists(st.floats(-5, 5, width=16), min_size=2, max_size=12, unique=True),
    st.integers(1, 14),
    st.sampled_from([0.33, 0.61, 0.87]),
)
def test_the_same_tokens_are_left_as_in_transformers(logits, top_k, top_p) -> None:
    transformers = pytest.importorskip("transformers")
    scores = torch.tensor(logits, dtype=torch.float64)
    left = scores[None]
    for warper in (transformers.TopKLogitsWarper(top_k), transformers.TopPLogitsWarper(top_p)):
        left = warper(None, left)
    likeliest, order = scores.softmax(-1).sort(descending=True)
    ours = order[nucleus(likeliest, top_k, top_p) > 0]
    assert set(ours.tolist()) == set(left[0].isfinite().nonzero().flatten().tolist())
