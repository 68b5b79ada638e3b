"""Where leaderboards come from: BenchBench's catalog, the user's CSV files, runs of evalrun."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...benchmarks.official import identity
from ...core.errors import ConfigError, DataError
from ..folder import list_runs
from ..stored import read_runs
from .leaderboards import Read, Reading, Scenario, read_catalog, read_leaderboard
from .options import AgreementOptions
from .runs import read_run_scores

_BENCHMARKS = "benchmarks"
_DISPLAY_NAMES = "prettified_bencmark_names.json"
_LOWER_IS_BETTER = "lower_is_better_benchmarks.txt"
_IN_REPOSITORY = "src/bat/assets"


class Catalog(msgspec.Struct, frozen=True):
    """Leaderboards of others, how they are read, and what identifies the files."""

    read: Read
    reading: Reading
    identity: dict[str, Any] | None = None


def open_catalog(options: AgreementOptions) -> Catalog:
    """Return the catalog in `options.data_dir`, or an empty one when none is named.

    It is a checkout of BenchBench's repository, or a folder with what is in its `src/bat/assets`:
    `benchmarks/*.csv`, and perhaps display names and a list of sources where lower is better.
    Raises DataError when there are no leaderboards.
    """
    if options.data_dir is None:
        return Catalog(Read(()), Reading(variant=options.variant))
    top = Path(options.data_dir)
    folder = top / _IN_REPOSITORY if (top / _IN_REPOSITORY).is_dir() else top
    files = sorted((folder / _BENCHMARKS).glob("*.csv"))
    if not files:
        raise DataError(
            f"no leaderboards in {folder / _BENCHMARKS}: run `evalrun fetch {options.recipe.name}`,"
            " or say where they are: data_dir=DIR"
        )
    lower = folder / _LOWER_IS_BETTER
    reading = Reading(
        variant=options.variant,
        display=_display_names(folder / _DISPLAY_NAMES),
        lower_is_better=tuple(lower.read_text("utf-8").split()) if lower.is_file() else (),
    )
    return Catalog(read_catalog(files, reading), reading, identity(top, files))


def read_sources(paths: Sequence[Path], reading: Reading) -> Read:
    """Return the scenarios of the user's own sources: CSV files, folders of them, run folders.

    Raises ConfigError for what is none of them, DataError for a malformed file.
    """
    return _joined(read for path in paths for read in _read(path, reading))


def _read(path: Path, reading: Reading) -> list[Read]:
    if path.is_file():
        return [read_leaderboard(path, reading)]
    if list_runs(path):
        return [read_run_scores(read_runs([path]), reading)]
    files = sorted(path.glob("*.csv"))
    if not files:
        raise ConfigError(f"{path} is no CSV file, and no folder of such files or of runs")
    return [read_leaderboard(file, reading) for file in files]


def _joined(reads: Iterable[Read]) -> Read:
    scenarios: list[Scenario] = []
    notes: list[str] = []
    for read in reads:
        scenarios += read.scenarios
        notes += read.notes
    return Read(tuple(scenarios), tuple(notes))


def _display_names(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except msgspec.MsgspecError as error:
        raise DataError(f"{path}: {error}") from None
