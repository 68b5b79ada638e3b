"""The A-shape mask: attention sinks and a local window while the prompt is encoded."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor

from .attention import sparse_attention
from .vertical_slash import VerticalSlash


def a_shape(tokens: int, n_init: int, n_local: int, device: torch.device) -> VerticalSlash:
    """Return the mask in which query i sees key j <= i when j < n_init or i - j < n_local.

    The official `streaming_forward`: a sliding window, and the first keys that lie outside it.
    """
    position = torch.arange(tokens, device=device)
    return VerticalSlash(position < n_init, position < n_local)


class AShapeAttention(msgspec.Struct, frozen=True):
    """A-shape in every layer and head."""

    n_init: int
    n_local: int

    def __call__(
        self,
        layer: int,  # noqa: ARG002 - PrefillAttention
        query: Tensor,
        key: Tensor,
        value: Tensor,
        scale: float,
    ) -> Tensor:
        """Return the attention output, shaped like `query`."""
        seen = a_shape(query.shape[2], self.n_init, self.n_local, query.device)
        return sparse_attention(query, key, value, seen, scale)
