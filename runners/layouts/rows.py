"""Rows of a layout: which runs stand in the same one, and which must not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import msgspec
import numpy as np
import pandas as pd

from ...core.errors import ConfigError
from ...core.layout import Layout
from .columns import Computed, values_of
from .dimensions import NONE, UNNAMED_DIMENSIONS, as_text, is_of_run
from .loading import LoadedRun
from .selecting import Scope, within
from .verdicts import Vocabulary

Claim = tuple[int, int]
"""A column and a code of planned cells: what only one run of a row may feed."""


class Row(msgspec.Struct, frozen=True):
    """The values of the layout's `rows`, and the runs that stand there."""

    keys: tuple[str, ...]
    scope: Scope
    sample_limit: int | None
    runs: tuple[int, ...]
    claims: frozenset[Claim]

    def printed_keys(self, layout: Layout) -> tuple[str, ...]:
        """Return the keys as the table prints them."""
        pairs = zip(layout.rows, self.keys, strict=True)
        shown = (layout.names.get(name, {}).get(value, value) for name, value in pairs)
        return tuple("-" if text == NONE else text for text in shown)


def made_rows(
    layout: Layout,
    columns: Sequence[Computed],
    runs: Sequence[LoadedRun],
    plans: Sequence[pd.DataFrame],
    vocabulary: Vocabulary,
) -> list[Row]:
    """Return the rows of a layout, in the order of the runs.

    Runs with the same keys share a row unless they feed the same column with verdicts on the same
    planned cells, or were limited to different numbers of samples. What feeds no column has no row.
    Raises ConfigError for rows that are samples.
    """
    for dimension in layout.rows:
        if dimension in UNNAMED_DIMENSIONS:
            raise ConfigError(f"rows: a row a {dimension} would be too many")
    rows: list[Row] = []
    for run, plan in zip(runs, plans, strict=True):
        for keys in _combinations(layout, run):
            scope = tuple(
                (name, frozenset([key])) for name, key in zip(layout.rows, keys, strict=True)
            )
            claims = frozenset(_claims(columns, run, plan, scope, vocabulary))
            if claims:
                _place(rows, Row(keys, scope, run.sample_limit, (run.index,), claims))
    return _ordered(rows, layout, runs)


def splits(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield the rows that have their keys, and their limit, in common with others."""
    same: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        same.setdefault((row.keys, row.sample_limit), []).append(row)
    yield from (several for several in same.values() if len(several) > 1)


def _combinations(layout: Layout, run: LoadedRun) -> list[tuple[str, ...]]:
    """Return the combinations of values of the layout's `rows` that the run is to have."""
    found: dict[tuple[str, ...], None] = {}
    for cell in run.plan:
        values = [[as_text(value) for value in run.values(cell, name)] for name in layout.rows]
        found.update(dict.fromkeys(product(*values)))
    return list(found)


def _claims(
    columns: Sequence[Computed],
    run: LoadedRun,
    plan: pd.DataFrame,
    scope: Scope,
    vocabulary: Vocabulary,
) -> Iterator[Claim]:
    in_row = within(plan, run, scope, vocabulary)
    for position, one in enumerate(columns):
        if one.column.formula is None:
            chosen = in_row & within(plan, run, one.scope, vocabulary)
            yield from ((position, int(cell)) for cell in np.unique(plan["cell"][chosen]))


def _place(rows: list[Row], new: Row) -> None:
    for position, row in enumerate(rows):
        alike = (row.keys, row.sample_limit) == (new.keys, new.sample_limit)
        if alike and not row.claims & new.claims:
            runs, claims = row.runs + new.runs, row.claims | new.claims
            rows[position] = msgspec.structs.replace(row, runs=runs, claims=claims)
            return
    rows.append(new)


def _ordered(rows: list[Row], layout: Layout, runs: Sequence[LoadedRun]) -> list[Row]:
    """Return `rows` by the dimensions of verdicts that stand before any of runs, if there are."""
    leading: list[str] = []
    for dimension in layout.rows:
        if is_of_run(dimension):
            break
        leading.append(dimension)
    ranks = [_ranks(dimension, runs, layout.names) for dimension in leading]
    return sorted(rows, key=lambda row: [r[key] for r, key in zip(ranks, row.keys, strict=False)])


def _ranks(
    dimension: str, runs: Sequence[LoadedRun], names: Mapping[str, Mapping[str, str]]
) -> dict[str, int]:
    return {value: rank for rank, value in enumerate(values_of(dimension, (), runs, names))}
