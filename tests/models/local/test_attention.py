"""Attention without masks, against the arithmetic written out."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from evalrun.core.errors import EndpointError
from evalrun.models.local.attention import causal_attention


def eager(query: Tensor, key: Tensor, value: Tensor, window: int | None = None) -> Tensor:
    """Softmax attention row by row, the newest query at the newest key."""
    heads, queries, channels = query.shape[1:]
    group = heads // key.shape[1]
    out = torch.zeros(1, queries, heads, value.shape[-1])
    for h in range(heads):
        for i in range(queries):
            newest = key.shape[2] - queries + i
            oldest = 0 if window is None else max(0, newest - window + 1)
            keys = key[0, h // group, oldest : newest + 1]
            weights = torch.softmax(keys @ query[0, h, i] / math.sqrt(channels), -1)
            out[0, i, h] = weights @ value[0, h // group, oldest : newest + 1]
    return out


def tensors(queries: int, keys: int, heads: int = 6, kv_heads: int = 2) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(queries * 100 + keys)
    return (
        torch.randn(1, heads, queries, 16, generator=generator),
        torch.randn(1, kv_heads, keys, 16, generator=generator),
        torch.randn(1, kv_heads, keys, 16, generator=generator),
    )


@pytest.mark.parametrize("queries", [1, 5, 17])
@pytest.mark.parametrize("kv_heads", [1, 2, 6])
def test_each_query_sees_all_keys_up_to_its_own(queries: int, kv_heads: int) -> None:
    q, k, v = tensors(queries, 17, kv_heads=kv_heads)
    output, weights = causal_attention(nn.Module(), q, k, v, None)
    assert weights is None
    torch.testing.assert_close(output, eager(q, k, v), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("queries", "keys"), [(1, 17), (5, 17), (17, 17), (3, 4)])
def test_a_sliding_window_hides_older_keys(queries: int, keys: int) -> None:
    q, k, v = tensors(queries, keys)
    output, _ = causal_attention(nn.Module(), q, k, v, None, sliding_window=6)
    torch.testing.assert_close(output, eager(q, k, v, window=6), atol=1e-5, rtol=1e-5)


def test_scaling_replaces_the_root_of_the_channels() -> None:
    q, k, v = tensors(2, 8)
    output, _ = causal_attention(nn.Module(), q, k, v, None, scaling=0.5)
    torch.testing.assert_close(output, eager(2 * q, k, v), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("more", [{"softcap": 30.0}, {"s_aux": torch.zeros(6)}])
def test_kinds_of_attention_that_need_more_than_causality_are_refused(more: dict) -> None:
    q, k, v = tensors(2, 8)
    with pytest.raises(EndpointError, match=r"use model\.engine=vllm"):
        causal_attention(nn.Module(), q, k, v, None, **more)


def test_a_mask_is_refused() -> None:
    q, k, v = tensors(2, 8)
    with pytest.raises(EndpointError, match="mask"):
        causal_attention(nn.Module(), q, k, v, torch.zeros(1, 1, 2, 8))
