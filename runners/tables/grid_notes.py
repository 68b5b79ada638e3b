"""What stands below the table of a layout: what its numbers, marks and gaps mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..layouts.grid import Estimate, Grid, GridRow

INCOMPLETE = "†"

_MOST_ROWS = 5
_MOST_COLUMNS = 3


def notes_on_cells(
    grid: Grid, names: Sequence[Sequence[str]], columns: Sequence[str]
) -> tuple[str, ...]:
    """Return notes on what cells are of and what they lack; `names` and `columns` call them."""
    cells = [cell for row in grid.rows for cell in row.cells]
    return (*_on_numbers(cells), *_on_gaps(grid.rows, names, columns))


def _on_numbers(cells: Sequence[Estimate]) -> Iterator[str]:
    counts = [cell.n for cell in cells if cell.value is not None]
    if not counts:
        return
    least, most = min(counts), max(counts)
    n = str(least) if least == most else f"{least} to {most}"
    brackets = "in brackets: 95% intervals; " if any(c.low is not None for c in cells) else ""
    yield f"{brackets}verdicts per cell: {n}"


def _on_gaps(
    rows: Sequence[GridRow], names: Sequence[Sequence[str]], columns: Sequence[str]
) -> Iterator[str]:
    """Say in one note how many planned verdicts are missing where; the first few rows in full."""
    gaps = [
        f"{' '.join(name)}: {_gaps(row, columns)}"
        for name, row in zip(names, rows, strict=True)
        if any(cell.n_missing for cell in row.cells)
    ]
    if gaps:
        more = len(gaps) - _MOST_ROWS
        told = "; ".join(gaps[:_MOST_ROWS]) + (f"; and in {more} more rows" if more > 0 else "")
        yield f"{INCOMPLETE} planned verdicts are missing. {told}"


def _gaps(row: GridRow, columns: Sequence[str]) -> str:
    gaps = [(name, c) for name, c in zip(columns, row.cells, strict=True) if c.n_missing]
    if len(gaps) <= _MOST_COLUMNS:
        return ", ".join(f"{c.n_missing} of {c.n + c.n_missing} in {name}" for name, c in gaps)
    counts = [cell.n_missing for _, cell in gaps]
    least, most = min(counts), max(counts)
    return f"{least if least == most else f'{least} to {most}'} in each of {len(gaps)} columns"
