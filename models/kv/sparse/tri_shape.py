"""The Tri-shape mask: A-shape, below which the last queries see everything."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor

from .a_shape import a_shape
from .attention import sparse_attention
from .vertical_slash import VerticalSlash


class TriShape(msgspec.Struct, frozen=True):
    """Queries from `dense_from` on see all keys before them, the others those of `upper`."""

    upper: VerticalSlash
    dense_from: int

    def columns(self, start: int, stop: int) -> Tensor:
        """Return all keys below `stop` if a dense row is among these, else those of `upper`."""
        if stop > self.dense_from:
            return torch.arange(stop, device=self.upper.slash.device)
        return self.upper.columns(start, stop)

    def visible(self, rows: Tensor, columns: Tensor) -> Tensor:
        """Return what `upper` shows, and all of the dense rows up to the diagonal."""
        row = rows.unsqueeze(-1)
        return self.upper.visible(rows, columns) | ((row >= self.dense_from) & (columns <= row))


class TriShapeAttention(msgspec.Struct, frozen=True):
    """Tri-shape in every layer and head; of T queries, at most T - 1 are dense."""

    n_init: int
    n_local: int
    n_last: int

    def __call__(
        self,
        layer: int,  # noqa: ARG002 - PrefillAttention
        query: Tensor,
        key: Tensor,
        value: Tensor,
        scale: float,
    ) -> Tensor:
        """Return the attention output, shaped like `query`."""
        tokens = query.shape[2]
        upper = a_shape(tokens, self.n_init, self.n_local, query.device)
        seen = TriShape(upper, max(1, tokens - self.n_last))
        return sparse_attention(query, key, value, seen, scale)
