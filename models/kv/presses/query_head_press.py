"""A press after which each query head has a cache of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from kvpress import BasePress
from torch import Tensor, nn

from .queries import rotated_queries

# Takes queries (1, query heads, rows, channels), keys (1, KV heads, tokens, channels) and the index
# of the layer; returns positions (query heads, kept).
Choice = Callable[[Tensor, Tensor, int], Tensor]


@dataclass
class QueryHeadPress(BasePress):
    """Keep what `choose` chooses for each query head, of its KV head's keys and values.

    The cache then has as many heads as there are queries: attention has to be computed without
    grouping. `rows` is how many of the last queries are looked at; None is all. It takes one
    prompt at a time.
    """

    choose: Choice
    rows: int | None = None

    def compress(
        self,
        module: nn.Module,
        hidden_states: Tensor,
        keys: Tensor,
        values: Tensor,
        attentions: Tensor | None,  # noqa: ARG002 - of the kvpress interface
        kwargs: dict[str, Any],
    ) -> tuple[Tensor, Tensor]:
        """Return the kept keys and values (1, query heads, kept, channels)."""
        layer: Any = module.layer_idx
        last = slice(None if self.rows is None else -self.rows, None)
        queries = rotated_queries(module, hidden_states, kwargs, last)
        positions = self.choose(queries, keys, layer)
        heads = torch.arange(len(positions), device=keys.device)
        owner = (heads // (len(positions) // keys.shape[1])).unsqueeze(1)
        return keys[:, owner, positions], values[:, owner, positions]
