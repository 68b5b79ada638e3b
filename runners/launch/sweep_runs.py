"""The runs of a sweep, those that have results."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ...core.errors import ConfigError
from ..folder import RunFolder
from ..results import StoredRun
from ..stored import read_run
from .sweep import SweepFolder


class SweepRuns(msgspec.Struct, frozen=True):
    """Runs in the order of their jobs, and the names of those without results so far."""

    runs: tuple[StoredRun, ...]
    missing: tuple[str, ...]


def read_sweep_runs(sweep: SweepFolder) -> SweepRuns:
    """Return the runs of a sweep. Raises ConfigError while none has results, DataError."""
    cwd = Path(sweep.read_head().cwd)
    names = {job.folder: job.name for job in sweep.read_jobs()}
    stored: list[StoredRun] = []
    missing: list[str] = []
    for folder, name in names.items():
        try:
            stored.append(read_run(RunFolder(cwd / folder)))
        except ConfigError:
            missing.append(name)
    if not stored:
        raise ConfigError(
            f"no run of {sweep.path} has results so far; `evalrun sweep status` says how they stand"
        )
    return SweepRuns(tuple(stored), tuple(missing))
