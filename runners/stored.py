"""Runs as they lie on disk, read for tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..core.errors import ConfigError
from .folder import RunFolder, list_runs
from .results import StoredRun, read_results
from .shards.leftovers import gathered


def read_runs(paths: Sequence[Path]) -> list[StoredRun]:
    """Return the runs at or below `paths`. Raises ConfigError when there is none."""
    folders = [folder for path in paths for folder in list_runs(path)]
    if not folders:
        raise ConfigError(f"no run at or below {', '.join(map(str, paths))}")
    return [read_run(folder) for folder in folders]


def read_run(folder: RunFolder) -> StoredRun:
    """Return a run with all that its shards have left. Raises ConfigError without any results."""
    return StoredRun(folder, read_results(gathered(folder)))
