"""Numbers of runs beside reported ones: as a table for people, and as content for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..layouts.grid import Estimate, Grid
from ..tables.grid import cell_text, column_headings
from ..tables.grid_notes import notes_on_cells
from ..tables.results import distinct
from ..tables.table import MISSING, Table
from ..tables.transpose import transposed
from .comparing import comparison_text, unscaled
from .lines import PaperLine, labels_of
from .notes import notes_on_marks, notes_on_sources
from .pairing import Beside, BesideRow, Pair, set_beside
from .reported import ReportedNumber

_DIFFERENCE = "difference"


def paper_table(grid: Grid, folders: Sequence[Path] = ()) -> Table:
    """Return `grid` with each row's reported numbers, and the differences, below it.

    Other reported lines of the same tables stand at the end: all of them if they are few, else
    those under the same conditions. `folders` are those of the user's own recipes. Raises
    DataError for a malformed file of reported numbers.
    """
    beside = set_beside(grid, folders)
    under = [column.under for column in grid.columns]
    table = Table(
        title=f"{grid.layout.title}, beside reported numbers",
        header=("run or paper", *column_headings(grid.columns)),
        rows=tuple(_rows(beside)),
        notes=tuple(_notes(beside)),
        spans=(None, *under) if any(under) else (),
        numeric=(False, *(True for _ in grid.columns)),
    )
    return transposed(table, names=1) if grid.layout.transposed else table


def paper_content(grid: Grid, folders: Sequence[Path] = ()) -> dict[str, Any]:
    """Return what `paper_table` shows and what it leaves out, with unscaled numbers.

    A row has the cells of its runs, and `beside` a line of a paper each, whose cells hold the
    number `reproduced`, the one `reported`, the `difference` and whether the reported number lies
    `outside` our 95% interval (None: not known, or not comparable). `others` are the lines that no
    run is of.
    """
    beside = set_beside(grid, folders)
    return {
        "title": grid.layout.title,
        "columns": {
            name: {"unit": column.unit, "scale": column.scale, "better": column.better}
            for name, column in zip(beside.names, grid.columns, strict=True)
        },
        "rows": [_row_content(beside, row) for row in beside.rows],
        "others": [_line_content(beside, line) for line in beside.others],
        "notes": list(_notes(beside)),
    }


def _rows(beside: Beside) -> Iterator[tuple[str, ...]]:
    columns = beside.grid.columns
    labels = _labels(beside)
    for one in beside.rows:
        limit = one.row.sample_limit
        called = one.called + ("" if limit is None else f" (first {limit} a task)")
        yield called, *map(cell_text, one.row.cells, columns)
        for pair in one.pairs:
            yield labels[pair.line.first.line], *_printed(pair.line, beside.names)
            differences = map(pair.differences.get, beside.names)
            yield _DIFFERENCE, *map(comparison_text, differences, columns)
    for line in beside.shown_others:
        yield labels[line.first.line], *_printed(line, beside.names)


def _labels(beside: Beside) -> dict[tuple[str, ...], str]:
    return labels_of([*_paired_lines(beside), *beside.others])


def _paired_lines(beside: Beside) -> list[PaperLine]:
    return [pair.line for one in beside.rows for pair in one.pairs]


def _printed(line: PaperLine, names: Sequence[str]) -> list[str]:
    """Return a line's numbers as the paper prints them."""
    found = map(line.numbers.get, names)
    return [number.printed or MISSING if number else MISSING for number in found]


def _notes(beside: Beside) -> Iterator[str]:
    limits = [one.row.sample_limit for one in beside.rows if one.pairs]
    yield from notes_on_sources([*_paired_lines(beside), *beside.shown_others])
    yield from distinct(_settings(beside))
    yield from notes_on_marks(beside.comparisons, [limit for limit in limits if limit is not None])
    yield from beside.notes
    left_out = len(beside.others) - len(beside.shown_others)
    if left_out:
        yield (
            f"{left_out} more reported lines, of other models, methods or conditions, are left "
            "out: --format json has them all"
        )
    called = [[one.called] for one in beside.rows]
    yield from notes_on_cells(beside.grid, called, beside.names)
    yield from beside.grid.notes


def _settings(beside: Beside) -> Iterator[str]:
    """Yield the settings of the lines beside rows that their labels do not tell."""
    labels = _labels(beside)
    for line in _paired_lines(beside):
        label, setting = labels[line.first.line], line.first.setting
        if setting not in label:
            yield f"{label}: {setting}"


def _row_content(beside: Beside, one: BesideRow) -> dict[str, Any]:
    grid, row = beside.grid, one.row
    cells = dict(zip(beside.names, row.cells, strict=True))
    return {
        "keys": dict(zip(grid.layout.rows, row.keys, strict=True)),
        "runs": [grid.folders[run] for run in row.runs],
        "sample_limit": row.sample_limit,
        "cells": {name: _reproduced(cell) for name, cell in cells.items()},
        "beside": [_pair_content(beside, pair, cells) for pair in one.pairs],
    }


def _pair_content(beside: Beside, pair: Pair, cells: dict[str, Estimate]) -> dict[str, Any]:
    content = _line_content(beside, pair.line)
    for name, cell in content["cells"].items():
        found = pair.differences[name]
        cell["reproduced"] = _reproduced(cells[name])
        cell["difference"] = found and {
            "value": found.difference,
            "low": found.low,
            "high": found.high,
        }
        cell["outside"] = found and found.outside
    return content


def _line_content(beside: Beside, line: PaperLine) -> dict[str, Any]:
    first = line.first
    columns = dict(zip(beside.names, beside.grid.columns, strict=True))
    return {
        "model": first.model,
        "method": first.method,
        "setting": first.setting,
        "cells": {
            name: {"reported": _reported(number, unscaled(number, columns[name]))}
            for name, number in line.numbers.items()
        },
    }


def _reported(number: ReportedNumber, value: float | None) -> dict[str, Any]:
    return {
        "value": value,
        "printed": number.printed or None,
        "source": number.source,
        "table": number.table,
        "seen": number.seen,
        "note": number.note or None,
    }


def _reproduced(cell: Estimate) -> dict[str, Any]:
    return {
        "value": cell.value,
        "low": cell.low,
        "high": cell.high,
        "n": cell.n,
        "n_missing": cell.n_missing,
    }
