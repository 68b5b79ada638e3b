"""Attention of queries that each chose which tokens they read."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..partial import Partial

_NUMBERS_AT_ONCE = 1 << 26


def gathered(states: Tensor, chosen: Tensor) -> Tensor:
    """Return the `states` (1, KV heads, tokens, channels) of the tokens that were `chosen`.

    `chosen` (branches, heads, queries, n) holds their indices; the result is (branches, heads,
    queries, n, channels). Heads that share a KV head stand next to each other.
    """
    heads, kv_heads = chosen.shape[1], states.shape[1]
    shared = torch.arange(heads, device=chosen.device) // (heads // kv_heads)
    return states[0, shared[:, None, None], chosen]


def softmax_over(scores: Tensor, values: Tensor) -> Partial:
    """Return the attention with these `scores` (branches, heads, queries, n), in float32.

    `values` (branches, heads, queries, n, channels); the output has their dtype.
    """
    lse = scores.logsumexp(-1, keepdim=True)
    weights = (scores - lse).exp().unsqueeze(-2)
    output = (weights @ values.float()).squeeze(-2)
    return Partial(output.to(values.dtype), lse.squeeze(-1))


def in_pieces(attend: Callable[[slice], Partial], queries: int, numbers: int) -> Partial:
    """Return the attention of `queries` queries, of which `attend` computes a slice at a time.

    `numbers` is the size of the largest tensor that `attend` makes for one query of each branch and
    head: memory is bounded, however many queries there are.
    """
    step = max(1, _NUMBERS_AT_ONCE // numbers)
    parts = [attend(slice(start, start + step)) for start in range(0, queries, step)]
    return Partial(
        torch.cat([part.output for part in parts], 2), torch.cat([part.lse for part in parts], 2)
    )
