"""One attention head of a running prompt, and what it sees under a pattern."""

from __future__ import annotations

import msgspec
from torch import Tensor

from .a_shape import a_shape
from .attention import Visibility
from .block_sparse import BlockSparse
from .patterns import Pattern
from .vertical_slash import LineScores


class Head(msgspec.Struct, frozen=True):
    """The queries and keys (tokens, channels) of one head, and how strong its lines are."""

    query: Tensor
    key: Tensor
    scale: float
    lines: LineScores

    @classmethod
    def of(cls, query: Tensor, key: Tensor, scale: float) -> Head:
        """Return the head with its line scores."""
        return cls(query, key, scale, LineScores.of(query, key, scale))

    @property
    def tokens(self) -> int:
        """The length of the prompt."""
        return self.query.shape[0]

    def seen(self, pattern: Pattern) -> Visibility:
        """Return what each query sees under `pattern`."""
        if pattern.name == "stream_llm":
            return a_shape(self.tokens, pattern.vertical, pattern.slash, self.query.device)
        if pattern.name == "block_sparse":
            return BlockSparse.of(self.query, self.key, pattern.vertical)
        return self.lines.strongest(pattern.vertical, pattern.slash)
