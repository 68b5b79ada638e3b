"""The tables of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...core.layout import Layout
from ..kv_report import kv_table
from ..layouts.evaluate import evaluate
from ..papers.beside import paper_table
from ..results import StoredRun
from ..status import read_status
from ..tables.grid import grid_table
from ..tables.results import run_table, runs_table
from ..tables.table import Table


def tables_of(runs: Sequence[StoredRun], recipes: Sequence[Path] = ()) -> tuple[Table, ...]:
    """Return runs side by side, the tables of their recipes, and each run by itself.

    KV methods are compared where they differ. A recipe's table is there if it has any number, and
    beside the numbers that papers report where it names some; `recipes` are folders with more of
    them. Raises ConfigError, DataError.
    """
    results = [run.results for run in runs]
    tables = [runs_table(results)] if len(results) > 1 else []
    if len({one.kv for one in results}) > 1:
        tables.append(kv_table(results))
    return (*tables, *_by_layouts(runs, recipes), *map(run_table, results))


def _by_layouts(runs: Sequence[StoredRun], recipes: Sequence[Path]) -> Iterator[Table]:
    for layout, of in _layouts(runs):
        grid = evaluate(layout, of)
        if any(cell.value is not None for row in grid.rows for cell in row.cells):
            yield paper_table(grid, recipes) if layout.reported else grid_table(grid)


def _layouts(runs: Sequence[StoredRun]) -> list[tuple[Layout, list[StoredRun]]]:
    """Return the layouts of the runs' recipes, each with the runs whose recipe has it."""
    found: list[tuple[Layout, list[StoredRun]]] = []
    for run in runs:
        status = read_status(run.folder)
        for layout in status.table.layouts.values() if status else ():
            same = next((of for known, of in found if known == layout), None)
            if same is None:
                found.append((layout, [run]))
            else:
                same.append(run)
    return found
