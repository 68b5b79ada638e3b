"""SnapKV and PyramidKV with a choice for each query head, as SCBench runs them."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
from pressing import (
    GROUP,
    HEADS,
    LAYERS,
    attention_rows,
    best,
    cached,
    kept_positions,
    method,
    pooled,
    queries_and_keys,
    random_ids,
    sets,
    tiny_llama,
    treatment,
    votes,
)

from evalrun.core.errors import ConfigError
from evalrun.models.kv.method import UNTREATED
from evalrun.models.kv.pyramidkv import layer_budgets
from evalrun.models.kv.store import DenseStore

TOKENS = 80
QUERY_HEADS = {"granularity": "query_head", "window_size": 8}


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_llama()


@pytest.fixture(scope="module")
def window_votes(model: Any) -> list[list[list[float]]]:
    """Return the attention of the last 8 tokens to each early one, [layer][query head][token]."""
    return [
        [votes(rows, TOKENS - 8) for rows in attention_rows(q, k, 8)]
        for q, k in queries_and_keys(model, random_ids(TOKENS))
    ]


def expected(of_heads: list[list[float]], kept: int, kernel: int) -> list[set[int]]:
    return [
        {*best(pooled(head, kernel, "avg"), kept - 8), *range(TOKENS - 8, TOKENS)}
        for head in of_heads
    ]


def test_snapkv_keeps_what_each_query_head_attends_to(model: Any, window_votes: Any) -> None:
    kept = kept_positions(model, random_ids(TOKENS), method("snapkv", budget=30, **QUERY_HEADS))
    assert sets(kept) == [expected(of_heads, 30, 5) for of_heads in window_votes]


def test_pyramidkv_gives_each_layer_its_share(model: Any, window_votes: Any) -> None:
    kv = method("pyramidkv", budget=30, kernel_size=3, **QUERY_HEADS)
    shares = layer_budgets(TOKENS, 30, LAYERS, window=8, beta=20)
    assert len(set(shares)) == LAYERS
    assert sets(kept_positions(model, random_ids(TOKENS), kv)) == [
        expected(of_heads, share, 3) for of_heads, share in zip(window_votes, shares, strict=True)
    ]


def test_the_highest_of_neighbours_counts_with_max_pooling(model: Any, window_votes: Any) -> None:
    """Every kept token scores at least as high as every other one: neighbours of a peak tie."""
    kv = method("snapkv", budget=30, pooling="max", **QUERY_HEADS)
    kept = sets(kept_positions(model, random_ids(TOKENS), kv))
    for of_heads, heads in zip(window_votes, kept, strict=True):
        for votes_of_head, head in zip(of_heads, heads, strict=True):
            scores = pooled(votes_of_head, 5, "max")
            inside = [scores[j] for j in head if j < TOKENS - 8]
            outside = [score for j, score in enumerate(scores) if j not in head]
            assert len(inside) == 22
            assert min(inside) >= max(outside) * (1 - 1e-5)


@pytest.mark.parametrize("budget", [1, 5, 9, 79])
def test_exactly_the_budget_is_kept(model: Any, budget: int) -> None:
    kv = method("snapkv", budget=budget, granularity="query_head")
    kept = kept_positions(model, random_ids(TOKENS), kv)
    assert {len(head) for heads in kept for head in heads} == {budget}


@pytest.mark.parametrize("name", ["snapkv", "pyramidkv"])
@pytest.mark.parametrize("settings", [{"compression_ratio": 0.0}, {"budget": 80}])
def test_a_prompt_that_fits_is_left_alone(name: str, settings: dict[str, Any]) -> None:
    assert treatment(method(name, **settings, **QUERY_HEADS), TOKENS) is UNTREATED


@pytest.mark.parametrize(("branches", "queries"), [(1, 1), (1, 3), (5, 1), (5, 3)])
def test_each_query_head_reads_its_own_cache(model: Any, branches: int, queries: int) -> None:
    """The store's attention, against each head's own softmax over what it kept."""
    kv = method("snapkv", budget=30, **QUERY_HEADS)
    heads = cached(model, random_ids(TOKENS), treatment(kv, TOKENS).press)[1]
    whole = cached(model, random_ids(TOKENS))[1]
    kept = kept_positions(model, random_ids(TOKENS), kv)[1]
    store = DenseStore(*(torch.stack(part)[None] for part in zip(*heads, strict=True)))
    q = torch.randn(branches, HEADS, queries, 16, generator=torch.Generator().manual_seed(0))
    got = store.attend(q, torch.full((branches, queries), TOKENS), 0.25).output
    for h in range(HEADS):
        keys, values = (part[kept[h]] for part in whole[h // GROUP])
        weights = (q[:, h] @ keys.T * 0.25).softmax(-1)
        assert torch.allclose(got[:, h], weights @ values, atol=1e-5)


def test_half_precision_keeps_nearly_the_same(window_votes: Any) -> None:
    half = tiny_llama().bfloat16()
    kv = method("snapkv", budget=30, **QUERY_HEADS)
    kept = sets(kept_positions(half, random_ids(TOKENS), kv))[0]
    shared = [len(a & b) for a, b in zip(kept, expected(window_votes[0], 30, 5), strict=True)]
    assert min(shared) >= 27


@pytest.mark.parametrize("name", ["snapkv", "pyramidkv"])
def test_max_pooling_is_for_query_heads(name: str) -> None:
    with pytest.raises(ConfigError, match=r"kv\.pooling=max needs kv\.granularity=query_head"):
        method(name, pooling="max")


def test_labels_say_whose_heads_choose() -> None:
    kv = method("snapkv", granularity="query_head", pooling="max")
    assert kv.label == "snapkv-4096[pooling=max,granularity=query_head]"
