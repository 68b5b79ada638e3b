"""Tables and results as text: Markdown, CSV, JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ..core.errors import ConfigError
from ..core.suggest import did_you_mean
from .folder import list_runs
from .results import Results, read_results
from .tables import Table, table_of

Format = Callable[[Sequence[Results]], str]


def format_called(name: str) -> Format:
    """Return the format called `name`. Raises ConfigError."""
    if name not in _FORMATS:
        raise ConfigError(f"unknown format {name!r}: {did_you_mean(name, _FORMATS)}")
    return _FORMATS[name]


def table_of_folders(paths: Sequence[Path], form: str) -> str:
    """Return the table of the runs at or below `paths`. Raises ConfigError when there is none."""
    write = format_called(form)
    folders = [folder for path in paths for folder in list_runs(path)]
    if not folders:
        raise ConfigError(f"no run at or below {', '.join(map(str, paths))}")
    return write([read_results(folder) for folder in folders])


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


def _markdown_of(runs: Sequence[Results]) -> str:
    return markdown(table_of(runs))


def _csv(runs: Sequence[Results]) -> str:
    table = table_of(runs)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return out.getvalue()


def _json(runs: Sequence[Results]) -> str:
    """Return the results themselves, numbers unrounded: an object for one run, else a list."""
    data = runs[0] if len(runs) == 1 else list(runs)
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"


_FORMATS: dict[str, Format] = {"md": _markdown_of, "csv": _csv, "json": _json}
