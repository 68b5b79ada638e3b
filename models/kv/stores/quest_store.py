"""The storage of Quest: all tokens are kept, and a query reads the pages that may matter to it."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor

from ..partial import NOTHING, Partial
from .chosen import gathered, in_pieces, softmax_over

_LEAST_PAGES = 3


class QuestStore(msgspec.Struct, frozen=True):
    """Keys and values (1, KV heads, tokens, channels) in pages of `chunk_size` consecutive tokens.

    `maxima` and `minima` (1, KV heads, pages, channels) bound the keys of each page.
    """

    keys: Tensor
    values: Tensor
    maxima: Tensor
    minima: Tensor
    chunk_size: int
    token_budget: int

    @classmethod
    def of(cls, keys: Tensor, values: Tensor, *, chunk_size: int, token_budget: int) -> QuestStore:
        """Divide tokens into pages; the last page may hold fewer than `chunk_size`."""
        # Copies of the last key fill its page up and change neither of its bounds.
        copies = keys[:, :, -1:].expand(-1, -1, -keys.shape[2] % chunk_size, -1)
        pages = torch.cat([keys, copies], 2).unflatten(2, (-1, chunk_size))
        return cls(
            keys.contiguous(),
            values.contiguous(),
            pages.amax(3),
            pages.amin(3),
            chunk_size,
            token_budget,
        )

    @property
    def tokens(self) -> float:
        """How many tokens are held by each KV head."""
        return self.keys.shape[2]

    @property
    def tokens_read(self) -> float:
        """Those of the pages that a query chooses."""
        return min(self.tokens, self.pages_read * self.chunk_size)

    @property
    def pages_read(self) -> int:
        """How many pages a query chooses: the budget in whole pages, but at least three.

        The official `local_heavy_hitter_mask`, which counts a prompt within the budget in whole
        pages too: it then leaves one of the pages out, unless the last page is full.
        """
        budget = min(self.keys.shape[2], self.token_budget) // self.chunk_size
        return min(self.maxima.shape[2], max(_LEAST_PAGES, budget))

    def attend(self, query: Tensor, positions: Tensor, scale: float) -> Partial:
        """Return the attention of each query and head over the pages with its highest scores.

        A branch's queries at negative positions are padding.
        """
        signs = summed_signs(query, positions >= 0)
        branches, heads, queries, channels = query.shape
        numbers = branches * heads * self.pages_read * self.chunk_size * channels

        def attend(some: slice) -> Partial:
            pages = self.page_scores(query[:, :, some], signs).topk(self.pages_read, sorted=False)
            return self._read(query[:, :, some], pages.indices, scale)

        return in_pieces(attend, queries, numbers)

    def page_scores(self, query: Tensor, signs: Tensor) -> Tensor:
        """Return how much each query may attend to each page: (branches, heads, queries, pages).

        For one query q it is the upper bound of q.k over the keys of a page: the sum over channels
        of max(q * maximum, q * minimum) (Tang et al. 2024, arXiv 2406.10774, section 3). Queries
        of a branch that come together share the choice of maximum or minimum: by the sum s of their
        `signs` (branches, heads, 1, channels); the score of q is then the sum of q * s^2 * bound
        (the official `quest_decode_kernel` of SCBench).
        """
        groups = (self.keys.shape[1], -1)
        weighed = (query.float() * signs**2).unflatten(1, groups)
        positive = (signs > 0).unflatten(1, groups)
        upper = _products(weighed * positive, self.maxima)
        lower = _products(weighed * ~positive, self.minima)
        return (upper + lower).flatten(1, 2)

    def _read(self, query: Tensor, pages: Tensor, scale: float) -> Partial:
        """Return the attention over the tokens of `pages` (branches, heads, queries, pages)."""
        within = torch.arange(self.chunk_size, device=pages.device)
        tokens = (pages.unsqueeze(-1) * self.chunk_size + within).flatten(-2)
        last = self.keys.shape[2] - 1
        inside = tokens.clamp(max=last)
        keys = gathered(self.keys, inside).float()
        scores = (keys @ query.float().unsqueeze(-1)).squeeze(-1) * scale
        scores = scores.masked_fill(tokens > last, NOTHING)
        return softmax_over(scores, gathered(self.values, inside))


def summed_signs(query: Tensor, real: Tensor) -> Tensor:
    """Return the sum over `query`'s rows of its signs: (branches, heads, 1, channels).

    Zero counts as negative. Queries (branches, queries) that are not `real` have no sign.
    """
    signs = torch.where(query > 0, 1.0, -1.0) * real[:, None, :, None]
    return signs.sum(2, keepdim=True)


def quest_attention(
    q: Tensor, k: Tensor, v: Tensor, *, chunk_size: int, token_budget: int
) -> Tensor:
    """Return the attention (batch, heads, queries, channels) of `q` over the pages it chooses.

    `k` and `v` (batch, heads, tokens, channels) may have fewer heads, each shared by some that
    stand next to each other. All tokens stand before the queries, and scores are scaled by the
    square root of the channels. Several queries choose as `QuestStore.page_scores` says.
    """
    # Heads know nothing of each other, and so a batch is as good as more heads.
    store = QuestStore.of(
        k.flatten(0, 1)[None],
        v.flatten(0, 1)[None],
        chunk_size=chunk_size,
        token_budget=token_budget,
    )
    positions = torch.zeros(1, q.shape[2], dtype=torch.long, device=q.device)
    part = store.attend(q.flatten(0, 1)[None], positions, q.shape[-1] ** -0.5)
    return part.output.view(q.shape)


def _products(query: Tensor, bounds: Tensor) -> Tensor:
    """Return products (branches, KV heads, group, queries, pages) of queries with page bounds."""
    return torch.einsum("bkgqc,kpc->bkgqp", query.float(), bounds[0].float())
