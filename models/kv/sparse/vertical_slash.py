"""Vertical and slash lines: keys that all queries see, and distances that all queries look back.

The pattern of most heads in MInference (Jiang et al. 2024, arXiv 2407.02490, section 3.2); A-shape
is the case with the first keys and the nearest distances.
"""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor
from torch.nn.functional import pad

from .attention import attention_weights

# The official `vertical_and_slash_kernel`: what the lines are estimated from, how many of the
# first columns and nearest diagonals come before all others, and the least number of each.
_LAST_QUERIES = 64
_FIRST_COLUMNS, _NEAREST_DIAGONALS = 30, 100
_LEAST_VERTICAL, _LEAST_SLASH = 30, 50


class VerticalSlash(msgspec.Struct, frozen=True):
    """A query sees the keys on `vertical` lines, and those at the distances of `slash` lines.

    Both are booleans (tokens): by the position of a key, and by its distance from the query.
    """

    vertical: Tensor
    slash: Tensor

    def columns(self, start: int, stop: int) -> Tensor:
        """Return the vertical lines below `stop`, and what a slash line crosses in these rows."""
        column = torch.arange(stop, device=self.slash.device)
        below = pad(self.slash.cumsum(0), (1, 0))
        # Rows [start, stop) lie at the distances [start - column, stop - column) from a column.
        crossed = below[stop - column] > below[(start - column).clamp(min=0)]
        return column[self.vertical[:stop] | crossed]

    def visible(self, rows: Tensor, columns: Tensor) -> Tensor:
        """Return where a row and a column meet on a line."""
        distance = rows.unsqueeze(-1) - columns
        slash = self.slash.index_select(0, distance.clamp(min=0).flatten()).view_as(distance)
        return (slash | self.vertical[columns]) & (distance >= 0)


class LineScores(msgspec.Struct, frozen=True):
    """How much the last queries of a head attend along each line, in float32.

    `vertical` (tokens) by the position of the key, `slash` (tokens) by its distance.
    """

    vertical: Tensor
    slash: Tensor

    @classmethod
    def of(cls, query: Tensor, key: Tensor, scale: float) -> LineScores:
        """Return the scores of one head; `query` and `key` are (tokens, channels)."""
        tokens = query.shape[0]
        rows = torch.arange(max(0, tokens - _LAST_QUERIES), tokens, device=query.device)
        weights = attention_weights(query[rows], key, rows, scale)
        return cls(weights.sum(0), _diagonal_sums(weights))

    def strongest(self, vertical: int, slash: int) -> VerticalSlash:
        """Return the `vertical` and `slash` best lines, or the least number the kernel takes.

        The first 30 columns and the nearest 100 diagonals count as best.
        """
        return VerticalSlash(
            _best(self.vertical, max(vertical, _LEAST_VERTICAL), first=_FIRST_COLUMNS),
            _best(self.slash, max(slash, _LEAST_SLASH), first=_NEAREST_DIAGONALS),
        )


def _diagonal_sums(weights: Tensor) -> Tensor:
    """Return sums by distance (tokens) of `weights` (rows, tokens), whose last row is the last.

    Mirrored rows of which each is shifted one further to the right have equal distances in one
    column; a row of another length, read from the same memory, shifts them.
    """
    rows, tokens = weights.shape
    mirrored = pad(weights.flip(-1), (0, rows)).flatten()
    shifted = mirrored[: rows * (tokens + rows - 1)].view(rows, tokens + rows - 1)
    return shifted.sum(0)[rows - 1 :]


def _best(scores: Tensor, kept: int, *, first: int) -> Tensor:
    """Return booleans that mark the `kept` highest `scores`; the `first` ones are above all."""
    raised = scores.clone()
    raised[:first] = torch.inf
    marked = torch.zeros_like(scores, dtype=torch.bool)
    marked[raised.argsort(descending=True, stable=True)[:kept]] = True
    return marked
