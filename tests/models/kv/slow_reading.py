"""Queries that read some tokens of a prompt, one head and one query at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

Chosen = Callable[[int, int, int], Sequence[int]]


def random_prompt(
    tokens: int, *, kv_heads: int = 2, channels: int = 16, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Return keys and values (1, KV heads, tokens, channels)."""
    generator = torch.Generator().manual_seed(seed)
    keys, values = torch.randn(2, 1, kv_heads, tokens, channels, generator=generator)
    return keys, values


def random_queries(
    branches: int, queries: int, *, tokens: int, heads: int = 6, channels: int = 16
) -> tuple[Tensor, Tensor]:
    """Return queries (branches, heads, queries, channels), and positions behind `tokens`."""
    generator = torch.Generator().manual_seed(branches * 100 + queries)
    query = 2 * torch.randn(branches, heads, queries, channels, generator=generator)
    return query, torch.arange(tokens, tokens + queries).expand(branches, queries)


def slow_reading(
    query: Tensor, keys: Tensor, values: Tensor, scale: float, chosen: Chosen | None = None
) -> tuple[Tensor, Tensor]:
    """Return output and normaliser; query i of head h and branch b reads `chosen(b, h, i)`."""
    output, lse = torch.empty_like(query), torch.empty(query.shape[:3])
    group = query.shape[1] // keys.shape[1]
    for b in range(query.shape[0]):
        for h in range(query.shape[1]):
            for i in range(query.shape[2]):
                read = list(range(keys.shape[2]) if chosen is None else chosen(b, h, i))
                scores = keys[0, h // group, read] @ query[b, h, i] * scale
                output[b, h, i] = torch.softmax(scores, 0) @ values[0, h // group, read]
                lse[b, h, i] = scores.exp().sum().log()
    return output, lse


class Made(TorchDispatchMode):
    """Notes the most numbers that an operation writes; views write none."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            results = result if isinstance(result, (tuple, list)) else [result]
            sizes = [one.numel() for one in results if isinstance(one, Tensor)]
            self.largest = max(self.largest, *sizes, 0)
        return result
