"""A layer's queries, computed again from what the layer was given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kvpress.utils import get_prerope_query_states
from torch import Tensor
from transformers.models.llama.modeling_llama import rotate_half


def rotated_queries(
    module: Any, hidden_states: Tensor, kwargs: dict[str, Any], rows: slice = slice(None)
) -> Tensor:
    """Return the queries (batch, heads, rows, channels) after RoPE, of some rows of the prompt.

    `kwargs` are those of the attention module: they hold the `position_embeddings`.
    """
    cos, sin = (part[:, rows].unsqueeze(1) for part in kwargs["position_embeddings"])
    queries: Tensor = get_prerope_query_states(module, hidden_states[:, rows])
    return queries * cos + rotate_half(queries) * sin


def query_blocks(
    module: Any, hidden_states: Tensor, kwargs: dict[str, Any], rows: int
) -> Iterator[Tensor]:
    """Yield all queries of the prompt, `rows` rows at a time."""
    for start in range(0, hidden_states.shape[1], rows):
        yield rotated_queries(module, hidden_states, kwargs, slice(start, start + rows))
