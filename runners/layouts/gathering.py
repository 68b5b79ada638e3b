"""The values of one cell: chosen, reduced, and with zeros for what is missing where it counts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pandas as pd

from ...core.layout import Column
from .columns import Computed
from .dimensions import UNNAMED_DIMENSIONS, as_text, is_of_run
from .loading import LoadedRun
from .ratings import RATING
from .reductions import reduced
from .rows import Row
from .selecting import Scope, of_metric, wanted_in, with_metric, within
from .statistics import OTHER
from .verdicts import Verdicts, Vocabulary
from .zeros import with_zeros

# What tells two verdicts of a run apart, once metrics are set side by side.
_PLACE = ["run", "task", "subtask", "turn", "epoch", "sample"]


class Source(msgspec.Struct, frozen=True):
    """A run with what it graded and what it was to grade."""

    run: LoadedRun
    verdicts: Verdicts
    planned: pd.DataFrame


class Gathered(msgspec.Struct, frozen=True):
    """The values of a cell, a row each, beside their `cluster` and the dimensions of `mean_of`.

    `n` counts the verdicts that they were made of, `n_missing` planned ones that are not there, and
    `absent` names the tasks that the cell is to be of and has no value of.
    """

    frame: pd.DataFrame
    n: int
    n_missing: int
    absent: tuple[str, ...] = ()


def gathered(
    one: Computed, row: Row, sources: Sequence[Source], vocabulary: Vocabulary
) -> Gathered:
    """Return the values of a cell from all runs of its row."""
    scope = (*row.scope, *one.scope)
    chosen = [source for source in sources if source.run.index in row.runs]
    parts = [_of_run(source, scope, one.column, vocabulary) for source in chosen]
    frames = [part.frame for part in parts]
    frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    absent = _absent_tasks(frame, chosen, one, scope, vocabulary)
    if "family" in one.column.mean_of:
        frame = _by_family(frame, scope, [source.run for source in chosen], vocabulary)
    n, n_missing = sum(part.n for part in parts), sum(part.n_missing for part in parts)
    return Gathered(frame, n, n_missing, absent)


def _of_run(source: Source, scope: Scope, column: Column, vocabulary: Vocabulary) -> Gathered:
    run, verdicts = source.run, source.verdicts.frame
    inside = within(verdicts, run, scope, vocabulary)
    due = _due(source, scope, column, vocabulary)
    metrics = [column.metric, *([column.other_metric] if column.other_metric else [])]
    masks = [inside & of_metric(verdicts, name, vocabulary) for name in metrics]
    kept = _kept_columns(column, verdicts)
    frames = [verdicts.loc[mask, kept].assign(run=np.int32(run.index)) for mask in masks]
    n = len(frames[0])
    countable = all(wanted_in(scope, name) is None for name in UNNAMED_DIMENSIONS)
    n_missing = max(0, int(due["n"].sum()) - n) if countable else 0
    if column.missing == "zero" and n_missing:
        wanted = wanted_in(scope, "epoch")
        asked = [e for e in range(run.epochs) if wanted is None or as_text(e) in wanted]
        epochs = [vocabulary.of("epoch")[epoch] for epoch in asked]
        frames = [with_zeros(frame, due, epochs, run.index) for frame in frames]
    for reduction in column.reduce:
        frames = [reduced(frame, reduction) for frame in frames]
    frame = frames[0] if len(frames) == 1 else _side_by_side(frames)
    of_run = [dimension for dimension in column.mean_of if is_of_run(dimension)]
    codes = {name: vocabulary.of(name)[run.value(name)] for name in of_run}
    return Gathered(frame.assign(**codes), n, n_missing)


def _kept_columns(column: Column, verdicts: pd.DataFrame) -> list[str]:
    """Return the columns that a number is made of: of plain means not all, for there are many."""
    if column.reduce or column.other_metric or column.missing == "zero":
        return list(verdicts)
    kept = {"task", "cluster", "value", *column.mean_of}
    return [name for name in verdicts if name in kept or column.statistic == RATING]


def _due(source: Source, scope: Scope, column: Column, vocabulary: Vocabulary) -> pd.DataFrame:
    """Return the planned cells that a column is of."""
    planned = source.planned
    due = within(planned, source.run, scope, vocabulary)
    due &= with_metric(planned, source.verdicts.kinds, column.metric, vocabulary)
    return planned.loc[due]


def _side_by_side(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the verdicts that have both metrics, the second one's value as `other`."""
    first, second = frames
    others = second[[*_PLACE, "value"]].set_axis([*_PLACE, OTHER], axis=1)
    return first.merge(others, on=_PLACE, how="inner")


def _by_family(
    frame: pd.DataFrame, scope: Scope, runs: Sequence[LoadedRun], vocabulary: Vocabulary
) -> pd.DataFrame:
    """Return the rows once for each family of their task, without those of no family."""
    wanted = wanted_in(scope, "family")
    tasks, families = vocabulary.of("task"), vocabulary.of("family")
    run_of, task_of = frame["run"].to_numpy(), frame["task"].to_numpy()
    positions, codes = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.int32)]
    for run in runs:
        for family, members in run.results.groups.items():
            if wanted is None or family in wanted:
                inside = np.isin(task_of, [tasks[task] for task in members])
                rows = np.flatnonzero(inside & (run_of == run.index))
                positions.append(rows)
                codes.append(np.full(len(rows), families[family], dtype=np.int32))
    return frame.iloc[np.concatenate(positions)].assign(family=np.concatenate(codes))


def _absent_tasks(
    frame: pd.DataFrame,
    sources: Sequence[Source],
    one: Computed,
    scope: Scope,
    vocabulary: Vocabulary,
) -> tuple[str, ...]:
    """Return the tasks without a value that a mean over tasks, or of families, is to be of.

    A family is of all its tasks, also of those that no run was to ask.
    """
    families = wanted_in(scope, "family")
    of_families = "family" in one.column.mean_of or families is not None
    if not of_families and "task" not in one.column.mean_of:
        return ()
    names = {code: str(value) for value, code in vocabulary.of("task").items()}
    expected: dict[str, None] = {}
    for source in (source for source in sources if _is_meant(source.run, scope)):
        due = [names[code] for code in _due(source, scope, one.column, vocabulary)["task"]]
        if of_families:
            asked = {cell.task for other in sources for cell in other.run.plan}
            members = [
                task
                for family, tasks in source.run.results.groups.items()
                if families is None or family in families
                for task in tasks
            ]
            due = [task for task in members if task in due or task not in asked]
        expected.update(dict.fromkeys(due))
    wanted = wanted_in(scope, "task")
    there = {names[code] for code in frame["task"].unique()}
    return tuple(t for t in expected if t not in there and (wanted is None or t in wanted))


def _is_meant(run: LoadedRun, scope: Scope) -> bool:
    return all(run.value(name) in wanted for name, wanted in scope if is_of_run(name))
