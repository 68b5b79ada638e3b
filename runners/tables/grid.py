"""A layout with its numbers as a table for people, and as content for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from ...core.layout import Column
from ..layouts.grid import Estimate, Grid, GridRow
from .grid_notes import INCOMPLETE, notes_on_cells
from .numbers import interval_text, number
from .ranks import ranks
from .table import MISSING, Rank, Table
from .transpose import transposed

_ARROWS = {"higher": " ↑", "lower": " ↓", None: ""}


def grid_table(grid: Grid) -> Table:
    """Return `grid` with its numbers scaled and rounded, its best marked and its gaps explained.

    A dimension of the rows that has one value in all of them stands in the title, unless it is the
    only one. Intervals are of 95%. A transposed layout has its columns as rows.
    """
    kept = _kept(grid)
    names = [_names(row, kept) for row in grid.rows]
    headings = column_headings(grid.columns)
    under = [column.under for column in grid.columns]
    blank = (None,) * len(kept)
    table = Table(
        title=_title(grid, kept),
        header=(*(dimension_name(grid.layout.rows[i]) for i in kept), *headings),
        rows=tuple(
            (*name, *map(cell_text, row.cells, grid.columns))
            for name, row in zip(names, grid.rows, strict=True)
        ),
        notes=(
            *notes_on_cells(grid, names, column_names(grid.columns)),
            *_on_ranks(grid),
            *grid.notes,
        ),
        spans=(*blank, *under) if any(under) else (),
        ranks=tuple((*blank, *row) for row in _ranks(grid)),
        numeric=(*(False for _ in kept), *(True for _ in headings)),
    )
    return transposed(table, names=len(kept)) if grid.layout.transposed else table


def grid_content(grid: Grid) -> dict[str, Any]:
    """Return `grid` with numbers as they are: cells by the names of their columns, unscaled.

    `scale` is what tables print a column times.
    """
    names = column_names(grid.columns)
    return {
        "title": grid.layout.title,
        "columns": {
            name: {"unit": column.unit, "scale": column.scale, "better": column.better}
            for name, column in zip(names, grid.columns, strict=True)
        },
        "rows": [_row_content(grid, row, names) for row in grid.rows],
        "notes": grid.notes,
    }


def dimension_name(dimension: str) -> str:
    """Return how a heading calls a dimension: `kv.budget` for `config.kv.budget`."""
    return dimension.removeprefix("config.").removeprefix("label.")


def column_names(columns: Sequence[Column]) -> list[str]:
    """Return `under / name` of each column, with a number behind where that is not distinct."""
    names = [f"{c.under} / {c.name}" if c.under else c.name for c in columns]
    return [
        f"{name} ({names[:i].count(name) + 1})" if name in names[:i] else name
        for i, name in enumerate(names)
    ]


def column_headings(columns: Sequence[Column]) -> list[str]:
    """Return names with their units, and which end is wanted where columns differ in that."""
    differ = len({column.better for column in columns if column.better}) > 1
    return [_heading(column, arrow=differ) for column in columns]


def cell_text(estimate: Estimate, column: Column) -> str:
    """Return a cell as tables print it: `43.2 [41.0, 44.9]`, marked where verdicts are missing."""
    if estimate.value is None:
        return MISSING
    write = partial(_printed, column=column)
    mark = INCOMPLETE if estimate.n_missing else ""
    return write(estimate.value) + mark + interval_text(estimate.low, estimate.high, write)


def _title(grid: Grid, kept: Sequence[int]) -> str:
    """Return the layout's title and what all rows have in common."""
    dimensions = grid.layout.rows if grid.rows else ()
    common = [
        f"{dimension_name(dimension)}: {grid.rows[0].keys[i]}"
        for i, dimension in enumerate(dimensions)
        if i not in kept
    ]
    return f"{grid.layout.title} ({', '.join(common)})" if common else grid.layout.title


def _kept(grid: Grid) -> list[int]:
    """Return the positions of the dimensions that tell rows apart, or else of the first."""
    positions = range(len(grid.layout.rows))
    differing = [i for i in positions if len({row.keys[i] for row in grid.rows}) != 1]
    return differing or [*positions[:1]]


def _names(row: GridRow, kept: Sequence[int]) -> list[str]:
    """Return what tells a row apart, its first text marked if the row is of some samples only."""
    names = [row.keys[i] for i in kept]
    if names and row.sample_limit is not None:
        names[0] += f" (first {row.sample_limit} a task)"
    return names


def _heading(column: Column, *, arrow: bool) -> str:
    unit = "" if column.name.endswith(column.unit) else f" {column.unit}"
    return f"{column.name}{unit}{_ARROWS[column.better] if arrow else ''}"


def _printed(value: float, column: Column) -> str:
    return number(value, column.scale, column.digits, signed=column.signed) or MISSING


def _ranks(grid: Grid) -> tuple[tuple[Rank | None, ...], ...]:
    """Return the ranks of each row's cells, those of a column by the numbers that it prints."""
    by_column = [
        ranks([_rounded(row.cells[i], column) for row in grid.rows], column.better)
        for i, column in enumerate(grid.columns)
    ]
    return tuple(zip(*by_column, strict=True))


def _on_ranks(grid: Grid) -> Iterator[str]:
    marked = {rank for row in _ranks(grid) for rank in row}
    if "best" in marked:
        line = "row" if grid.layout.transposed else "column"
        second = "; underlined: the second" if "second" in marked else ""
        yield f"bold: the best of its {line}{second}"


def _rounded(estimate: Estimate, column: Column) -> float | None:
    if estimate.value is None:
        return None
    return round(estimate.value * column.scale, column.digits)


def _row_content(grid: Grid, row: GridRow, names: Sequence[str]) -> dict[str, Any]:
    cells = zip(names, map(msgspec.structs.asdict, row.cells), strict=True)
    return {
        "keys": dict(zip(grid.layout.rows, row.keys, strict=True)),
        "runs": [grid.folders[run] for run in row.runs],
        "sample_limit": row.sample_limit,
        "cells": dict(cells),
    }
