"""Attention in which each query sees some of the keys before it, a block of queries at a time.

Only the keys that some query of the block sees are gathered and multiplied, and no mask is larger
than a block of rows.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention


class Visibility(Protocol):
    """Which keys the queries of a prompt see; each query sees at least one key, none later."""

    def columns(self, start: int, stop: int) -> Tensor:
        """Return the keys below `stop`, ascending, that some query in [start, stop) may see."""
        ...

    def visible(self, rows: Tensor, columns: Tensor) -> Tensor:
        """Return booleans (rows, columns): whether the query at a row sees the key at a column."""
        ...


def sparse_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    seen: Visibility,
    scale: float,
    *,
    rows_at_once: int = 128,
) -> Tensor:
    """Return the attention of each query over the keys it sees, shaped like `query`.

    `query` (batch, heads, tokens, channels), `key` and `value` (batch, KV heads, tokens, channels);
    all heads see the same. Heads that share a KV head stand next to each other. The fewer
    `rows_at_once`, the fewer keys that only some of them see, and the more steps.
    """
    batch, heads, tokens, channels = query.shape
    kv_heads = key.shape[1]
    output = torch.empty_like(query)
    for start in range(0, tokens, rows_at_once):
        stop = min(start + rows_at_once, tokens)
        columns = seen.columns(start, stop)
        rows = torch.arange(start, stop, device=query.device)
        block = scaled_dot_product_attention(
            query[:, :, start:stop].reshape(batch, kv_heads, -1, channels),
            _gathered(key, columns, stop),
            _gathered(value, columns, stop),
            attn_mask=seen.visible(rows, columns).repeat(heads // kv_heads, 1),
            scale=scale,
        )
        output[:, :, start:stop] = block.reshape(batch, heads, stop - start, channels)
    return output


def attention_weights(query: Tensor, key: Tensor, rows: Tensor, scale: float) -> Tensor:
    """Return causal softmax weights (rows, tokens) of one head in float32.

    `query` (rows, channels) stands at the positions `rows`, `key` is (tokens, channels).
    """
    scores = (query.float() @ key.float().T) * scale
    later = torch.arange(key.shape[0], device=key.device) > rows.unsqueeze(-1)
    return scores.masked_fill(later, -torch.inf).softmax(-1)


def _gathered(states: Tensor, columns: Tensor, stop: int) -> Tensor:
    """Return `states` at `columns`; without a copy when these are all columns below `stop`."""
    if columns.shape[0] == stop:
        return states[:, :, :stop]
    return states.index_select(2, columns)
