"""What a layer holds of a prompt, and how it is read.

A store is written once, after the prompt has passed its layer, and never changes: all questions
about the prompt read the same one.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
import torch
from torch import Tensor

from .partial import NOTHING, Partial, attend


class LayerStore(Protocol):
    """The keys and values that one layer kept of one prompt."""

    @property
    def tokens(self) -> float:
        """How many tokens are held, on average over KV heads."""
        ...

    @property
    def tokens_read(self) -> float:
        """How many of them one new token reads, on average over heads."""
        ...

    def attend(self, query: Tensor, positions: Tensor, scale: float) -> Partial:
        """Return the attention of `query` over what is held.

        `query` (branches, heads, queries, channels) stands at `positions` (branches, queries), all
        of them behind the prompt.
        """
        ...


class DenseStore(msgspec.Struct, frozen=True):
    """Keys and values (1, KV heads, tokens, channels), every one of them read."""

    keys: Tensor
    values: Tensor

    @property
    def tokens(self) -> float:
        """How many tokens are held by each KV head."""
        return self.keys.shape[2]

    @property
    def tokens_read(self) -> float:
        """All of them."""
        return self.tokens

    def attend(self, query: Tensor, positions: Tensor, scale: float) -> Partial:  # noqa: ARG002
        """Return the attention over all tokens."""
        return attend(query, self.keys, self.values, scale=scale)


class WindowStore(msgspec.Struct, frozen=True):
    """The newest keys and values of a layer with a sliding window of `window` tokens.

    They stand at the positions from `start` on; a query at position p reads those above p - window.
    """

    keys: Tensor
    values: Tensor
    start: int
    window: int

    @property
    def tokens(self) -> float:
        """How many tokens are held by each KV head."""
        return self.keys.shape[2]

    @property
    def tokens_read(self) -> float:
        """All of them, by the first token behind the prompt."""
        return self.tokens

    def attend(self, query: Tensor, positions: Tensor, scale: float) -> Partial:
        """Return the attention over the tokens inside the window of each query."""
        held = torch.arange(self.start, self.start + self.keys.shape[2], device=query.device)
        visible = held > positions.unsqueeze(-1) - self.window
        return attend(query, self.keys, self.values, scale=scale, visible=visible)


class RaggedStore(msgspec.Struct, frozen=True):
    """Keys and values of KV heads that kept different tokens: a pair (tokens, channels) a head.

    Nothing is padded, so the memory is that of the tokens kept.
    """

    heads: tuple[tuple[Tensor, Tensor], ...]

    @property
    def tokens(self) -> float:
        """The mean over KV heads."""
        return sum(keys.shape[0] for keys, _ in self.heads) / len(self.heads)

    @property
    def tokens_read(self) -> float:
        """All of them."""
        return self.tokens

    def attend(self, query: Tensor, positions: Tensor, scale: float) -> Partial:  # noqa: ARG002
        """Return the attention of each head over its own tokens."""
        groups = query.chunk(len(self.heads), dim=1)
        parts = [
            attend(group, keys[None, None], values[None, None], scale=scale)
            if keys.shape[0]
            else _nothing(group)
            for group, (keys, values) in zip(groups, self.heads, strict=True)
        ]
        return Partial(
            torch.cat([part.output for part in parts], 1),
            torch.cat([part.lse for part in parts], 1),
        )


def _nothing(query: Tensor) -> Partial:
    """Return the attention over no keys: it has no weight beside any other."""
    lse = torch.full(query.shape[:-1], NOTHING, dtype=torch.float32, device=query.device)
    return Partial(torch.zeros_like(query), lse)
