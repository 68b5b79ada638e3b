"""Tables and results as text: Markdown, CSV, JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from ..core.errors import ConfigError
from ..core.suggest import did_you_mean
from .kv_report import kv_rows, kv_table
from .results import Results
from .tables.results import table_of
from .tables.table import Table

Format = Callable[[Sequence[Results]], str]


class View(msgspec.Struct, frozen=True):
    """What is shown of runs: a table for people, and its content for programs, unrounded."""

    table: Callable[[Sequence[Results]], Table]
    content: Callable[[Sequence[Results]], Any]


def _results(runs: Sequence[Results]) -> Any:
    """Return the results themselves: one, or a list of them."""
    return runs[0] if len(runs) == 1 else list(runs)


RESULTS = View(table_of, _results)
KV_METHODS = View(kv_table, kv_rows)


def format_called(name: str, view: View = RESULTS) -> Format:
    """Return what writes `view` of runs in the format called `name`. Raises ConfigError."""
    if name not in _FORMATS:
        raise ConfigError(f"unknown format {name!r}: {did_you_mean(name, _FORMATS)}")
    return partial(_FORMATS[name], view)


def markdown(table: Table) -> str:
    """Return `table` in Markdown, its columns aligned, its notes as a list below."""
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in (table.header, *table.rows)]
    widths = [max(3, *(len(row[i]) for row in escaped)) for i in range(len(table.header))]
    lines = [
        f"| {' | '.join(c.ljust(w) for c, w in zip(row, widths, strict=True))} |" for row in escaped
    ]
    rule = f"|{'|'.join('-' * (width + 2) for width in widths)}|"
    parts = [f"### {table.title}", "", lines[0], rule, *lines[1:]]
    if table.notes:
        parts += ["", *(f"- {note}" for note in table.notes)]
    return "\n".join(parts) + "\n"


def _markdown(view: View, runs: Sequence[Results]) -> str:
    return markdown(view.table(runs))


def _csv(view: View, runs: Sequence[Results]) -> str:
    table = view.table(runs)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return out.getvalue()


def _json(view: View, runs: Sequence[Results]) -> str:
    content = msgspec.json.encode(view.content(runs))
    return msgspec.json.format(content, indent=2).decode() + "\n"


_FORMATS: dict[str, Callable[[View, Sequence[Results]], str]] = {
    "md": _markdown,
    "csv": _csv,
    "json": _json,
}
