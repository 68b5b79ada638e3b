"""Tables in Markdown, as GitHub renders it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len

from ..tables.table import Rank, Table
from .cells import joined_headings, numeric_of, one_line, ranks_of, split_value

# GitHub keeps <ins> and drops <u>.
_MARKS: dict[Rank, tuple[str, str]] = {"best": ("**", "**"), "second": ("<ins>", "</ins>")}

# What Markdown would take for markup; a lone * or an underscore within a word it leaves as it is.
_MARKUP = re.compile(
    r"""
      [\\`<|~]                   # escapes, code, tags, cells, strikethrough
    | \*(?=[^ ])                 # the beginning of emphasis
    | (?<![^\W_])_               # the same, not within a word
    | \[(?=.*\]\s*[(\[:])        # links and images
    | &(?=\#?\w+;)               # entities
    | \#$                        # the end of a heading
    """,
    re.VERBOSE,
)


def markdown_text(tables: Sequence[Table]) -> str:
    """Return the tables with their titles as headings and their notes as lists below."""
    return "\n".join(map(markdown_table, tables))


def markdown_table(table: Table) -> str:
    """Return `table` in Markdown, its columns aligned, its notes as a list below.

    The best of a column is bold, the second underlined.
    """
    header = [_escaped(heading) for heading in joined_headings(table)]
    rows = [
        [_marked(cell, rank) for cell, rank in zip(row, ranks, strict=True)]
        for row, ranks in zip(table.rows, ranks_of(table), strict=True)
    ]
    widths = [max(3, *(cell_len(row[i]) for row in (header, *rows))) for i in range(len(header))]
    numeric = numeric_of(table)
    rule = "|".join(
        "-" * (width + 1) + (":" if right else "-")
        for width, right in zip(widths, numeric, strict=True)
    )
    parts = [f"### {_escaped(table.title)}", "", _line(header, widths, numeric), f"|{rule}|"]
    parts += [_line(row, widths, numeric) for row in rows]
    if table.notes:
        parts += ["", *(f"- {_escaped(note)}" for note in table.notes)]
    return "\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda found: f"\\{found.group()}", one_line(text))


def _marked(cell: str, rank: Rank | None) -> str:
    if rank is None:
        return _escaped(cell)
    value, rest = split_value(cell)
    before, after = _MARKS[rank]
    return f"{before}{_escaped(value)}{after} {_escaped(rest)}".rstrip()


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = (
        _padded(cell, width, right=right)
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def _padded(cell: str, width: int, *, right: bool) -> str:
    """Return `cell` filled up to `width` columns of a terminal, in which some characters take 2."""
    blank = " " * (width - cell_len(cell))
    return blank + cell if right else cell + blank
