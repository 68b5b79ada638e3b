"""Masked attention written out row by row, and what a computation holds in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Mask = Callable[[int, int], bool]


def random_states(
    tokens: int, *, batch: int = 1, heads: int = 4, kv_heads: int = 2, channels: int = 16
) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values whose attention is far from uniform."""
    torch.manual_seed(tokens)
    query = 2 * torch.randn(batch, heads, tokens, channels)
    key, value = torch.randn(2, batch, kv_heads, tokens, channels)
    return query, key, value


def slow_weights(query: Tensor, key: Tensor, mask: Mask, scale: float) -> Tensor:
    """Return the weights (tokens, tokens) of one head: key j <= i counts where `mask(i, j)`."""
    tokens = query.shape[0]
    weights = torch.zeros(tokens, tokens)
    for i in range(tokens):
        seen = [j for j in range(i + 1) if mask(i, j)]
        weights[i, seen] = torch.softmax((key[seen] @ query[i]) * scale, -1)
    return weights


def slow_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Callable[[int, int], Mask], scale: float
) -> Tensor:
    """Return the attention output; `mask(row of the batch, head)` gives the mask of a head."""
    group = query.shape[1] // key.shape[1]
    output = torch.empty_like(query)
    for b in range(query.shape[0]):
        for h in range(query.shape[1]):
            weights = slow_weights(query[b, h], key[b, h // group], mask(b, h), scale)
            output[b, h] = weights @ value[b, h // group]
    return output


class Observed(TorchDispatchMode):
    """Notes the largest tensor that is made, and how many keys each fused attention reads."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0
        self.keys_read: list[int] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if "scaled_dot_product" in str(func):
            self.keys_read.append(args[1].shape[2])
        result = func(*args, **(kwargs or {}))
        sizes = [leaf.numel() for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        self.largest = max(self.largest, *sizes, 0)
        return result
