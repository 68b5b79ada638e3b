"""Block-sparse attention: each block of queries sees the blocks of keys that suit it best.

Jiang et al. 2024, arXiv 2407.02490, section 3.2; `block_sparse_attention` of the official code.
"""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor
from torch.nn.functional import pad

BLOCK = 64


class BlockSparse(msgspec.Struct, frozen=True):
    """The `kept` best blocks of 64 keys for each block of 64 queries, by their means' product.

    `queries` and `keys` are the means (blocks, channels) in float32. Blocks of keys behind the
    queries' own are left out; the queries' own block has to earn its place like the others.
    """

    queries: Tensor
    keys: Tensor
    kept: int

    @classmethod
    def of(cls, query: Tensor, key: Tensor, kept: int) -> BlockSparse:
        """Return the pattern of one head; `query` and `key` are (tokens, channels)."""
        return cls(_means(query), _means(key), kept)

    def columns(self, start: int, stop: int) -> Tensor:
        """Return the keys below `stop` in blocks chosen by the blocks of these rows."""
        device = self.keys.device
        own = torch.arange(start // BLOCK, (stop - 1) // BLOCK + 1, device=device)
        column = torch.arange(stop, device=device)
        return column[self._chosen(own).any(0)[column // BLOCK]]

    def visible(self, rows: Tensor, columns: Tensor) -> Tensor:
        """Return which columns lie in a block chosen by that of the row, up to the diagonal."""
        own, place = torch.unique(rows // BLOCK, return_inverse=True)
        chosen = self._chosen(own)[place][:, columns // BLOCK]
        return chosen & (columns <= rows.unsqueeze(-1))

    def _chosen(self, own: Tensor) -> Tensor:
        """Return booleans (own, blocks): the blocks of keys chosen by the blocks `own`."""
        later = torch.arange(self.keys.shape[0], device=own.device) > own.unsqueeze(-1)
        scores = (self.queries[own] @ self.keys.T).masked_fill(later, -torch.inf)
        best = scores.topk(min(self.kept, scores.shape[1])).indices
        return torch.zeros_like(later).scatter_(1, best, value=True) & ~later


def _means(states: Tensor) -> Tensor:
    """Return the means (blocks, channels); the last block is filled up with zeros, as theirs."""
    tokens, channels = states.shape
    filled = pad(states.float(), (0, 0, 0, -tokens % BLOCK))
    return filled.view(-1, BLOCK, channels).mean(1)
