"""Cells, results and run folders made up for tests of what is shown of runs."""

from __future__ import annotations

from pathlib import Path

import msgspec

from evalrun.core.exchange import Usage
from evalrun.runners.folder import RunFolder
from evalrun.runners.results import Cell, Level, Measures, Results, StoredRun


def cell(level: Level, name: str, value: float | None = 0.5, **fields: object) -> Cell:
    whole = {
        "metric": "accuracy",
        "stderr": 0.05,
        "low": None if value is None else value - 0.1,
        "high": None if value is None else value + 0.1,
        "n": 10,
        "n_missing": 0,
    }
    return Cell(level=level, name=name, value=value, **{**whole, **fields})


def results(*cells: Cell, kv: str = "full", protocol: str = "multi_turn", **fields) -> Results:
    whole = {
        "recipe": "r",
        "model": "m",
        "scorer": "exact",
        "weighting": "turns",
        "planned": 10,
        "predicted": 10,
        "failed": {},
        "statuses": {"ok": 10},
        "truncated_inputs": 0,
        "measures": Measures(),
        "usage": Usage(),
    }
    return Results(cells=cells, kv=kv, protocol=protocol, **{**whole, **fields})


def stored(folder: Path, run: Results, scores: bytes = b"") -> StoredRun:
    """Write a run folder that `evalrun table` reads, and return the run in it."""
    folder.mkdir(parents=True)
    found = StoredRun(RunFolder(folder), run)
    found.folder.status.write_bytes(b"{}")
    found.folder.results.write_bytes(msgspec.json.encode(run))
    found.folder.scores.write_bytes(scores)
    return found
