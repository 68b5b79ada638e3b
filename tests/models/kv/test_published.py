"""The published rules of choosing tokens, against their definitions number by number."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pressing import attention_rows, best, pooled, votes
from torch import Tensor

from evalrun.models.kv.published import (
    causal_weights,
    column_sums,
    h2o_positions,
    pyramidkv_positions,
    snapkv_positions,
    streamingllm_positions,
    windowkv_positions,
)

HEADS, TOKENS, CHANNELS = 4, 60, 8


def random_qk(tokens: int = TOKENS, seed: int = 0, kv_heads: int = HEADS) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    q = 2 * torch.randn(1, HEADS, tokens, CHANNELS, generator=generator)
    k = 2 * torch.randn(1, kv_heads, tokens, CHANNELS, generator=generator)
    return q, k


def repeated(k: Tensor) -> Tensor:
    """Return keys as the official classes get them: one head for each query head."""
    return k.repeat_interleave(HEADS // k.shape[1], dim=1)


def slow_snapkv(q: Tensor, k: Tensor, window: int, capacity: int, pool: tuple[int, str]) -> list:
    early = k.shape[2] - window
    return [
        [*best(pooled(votes(rows, early), *pool), capacity - window), *range(early, k.shape[2])]
        for rows in attention_rows(q[0], k[0], window)
    ]


@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.parametrize(("kernel", "window"), [(5, 8), (3, 1), (1, 20), (7, 9)])
def test_snapkv(kernel: int, window: int, pooling: str) -> None:
    q, k = random_qk()
    got = snapkv_positions(
        q, k, window_size=window, max_capacity=30, kernel_size=kernel, pooling=pooling
    )
    expected = slow_snapkv(q, k, window, 30, (kernel, pooling))
    if pooling == "avg":
        assert got.tolist() == expected
    else:  # Neighbours of a peak tie: which of them come last is open, their scores are not.
        early = TOKENS - window
        for head, rows in zip(got.tolist(), attention_rows(q[0], k[0], window), strict=True):
            scores = pooled(votes(rows, early), kernel, pooling)
            kept = [scores[j] for j in head[: 30 - window]]
            assert kept == pytest.approx(sorted(scores, reverse=True)[: 30 - window], rel=1e-5)
            assert head[30 - window :] == [*range(early, TOKENS)]


def test_snapkv_looks_at_the_last_queries_only() -> None:
    q, k = random_qk()
    how = {"window_size": 8, "max_capacity": 30, "kernel_size": 5}
    assert torch.equal(snapkv_positions(q, k, **how), snapkv_positions(q[:, :, -8:], k, **how))


@pytest.mark.parametrize("kv_heads", [1, 2])
def test_keys_may_come_with_their_kv_heads(kv_heads: int) -> None:
    q, k = random_qk(kv_heads=kv_heads)
    snap = {"window_size": 8, "max_capacity": 30, "kernel_size": 5}
    assert torch.equal(snapkv_positions(q, k, **snap), snapkv_positions(q, repeated(k), **snap))
    h2o = {"window_size": 8, "max_capacity": 30}
    assert torch.equal(h2o_positions(q, k, **h2o), h2o_positions(q, repeated(k), **h2o))


def test_h2o() -> None:
    q, k = random_qk()
    expected = [
        [*best(votes(rows, TOKENS - 8), 30 - 8), *range(TOKENS - 8, TOKENS)]
        for rows in attention_rows(q[0], k[0], TOKENS)
    ]
    assert h2o_positions(q, k, window_size=8, max_capacity=30).tolist() == expected


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.sampled_from([1, 2, 4]))
def test_column_sums_do_not_depend_on_the_blocks(pieces: list[int], kv_heads: int) -> None:
    q, k = random_qk(sum(pieces), kv_heads=kv_heads)
    whole = causal_weights(q, k).sum(2)
    assert torch.allclose(column_sums(q.split(pieces, 2), k, HEADS), whole, atol=1e-5)
    assert whole.sum(-1).tolist()[0] == pytest.approx([sum(pieces)] * HEADS, rel=1e-5)


def test_column_sums_of_half_precision_are_added_up_in_full() -> None:
    q, k = random_qk(300)
    exact = column_sums([q], k, HEADS)
    half = column_sums(q.bfloat16().split(7, 2), k.bfloat16(), HEADS)
    assert half.dtype == torch.float32
    assert torch.allclose(half, exact, rtol=0.1, atol=0.05)


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        (60, [36, 28, 20, 12]),  # 16 chosen: from 28 before the window to 4, in steps of 24 // 3
        (33, [33, 27, 21, 15]),  # 28 > 33 - 8: from 25 to 7
        (31, [24] * 4),  # below twice the 16 chosen: the same for all layers
        (23, [23] * 4),  # below the capacity: everything
    ],
)
def test_pyramidkv_has_three_cases(tokens: int, kept: list[int]) -> None:
    q, k = random_qk(tokens)
    for layer in range(4):
        how = {"window_size": 8, "kernel_size": 5, "pooling": "avg"}
        got = pyramidkv_positions(q, k, layer, 4, max_capacity=24, beta=4, **how)
        assert got.shape == (HEADS, kept[layer])
        if kept[layer] < tokens:
            assert torch.equal(got, snapkv_positions(q, k, max_capacity=kept[layer], **how))
        else:
            assert got.sort().values.tolist() == [[*range(tokens)]] * HEADS


def test_a_prompt_below_the_capacity_stays_in_order() -> None:
    q, k = random_qk(20)
    everything = [[*range(20)]] * HEADS
    assert (
        snapkv_positions(q, k, window_size=8, max_capacity=21, kernel_size=5).tolist() == everything
    )
    assert h2o_positions(q, k, window_size=8, max_capacity=21).tolist() == everything


def test_a_prompt_of_the_capacity_keeps_everything_in_the_order_of_scores() -> None:
    q, k = random_qk(20)
    got = h2o_positions(q, k, window_size=8, max_capacity=20)
    assert got.sort().values.tolist() == [[*range(20)]] * HEADS
    assert got[0, :12].tolist() == best(votes(attention_rows(q[0], k[0], 20)[0], 12), 12)


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [(9, [*range(9)]), (10, [*range(10)]), (12, [0, 1, 2, 5, 6, 7, 8, 9, 10, 11])],
)
def test_streamingllm_keeps_the_first_and_the_last(tokens: int, kept: list[int]) -> None:
    assert streamingllm_positions(tokens, 3, 7).tolist() == kept


def slow_windowkv(q: Tensor, k: Tensor, budget: int, suffix: int, w: int, strategy: str) -> list:
    review = k.shape[2] - suffix
    of_heads = [votes(rows, review) for rows in attention_rows(q[0], k[0], suffix)]
    starts = range(0, review, w)
    scores = []
    for start in starts:
        window = [of_head[start : min(start + w, review)] for of_head in of_heads]
        if strategy == "max":
            window = [sorted(head, reverse=True)[: w // 2] for head in window]
        numbers = [number for head in window for number in head]
        scores.append(sum(numbers) / len(numbers))
    drop = -(-(review - budget) // w)
    kept = best(scores, len(scores) - drop)
    inside = [j for i in kept for j in range(i * w, min(i * w + w, review))]
    return [*inside, *range(review, k.shape[2])]


@pytest.mark.parametrize("strategy", ["average", "max"])
@pytest.mark.parametrize(
    ("budget", "suffix", "w"), [(20, 8, 8), (33, 5, 8), (11, 16, 4), (40, 1, 7)]
)
def test_windowkv(budget: int, suffix: int, w: int, strategy: str) -> None:
    q, k = random_qk(seed=3)
    got = windowkv_positions(
        q, k, budget=budget, suffix_size=suffix, review_window_size=w, strategy=strategy
    )
    assert got.tolist() == slow_windowkv(q, k, budget, suffix, w, strategy)
    assert got.tolist() != sorted(got.tolist())


def windows_kept(budget: int, tokens: int = 30) -> list[int]:
    """With a suffix of 6 tokens and windows of 8 before it."""
    q, k = random_qk(tokens)
    return windowkv_positions(
        q, k, budget=budget, suffix_size=6, review_window_size=8, strategy="average"
    ).tolist()


def test_windowkv_keeps_a_prompt_that_fits() -> None:
    assert windows_kept(24) == [*range(30)]
    assert windows_kept(1, tokens=6) == [*range(6)]
    assert windows_kept(1, tokens=3) == [*range(3)]


def test_windowkv_keeps_only_the_suffix_where_all_windows_would_go() -> None:
    """24 tokens of review: to drop 17 of them takes three windows, which is all."""
    assert windows_kept(7) == [*range(24, 30)]
    assert len(windows_kept(8)) == 8 + 6


def test_windowkv_rounds_down_to_whole_windows() -> None:
    assert len(windows_kept(23)) == 16 + 6


def test_windows_of_equal_scores_stay_in_order() -> None:
    q, k = torch.zeros(1, HEADS, 30, CHANNELS), torch.zeros(1, HEADS, 30, CHANNELS)
    got = windowkv_positions(
        q, k, budget=16, suffix_size=6, review_window_size=8, strategy="average"
    )
    assert got.tolist() == [*range(16), *range(24, 30)]


def test_windows_of_one_token_have_a_best_token() -> None:
    q, k = random_qk()
    how = {"budget": 20, "suffix_size": 8, "review_window_size": 1}
    average = windowkv_positions(q, k, strategy="average", **how)
    assert torch.equal(average, windowkv_positions(q, k, strategy="max", **how))


def test_several_prompts_at_once_are_an_error() -> None:
    q, k = (torch.cat([x, x]) for x in random_qk())
    with pytest.raises(ValueError, match="unpack"):
        snapkv_positions(q, k, window_size=8, max_capacity=30, kernel_size=5)
    with pytest.raises(ValueError, match="unpack"):
        h2o_positions(q, k, window_size=8, max_capacity=30)
