"""A comparison as `evalrun compare` shows it."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import ConfigError, MissingExtraError
from ..folder import list_runs
from ..results import StoredRun
from ..stored import read_run
from ..tables.shown import Shown


def comparison_shown(first: Path, second: Path, metric: str | None) -> Shown:
    """Return the comparison of two runs, each given by its folder or one that holds it alone.

    Raises ConfigError, DataError, MissingExtraError.
    """
    runs = [only_run(first), only_run(second)]
    if runs[0].folder.path.samefile(runs[1].folder.path):
        raise ConfigError(f"{first} and {second} are the same run; name another to compare it with")
    try:
        from .compare import compare
        from .tables import tables_of
    except ImportError:
        raise MissingExtraError("comparing runs", "stats") from None
    comparison = compare(*runs, metric=metric)
    return Shown(tables_of(comparison), comparison)


def only_run(path: Path) -> StoredRun:
    """Return the run at `path`, or the only one below it. Raises ConfigError listing several."""
    folders = list_runs(path)
    if not folders:
        raise ConfigError(f"no run at or below {path}; `evalrun ls runs` lists them")
    if len(folders) > 1:
        names = ", ".join(str(folder.path) for folder in folders)
        raise ConfigError(f"{path} holds {len(folders)} runs; name one of {names}")
    return read_run(folders[0])
