"""Tables drawn for terminals, split where one is too narrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ..tables.table import MISSING, Rank, Table
from .cells import numeric_of, one_line, ranks_of, split_value

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

_STYLES: dict[Rank, str] = {"best": "bold green", "second": "underline"}
_GAP = 3  # between two columns
_LONGEST_WORD = 24  # longer words of a column of text are folded
_NARROWEST = 8  # numbers are folded, too, when they leave no room for names


def terminal_text(tables: Sequence[Table]) -> str:
    """Return the tables as standard output can show them: in its width, and its colours if any.

    The best of a column is bold, the second underlined. A table too wide is split into several,
    all of which begin with the columns of text on its left. Rich reads COLUMNS, NO_COLOR, TERM.
    """
    from rich.console import Console

    console = Console(highlight=False)
    with console.capture() as captured:
        for i, table in enumerate(tables):
            if i:
                console.print()
            _show(table, console)
    return captured.get()


def _show(table: Table, console: Console) -> None:
    from rich.text import Text

    console.print(Text(one_line(table.title), style="bold"))
    names = _names(table)
    room = console.width - sum(_needed(table, i) + _GAP for i in range(names))
    widths = [min(_needed(table, i), max(room, _NARROWEST)) for i in range(len(table.header))]
    for columns in _parts(widths[names:], room):
        console.print()
        console.print(_drawn(table, [*range(names), *(names + i for i in columns)], widths))
    if table.notes:
        console.print()
    for note in table.notes:
        console.print(Text(f"- {one_line(note)}", style="dim"))


def _names(table: Table) -> int:
    """Return how many columns on the left say what a row is."""
    numeric = numeric_of(table)
    return numeric.index(True) if True in numeric else 1


def _parts(widths: Sequence[int], room: int) -> list[list[int]]:
    """Return which columns stand side by side, so that those with a part fit in its `room`."""
    parts: list[list[int]] = [[]]
    left = room
    for i, width in enumerate(widths):
        if left < width and parts[-1]:
            parts.append([])
            left = room
        parts[-1].append(i)
        left -= width + _GAP
    return parts


def _drawn(table: Table, columns: Sequence[int], widths: Sequence[int]) -> Drawn:
    from rich import box
    from rich.table import Table as Drawn

    numeric = numeric_of(table)
    drawn = Drawn(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False, pad_edge=False)
    for i in columns:
        width = widths[i] if numeric[i] else None
        justify = "right" if numeric[i] else "left"
        drawn.add_column(_heading(table, i), justify=justify, width=width, overflow="fold")
    for row, ranks in zip(table.rows, ranks_of(table), strict=True):
        drawn.add_row(*(_cell(row[i], ranks[i]) for i in columns))
    return drawn


def _needed(table: Table, i: int) -> int:
    """Return how wide column `i` must be for its words, or for the whole of its numbers."""
    spans = table.spans[i : i + 1]
    words = [word for text in (table.header[i], *spans) for word in one_line(text or "").split()]
    cells = [one_line(row[i]) for row in table.rows]
    if numeric_of(table)[i]:
        return max(map(cell_len, (*words, *cells)), default=1)
    words += [word for cell in cells for word in cell.split()]
    return min(max(map(cell_len, words), default=1), _LONGEST_WORD)


def _heading(table: Table, i: int) -> Text:
    """Return the heading of column `i`; in tables that have spans, below its own."""
    from rich.text import Text

    if not table.spans:
        return Text(one_line(table.header[i]))
    return Text.assemble((one_line(table.spans[i] or "") + "\n", "dim"), one_line(table.header[i]))


def _cell(cell: str, rank: Rank | None) -> Text:
    from rich.text import Text

    if rank is None:
        return Text(one_line(cell), style="dim" if cell == MISSING else "")
    value, rest = split_value(one_line(cell))
    return Text.assemble((value, _STYLES[rank]), f" {rest}" if rest else "")
