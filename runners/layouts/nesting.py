"""Means of means: which values stand together in a cell, and how much each cell weighs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pandas as pd

from ...core.errors import ConfigError
from ...core.suggest import did_you_mean
from .arrays import Floats, Places, numbered
from .dimensions import as_text
from .verdicts import Vocabulary


class Nesting(msgspec.Struct, frozen=True):
    """The cell of each row, counted from 0, and the weight of each cell; they add up to 1."""

    cells: Places
    weights: Floats

    @property
    def row_weights(self) -> Floats:
        """What each row weighs: its share of its cell's weight."""
        return (self.weights / np.bincount(self.cells))[self.cells]


def nested(
    frame: pd.DataFrame,
    mean_of: Sequence[str],
    weights: Mapping[str, float],
    vocabulary: Vocabulary,
) -> Nesting | None:
    """Return how the rows of `frame` are averaged: the dimensions `mean_of`, outermost first.

    `weights` are those of the values of the outermost dimension; None when a value with a weight
    has no row. Raises ConfigError for a value without a weight.
    """
    cells = np.zeros(len(frame), dtype=np.intp)
    shares = np.ones(1)
    for depth, dimension in enumerate(mean_of):
        column = frame[dimension].to_numpy()
        codes, different = numbered(column)
        inner, keys = numbered(cells * len(different) + codes)
        above = keys // len(different)
        if depth == 0 and weights:
            values = list(vocabulary.of(dimension))
            shares = _weighted([as_text(values[code]) for code in different], weights, dimension)
            if shares is None:
                return None
        else:
            shares = shares[above] / np.bincount(above)[above]
        cells = inner
    return Nesting(cells, shares)


def _weighted(values: list[str], weights: Mapping[str, float], dimension: str) -> Floats | None:
    for value in values:
        if value not in weights:
            hint = did_you_mean(value, weights)
            raise ConfigError(f"weights: {dimension} {value!r} has no weight; {hint}")
    if weights.keys() - set(values):
        return None
    shares = np.array([weights[value] for value in values])
    return shares / shares.sum()
