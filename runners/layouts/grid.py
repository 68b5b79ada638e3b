"""What a layout is when its numbers are filled in."""

from __future__ import annotations

import msgspec

from ...core.layout import Column, Layout


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a cell, unscaled: a value with its uncertainty and its denominator.

    `value` is None where nothing was graded, `stderr`, `low` and `high` where nothing is known of
    how values scatter. The error is clustered by sample, or group of samples. `n` counts the
    verdicts behind it, before any reduction, and `n_missing` planned ones that are not there.
    """

    value: float | None
    stderr: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    n_missing: int = 0
    n_clusters: int = 0


class GridRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row: the values of the layout's `rows` dimensions, and a cell a column.

    `runs` are positions in `Grid.folders`. `sample_limit` is how many samples of each task its runs
    were limited to; None when they are of everything.
    """

    keys: tuple[str, ...]
    runs: tuple[int, ...]
    sample_limit: int | None
    cells: tuple[Estimate, ...]


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """A layout with its numbers: `columns` are those shown, with `each` spelled out.

    `folders` are the run folders it was made from, `notes` what a reader must know beside the
    numbers: whose prompts, which data, what is missing.
    """

    layout: Layout
    columns: tuple[Column, ...]
    rows: tuple[GridRow, ...]
    folders: tuple[str, ...]
    notes: tuple[str, ...] = ()
