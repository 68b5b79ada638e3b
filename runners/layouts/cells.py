"""The number in one cell, with what is to be said of it below the table."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
import numpy as np
import pandas as pd

from ...core.layout import Column
from .columns import Computed
from .estimates import UNBOUNDED, Bounds, Estimated, combined, linear_mean, linear_sum
from .formula import evaluated, parsed
from .gathering import Gathered
from .grid import Estimate
from .nesting import Nesting, nested
from .statistics import STATISTICS, counted, pooled, replicates_for
from .verdicts import Vocabulary

_SHOWN_TASKS = 3


class Filled(msgspec.Struct, frozen=True):
    """A number and notes on it."""

    number: Estimated
    notes: tuple[str, ...] = ()


def cell_of(one: Computed, found: Gathered, vocabulary: Vocabulary) -> Filled:
    """Return the number of a column without formula from the values of a cell.

    It has no value without verdicts, nor where a task or a weighted value that it is to be a mean
    of has none.
    """
    column = one.column
    if not len(found.frame):
        return with_counts(Filled(nothing()), found)
    if found.absent:
        note = f"{column.name}: no value where there is none of {_some(found.absent)}"
        return with_counts(Filled(nothing(), (note,)), found)
    nesting = nested(found.frame, column.mean_of, column.weights, vocabulary)
    if nesting is None:
        note = f"{column.name}: no value where a {column.mean_of[0]} with a weight has none"
        return with_counts(Filled(nothing(), (note,)), found)
    return with_counts(_number(column, found.frame, nesting), found)


def formula_cell(one: Computed, cells: Mapping[int, Filled]) -> Filled:
    """Return the number of a column with a formula; `cells` are those of the row by position.

    It has none where one of those it names has none (but for `or_zero`), or where it is undefined.
    """
    column = one.column
    positions = sorted({p for named in one.operands.values() for p in named})
    numbers = [cells[position].number for position in positions]
    places = {position: place for place, position in enumerate(positions)}
    operands = {name: tuple(places[p] for p in named) for name, named in one.operands.items()}
    values = [math.nan if number.value is None else number.value for number in numbers]
    tree = parsed(column.formula or "", one.place)
    known = not values or not all(map(math.isnan, values))
    found = evaluated(tree, operands, values) if known else None
    if found is None:
        n_missing = sum(number.estimate.n_missing for number in numbers)
        return Filled(nothing(sum(number.estimate.n for number in numbers), n_missing))
    bounds = UNBOUNDED if column.range is None or column.signed else column.range
    if not bounds[0] <= found.value <= bounds[1]:
        bounds = UNBOUNDED
    return Filled(combined(found.value, found.gradient.tolist(), numbers, bounds))


def with_counts(filled: Filled, found: Gathered) -> Filled:
    """Return a number with the verdicts that it was made of, as they were before reductions."""
    number = filled.number
    estimate = msgspec.structs.replace(number.estimate, n=found.n, n_missing=found.n_missing)
    return Filled(Estimated(estimate, number.influence), filled.notes)


def nothing(n: int = 0, n_missing: int = 0) -> Estimated:
    """Return a number without value."""
    return Estimated(Estimate(value=None, n=n, n_missing=n_missing))


def _number(column: Column, frame: pd.DataFrame, nesting: Nesting) -> Filled:
    if column.statistic == "count":
        return Filled(counted(frame))
    if column.statistic == "sum":
        return Filled(linear_sum(frame, nesting))
    if column.statistic in STATISTICS:
        note = (
            f"{column.name}: interval from {replicates_for(len(frame)):,} draws of clusters, "
            "2.5 to 97.5 percentile"
        )
        return Filled(pooled(frame, nesting, column.statistic), (note,))
    bounds, notes = _bounds_of(column, frame)
    return Filled(linear_mean(frame, nesting, bounds), notes)


def _bounds_of(column: Column, frame: pd.DataFrame) -> tuple[Bounds, tuple[str, ...]]:
    """Return the range of values, unless they leave it, which is worth a note."""
    if column.range is None:
        return UNBOUNDED, ()
    low, high = column.range
    values = frame["value"].to_numpy()
    if np.min(values) >= low and np.max(values) <= high:
        return (low, high), ()
    return UNBOUNDED, (f"{column.name}: values lie outside its range [{low:g}, {high:g}]",)


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN_TASKS} more" if len(names) > _SHOWN_TASKS else ""
    return ", ".join(names[:_SHOWN_TASKS]) + more
