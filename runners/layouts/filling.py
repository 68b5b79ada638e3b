"""Layouts and verdicts to grids: every cell, then formulas over them, then the order of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import pandas as pd

from ...core.errors import ConfigError, DataError
from ...core.layout import Layout
from ...core.suggest import did_you_mean
from ..results import StoredRun
from ..tables.results import distinct
from .cells import Filled, cell_of, formula_cell, nothing, with_counts
from .columns import Computed, computed_columns, in_order
from .dimensions import LABEL, check_dimension, dimensions_of
from .gathering import Source, gathered
from .grid import Grid, GridRow
from .loading import LoadedRun, label_names, load
from .notes import notes_of_rows, notes_of_runs, warnings_of_runs
from .planned import planned_frame
from .ratings import RATING, opponent_label, player_names, rated
from .rows import Row, made_rows
from .score_ratings import SCORE_ELO, score_rated
from .verdicts import Vocabulary, read_verdicts

Cells = dict[int, list[Filled]]
"""The cells of each computed column, by its position, one a row."""


def filled(layout: Layout, runs: Sequence[StoredRun]) -> Grid:
    """Return `layout` with its numbers; see `evaluate`."""
    loaded = load(runs)
    labels = label_names(loaded)
    _check_dimensions(layout, loaded, labels)
    columns = computed_columns(layout, loaded)
    order = in_order(columns)
    _sort_column(layout, columns)
    vocabulary = Vocabulary()
    sources = _sources(layout, columns, loaded, labels, vocabulary)
    plans = [source.planned for source in sources]
    rows = made_rows(layout, columns, loaded, plans, vocabulary)
    cells: Cells = {}
    for position in order:
        cells[position] = _column(columns[position], rows, layout, sources, cells, vocabulary)
        if not any(_names(one, position) for one in columns):
            cells[position] = list(map(_without_influence, cells[position]))
    return _grid(layout, columns, loaded, rows, cells)


def _check_dimensions(layout: Layout, runs: Sequence[LoadedRun], labels: Sequence[str]) -> None:
    keys = dict.fromkeys(key for run in runs for key in run.keys)
    for place, dimension in dimensions_of(layout, layout.columns):
        check_dimension(place, dimension, labels, keys)


def _sources(
    layout: Layout,
    columns: Sequence[Computed],
    runs: Sequence[LoadedRun],
    labels: Sequence[str],
    vocabulary: Vocabulary,
) -> list[Source]:
    dimensions = [dimension for _, dimension in dimensions_of(layout, layout.columns)]
    dimensions += [
        opponent_label(labels, one.place) for one in columns if one.column.statistic == RATING
    ]
    used = {name.removeprefix(LABEL) for name in dimensions if name.startswith(LABEL)}
    needed = [name for name in labels if name in used]
    by_epoch = "epoch" in [
        *layout.rows,
        *(name for one in columns for name, _ in one.scope),
    ]
    return [
        Source(
            run,
            read_verdicts(run, needed, vocabulary),
            planned_frame(run, labels, vocabulary, by_epoch=by_epoch),
        )
        for run in runs
    ]


def _column(
    one: Computed,
    rows: Sequence[Row],
    layout: Layout,
    sources: Sequence[Source],
    cells: Cells,
    vocabulary: Vocabulary,
) -> list[Filled]:
    if one.column.formula is not None:
        operands = {position for named in one.operands.values() for position in named}
        by_row = [{p: cells[p][index] for p in operands} for index in range(len(rows))]
        return [formula_cell(one, of_row) for of_row in by_row]
    if one.column.statistic == RATING:
        return _ratings(one, rows, layout, sources, vocabulary)
    if one.column.statistic == SCORE_ELO:
        return _score_ratings(one, rows, layout, sources, vocabulary)
    return [cell_of(one, gathered(one, row, sources, vocabulary), vocabulary) for row in rows]


def _ratings(
    one: Computed,
    rows: Sequence[Row],
    layout: Layout,
    sources: Sequence[Source],
    vocabulary: Vocabulary,
) -> list[Filled]:
    label = opponent_label(label_names([source.run for source in sources]), one.place)
    found = [gathered(one, row, sources, vocabulary) for row in rows]
    players = player_names([dict(zip(layout.rows, row.keys, strict=True)) for row in rows])
    frames: list[pd.DataFrame] = [of_row.frame for of_row in found]
    try:
        ratings = [Filled(number) for number in rated(players, frames, label, vocabulary)]
    except DataError as error:
        ratings = [Filled(nothing(), (f"{one.column.name}: {error}",)) for _ in rows]
    return [with_counts(cell, of_row) for cell, of_row in zip(ratings, found, strict=True)]


def _score_ratings(
    one: Computed,
    rows: Sequence[Row],
    layout: Layout,
    sources: Sequence[Source],
    vocabulary: Vocabulary,
) -> list[Filled]:
    found = [gathered(one, row, sources, vocabulary) for row in rows]
    players = player_names([dict(zip(layout.rows, row.keys, strict=True)) for row in rows])
    frames: list[pd.DataFrame] = [of_row.frame for of_row in found]
    note = (
        f"{one.column.name}: mean over {one.column.elo.rounds} orders of the votes, interval 2.5 "
        "to 97.5 percentile over them; it holds no sampling error"
    )
    ratings = [Filled(number, (note,)) for number in score_rated(players, frames, one.column.elo)]
    return [with_counts(cell, of_row) for cell, of_row in zip(ratings, found, strict=True)]


def _names(one: Computed, position: int) -> bool:
    return any(position in named for named in one.operands.values())


def _without_influence(cell: Filled) -> Filled:
    """Forget what only formulas need: it is as large as the run has samples."""
    return Filled(msgspec.structs.replace(cell.number, influence=None), cell.notes)


def _grid(
    layout: Layout,
    columns: Sequence[Computed],
    runs: Sequence[LoadedRun],
    rows: Sequence[Row],
    cells: Mapping[int, Sequence[Filled]],
) -> Grid:
    shown = [position for position, one in enumerate(columns) if not one.column.hidden]
    made = [
        GridRow(
            keys=row.printed_keys(layout),
            runs=row.runs,
            sample_limit=row.sample_limit,
            cells=tuple(cells[position][index].number.estimate for position in shown),
        )
        for index, row in enumerate(rows)
    ]
    return Grid(
        layout=layout,
        columns=tuple(columns[position].column for position in shown),
        rows=tuple(made[index] for index in _order(layout, columns, rows, cells)),
        folders=tuple(str(run.stored.folder.path) for run in runs),
        notes=tuple(distinct(_notes(layout, runs, rows, columns, cells))),
    )


def _order(
    layout: Layout,
    columns: Sequence[Computed],
    rows: Sequence[Row],
    cells: Mapping[int, Sequence[Filled]],
) -> list[int]:
    """Return the order of the rows: best first, those without a value last."""
    position = _sort_column(layout, columns)
    indices = list(range(len(rows)))
    if position is None:
        return indices
    values = [cell.number.value for cell in cells[position]]
    sign = 1.0 if columns[position].column.better == "lower" else -1.0
    return sorted(indices, key=lambda i: (values[i] is None, sign * (values[i] or 0.0)))


def _sort_column(layout: Layout, columns: Sequence[Computed]) -> int | None:
    """Return the column that `sort` names, by its id or its name. Raises ConfigError."""
    if layout.sort is None:
        return None
    names = [{one.column.id, one.column.name} for one in columns]
    for position, own in enumerate(names):
        if layout.sort in own:
            return position
    hint = did_you_mean(layout.sort, {name for own in names for name in own if name})
    raise ConfigError(f"sort: no column is called {layout.sort!r}; {hint}")


def _notes(
    layout: Layout,
    runs: Sequence[LoadedRun],
    rows: Sequence[Row],
    columns: Sequence[Computed],
    cells: Mapping[int, Sequence[Filled]],
) -> Iterator[str]:
    shown = {index for row in rows for index in row.runs}
    yield from notes_of_runs([run for run in runs if run.index in shown])
    yield from notes_of_rows(rows, layout, runs)
    left_out = [run for run in runs if run.index not in shown]
    if left_out:
        yield f"without a column here: {', '.join(str(r.stored.folder.path) for r in left_out)}"
    for position in range(len(columns)):
        yield from (note for cell in cells[position] for note in cell.notes)
    yield from warnings_of_runs([run for run in runs if run.index in shown])
