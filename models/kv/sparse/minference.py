"""MInference: each head of each layer under its own pattern."""

from __future__ import annotations

from itertools import product

import msgspec
import torch
from torch import Tensor

from .attention import sparse_attention
from .block_sparse import BLOCK
from .heads import Head
from .patterns import FALLBACK, HeadPatterns, Pattern
from .search import candidates_for, search_pattern


class MInferenceAttention(msgspec.Struct, frozen=True):
    """Sparse attention with the patterns of `layers`, or with those found by a search if None.

    The search is made anew for each prompt, from its own queries and keys: what is found depends
    on nothing but the prompt and the model.
    """

    layers: tuple[HeadPatterns, ...] | None = None

    def __call__(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float
    ) -> Tensor:
        """Return the attention output, shaped like `query`."""
        output = torch.empty_like(query)
        group = query.shape[1] // key.shape[1]
        for row, index in product(range(query.shape[0]), range(query.shape[1])):
            at = (slice(row, row + 1), slice(index, index + 1))
            shared = (at[0], slice(index // group, index // group + 1))
            head = Head.of(query[row, index], key[row, index // group], scale)
            seen = head.seen(self._pattern(layer, index, head))
            output[at] = sparse_attention(
                query[at], key[shared], value[shared], seen, scale, rows_at_once=BLOCK
            )
        return output

    def _pattern(self, layer: int, index: int, head: Head) -> Pattern:
        if self.layers is None:
            return search_pattern(head, candidates_for(head.tokens))[0]
        return self.layers[layer].get(index, FALLBACK)
