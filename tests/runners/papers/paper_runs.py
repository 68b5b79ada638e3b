"""Reported numbers, run folders and grids made up for tests of the one beside the other."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from layouts.graded import run, verdict

from evalrun.core.layout import Layout
from evalrun.core.options import to_options
from evalrun.core.score import Score
from evalrun.runners.layouts.grid import Estimate, Grid, GridRow
from evalrun.runners.papers.reported import COLUMNS, ReportedNumber, parse_where
from evalrun.runners.results import StoredRun

SOURCE = {"source": "arXiv 1", "table": "Table 4"}


def cells(**changed: str) -> dict[str, str]:
    """Return a row of a file of reported numbers."""
    whole = {"system": "bench", **SOURCE, "seen": "the paper", "model": "Llama-3.1-8B"}
    row = {**whole, "column": "AVG", "value": "48.7", **changed}
    return {name: row.get(name, "") for name in COLUMNS}


def number(**changed: str) -> ReportedNumber:
    """Return a reported number, as `cells` gives it."""
    row = cells(**changed)
    printed, where = row.pop("value"), parse_where(row.pop("where"))
    return ReportedNumber(**row, where=where, printed=printed)  # type: ignore[arg-type]


def write_papers(folder: Path, *rows: Mapping[str, str], system: str = "bench") -> Path:
    """Write reported numbers into a folder of recipes, and return this folder."""
    path = folder / "papers" / f"{system}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def paper_run(folder: Path, scores: Sequence[Score] | None = None, **parts: Any) -> StoredRun:
    """Write a run as `graded.run` does, with sections `weights` and `budget` besides."""
    weights, budget = parts.pop("weights", None), parts.pop("budget", None)
    stored = run(folder, scores or [verdict("0", 0.5)], **parts)
    config = yaml.safe_load(stored.folder.config.read_text())
    if weights is not None:
        config["model"]["weights"] = weights
    if budget is not None:
        config["kv"]["budget"] = budget
    stored.folder.config.write_text(yaml.safe_dump(config))
    return stored


def layout(*columns: Mapping[str, Any], **fields: Any) -> Layout:
    """Return a layout beside which the numbers of `cells` stand."""
    whole = {
        "title": "T",
        "rows": ["model", "kv"],
        "columns": list(columns) or [{"name": "AVG"}],
        "reported": [{"system": "bench", **SOURCE}],
    }
    return to_options({**whole, **fields}, Layout)


def estimate(value: float | None, low: float | None, high: float | None, **counts: int) -> Estimate:
    return Estimate(value=value, low=low, high=high, **{"n": 10, "n_clusters": 10, **counts})


def grid(
    runs: Sequence[StoredRun],
    rows: Sequence[Sequence[Estimate]],
    of: Layout | None = None,
    *,
    sample_limit: int | None = None,
    notes: tuple[str, ...] = (),
) -> Grid:
    """Return a grid with a row for each run, filled with `rows`."""
    of = of or layout()
    return Grid(
        layout=of,
        columns=of.columns,
        rows=tuple(
            GridRow(
                keys=(stored.results.model, stored.results.kv),
                runs=(index,),
                sample_limit=sample_limit,
                cells=tuple(filled),
            )
            for index, (stored, filled) in enumerate(zip(runs, rows, strict=True))
        ),
        folders=tuple(str(stored.folder.path) for stored in runs),
        notes=notes,
    )
