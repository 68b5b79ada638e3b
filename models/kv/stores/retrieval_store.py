"""The storage of RetrievalAttention: tokens that are always read, and others that are searched."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor

from ..partial import Partial, attend, merged
from .chosen import gathered, in_pieces, softmax_over
from .vector_index import IndexOf, VectorIndex


class RetrievalStore(msgspec.Struct, frozen=True):
    """The first and newest tokens of a prompt, and an index of those between them.

    `near_keys` and `near_values` (1, KV heads, tokens, channels) are read by every query. Of the
    `far_values` a query reads `top_k`: those whose keys, which `index` holds, have the largest
    inner products with it.
    """

    near_keys: Tensor
    near_values: Tensor
    index: VectorIndex
    far_values: Tensor
    top_k: int

    @classmethod
    def of(
        cls,
        keys: Tensor,
        values: Tensor,
        *,
        n_init: int,
        n_local: int,
        top_k: int,
        index_of: IndexOf,
    ) -> RetrievalStore:
        """Divide `keys` and `values` (1, KV heads, tokens, channels) of a longer prompt."""
        parts = [n_init, keys.shape[2] - n_init - n_local, n_local]
        first_keys, far_keys, newest_keys = keys.split(parts, 2)
        first_values, far_values, newest_values = values.split(parts, 2)
        # Clones: a slice would keep the storage of the whole prompt alive.
        return cls(
            torch.cat([first_keys, newest_keys], 2),
            torch.cat([first_values, newest_values], 2),
            index_of(far_keys.clone()),
            far_values.clone(memory_format=torch.contiguous_format),
            top_k,
        )

    @property
    def tokens(self) -> float:
        """How many tokens are held by each KV head."""
        return self.near_values.shape[2] + self.far_values.shape[2]

    @property
    def tokens_read(self) -> float:
        """Those that are always read and those that are found."""
        return self.near_values.shape[2] + self.top_k

    def attend(self, query: Tensor, positions: Tensor, scale: float) -> Partial:  # noqa: ARG002
        """Return the attention over both parts, merged by their normalisers.

        RetrievalAttention (Liu et al. 2024, arXiv 2409.10516, section 3); the official `retr_attn`.
        """
        near = attend(query, self.near_keys, self.near_values, scale=scale)
        branches, heads, queries, channels = query.shape
        tokens = max(self.far_values.shape[2], self.top_k * channels)
        far = in_pieces(
            lambda some: self._search(query[:, :, some], scale),
            queries,
            branches * heads * tokens,
        )
        return merged(near, far)

    def _search(self, query: Tensor, scale: float) -> Partial:
        found = self.index.search(query, self.top_k)
        return softmax_over(found.products * scale, gathered(self.far_values, found.tokens))
