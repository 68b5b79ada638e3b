"""Tables as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ..tables.table import Table
from .cells import joined_headings, one_line


def csv_text(tables: Sequence[Table]) -> str:
    """Return the header and rows of each table; an empty line stands between tables.

    Titles, notes and ranks are for people and left out.
    """
    return "\n".join(_csv(table) for table in tables)


def _csv(table: Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in (joined_headings(table), *table.rows):
        writer.writerow(map(one_line, row))
    return out.getvalue()
