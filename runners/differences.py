"""What tells configurations apart that look alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .layouts.dimensions import as_text

# Where a run lies, and how fast it went, tell nothing of what it is.
_INCIDENTAL = ("outputs", "launcher", "recipe.", "table", "sweep", "run.max_", "run.cache")
_SHARD = "run.shard"
Keys = Mapping[str, Any]


def differing_keys(rows: Sequence[Sequence[Keys]]) -> list[str]:
    """Return the keys whose values are not the same in all rows; a row has one run or several.

    Runs are given by their dotted keys (`keys_of`). Sections and incidental keys do not count.
    """
    runs = [run for row in rows for run in row]
    sections = {key for run in runs for key, value in run.items() if isinstance(value, Mapping)}
    keys = dict.fromkeys(key for run in runs for key in run)
    return [
        key
        for key in keys
        if key not in sections
        and key != _SHARD
        and not key.startswith(_INCIDENTAL)
        and len({values_text(row, key) for row in rows}) > 1
    ]


def values_text(row: Sequence[Keys], key: str) -> str:
    """Return the values that the runs of a row have for a key, each once."""
    return ", ".join(dict.fromkeys(as_text(run.get(key)) for run in row))
