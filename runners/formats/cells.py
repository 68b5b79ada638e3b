"""Parts of a table that several formats ask for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from unicodedata import category

import msgspec

from ..tables.table import Rank, Table

_UNPRINTABLE = ("Cc", "Cs")


class Span(msgspec.Struct, frozen=True):
    """A heading over the `length` headings from column `start` on; None: over these is none."""

    text: str | None
    start: int
    length: int


def spans_of(table: Table) -> Iterator[Span]:
    """Yield the spans of a table from left to right; together they cover all of its columns."""
    start = 0
    for text, columns in groupby(table.spans or (None,) * len(table.header)):
        span = Span(text, start, len(list(columns)))
        start += span.length
        yield span


def joined_headings(table: Table) -> tuple[str, ...]:
    """Return a heading a column: `span / heading` where a span stands over it."""
    spans = table.spans or (None,) * len(table.header)
    return tuple(
        f"{span} / {heading}" if span else heading
        for span, heading in zip(spans, table.header, strict=True)
    )


def ranks_of(table: Table) -> tuple[tuple[Rank | None, ...], ...]:
    """Return the rank of each cell, None where it has none."""
    return table.ranks or tuple((None,) * len(row) for row in table.rows)


def numeric_of(table: Table) -> tuple[bool, ...]:
    """Return of each column whether it holds numbers, False where nothing is known."""
    return table.numeric or (False,) * len(table.header)


def split_value(cell: str) -> tuple[str, str]:
    """Return the number of a cell, which its rank marks, and what stands behind a space."""
    value, _, rest = cell.partition(" ")
    return value, rest


def one_line(text: str) -> str:
    """Return `text` on one line; control characters and lone surrogates become U+FFFD."""
    words = " ".join(text.split())
    return "".join("\ufffd" if category(char) in _UNPRINTABLE else char for char in words)
