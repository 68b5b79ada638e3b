"""A filled layout with the reported numbers that belong beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ..folder import RunFolder
from ..layouts.grid import Grid, GridRow
from ..layouts.loading import LoadedRun, load
from ..results import StoredRun, read_results
from ..tables.grid import column_names
from ..tables.results import distinct
from .comparing import Comparison, compare
from .lines import PaperLine, lines_of
from .matching import Candidates, holds, match
from .reported import ReportedNumber, read_reported

# So many lines of papers are shown whatever they are of.
FEW = 12


class Pair(msgspec.Struct, frozen=True):
    """A line of a paper that is of the same thing as a row, and how the row differs from it.

    The differences are by the names of the columns in which the line has a number.
    """

    line: PaperLine
    differences: dict[str, Comparison | None]


class BesideRow(msgspec.Struct, frozen=True):
    """A row of runs, what notes and tables call it, and the lines of papers beside it."""

    row: GridRow
    called: str
    pairs: tuple[Pair, ...]


class Beside(msgspec.Struct, frozen=True):
    """A grid beside papers: `names` are those of its columns.

    `others` are the lines that no row is of: first those whose conditions some run meets, which are
    as many as `close`. `notes` say how rows and lines found each other.
    """

    grid: Grid
    names: tuple[str, ...]
    rows: tuple[BesideRow, ...]
    others: tuple[PaperLine, ...]
    close: int
    notes: tuple[str, ...]

    @property
    def shown_others(self) -> tuple[PaperLine, ...]:
        """The lines that a table shows below its rows: all if they are few, else the close ones."""
        return self.others if len(self.others) <= FEW else self.others[: self.close]

    @property
    def comparisons(self) -> list[Comparison]:
        """All differences that there are."""
        pairs = (pair for beside in self.rows for pair in beside.pairs)
        return [one for pair in pairs for one in pair.differences.values() if one is not None]


def set_beside(grid: Grid, folders: Sequence[Path] = ()) -> Beside:
    """Return `grid` with the numbers of the tables that its layout names as `reported`.

    `folders` hold recipes, and papers, of the user's own. Raises DataError for a malformed file of
    reported numbers or run folder.
    """
    names = column_names(grid.columns)
    columns = dict(zip(names, grid.columns, strict=True))
    numbers = _claimed(grid, names, folders)
    candidates = Candidates(grid.layout, columns, numbers)
    runs = load([StoredRun(f, read_results(f)) for f in map(_folder, grid.folders)])
    rows: list[BesideRow] = []
    notes: list[str] = []
    for row in grid.rows:
        called = _called(row)
        found = match([runs[index] for index in row.runs], called, candidates)
        pairs = tuple(_pair(line, row, grid, names) for line in lines_of(found.numbers))
        rows.append(BesideRow(row, called, pairs))
        notes += found.notes
    paired = {n.place for one in rows for p in one.pairs for n in p.line.numbers.values()}
    others, close = _others([number for number in numbers if number.place not in paired], runs)
    return Beside(grid, tuple(names), tuple(rows), others, close, tuple(distinct(notes)))


def _folder(path: str) -> RunFolder:
    return RunFolder(Path(path))


def _claimed(
    grid: Grid, names: Iterable[str], folders: Sequence[Path]
) -> tuple[ReportedNumber, ...]:
    """Return the numbers in the layout's reported tables of the columns called `names`."""
    known = frozenset(names)
    found: dict[tuple[object, ...], ReportedNumber] = {}
    for table in grid.layout.reported:
        for number in read_reported(table.system, folders):
            claimed = number.source == table.source and table.table in (None, number.table)
            if claimed and number.column in known:
                found[number.place] = number
    return tuple(found.values())


def _called(row: GridRow) -> str:
    return " ".join(key for key in row.keys if key != "-") or "runs"


def _pair(line: PaperLine, row: GridRow, grid: Grid, names: Sequence[str]) -> Pair:
    limited = row.sample_limit is not None
    differences = {
        name: compare(cell, line.numbers[name], column, limited=limited)
        for name, cell, column in zip(names, row.cells, grid.columns, strict=True)
        if name in line.numbers
    }
    return Pair(line, differences)


def _others(
    numbers: Sequence[ReportedNumber], runs: Sequence[LoadedRun]
) -> tuple[tuple[PaperLine, ...], int]:
    """Return the lines of `numbers`, the close ones first, and how many these are."""
    lines = [(line, _is_close(line, runs)) for line in lines_of(numbers)]
    close = [line for line, is_close in lines if is_close]
    return (*close, *(line for line, is_close in lines if not is_close)), len(close)


def _is_close(line: PaperLine, runs: Sequence[LoadedRun]) -> bool:
    """Whether a run meets all conditions of one of the line's numbers."""
    return any(
        all(holds(condition, run) for condition in number.where)
        for number in line.numbers.values()
        for run in runs
    )
