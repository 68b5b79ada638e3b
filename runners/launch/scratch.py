"""Weights and data copied once to a disk of the node itself, for all jobs on it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from ...core.config import Config
from ...core.lease import USUAL, Pace, to_stderr
from ...core.once import made_once
from ...core.scratch import VARIABLE, copy_in
from ...core.tree import files_in, size_of
from ..build import DATA_DIR, build_benchmark
from ..prefetch.assets import model_assets, official_files

# What is left free for others: jobs write to scratch too.
_SPARE_BYTES = 1 << 30


def staged(
    config: Config,
    scratch: str,
    *,
    tell: Callable[[str], None] = to_stderr,
    pace: Pace = USUAL,
    spare_bytes: int = _SPARE_BYTES,
) -> dict[str, str]:
    """Copy what the run of `config` reads to `scratch`; return the environment to run it in.

    `scratch` is a folder of this node, in which variables are expanded here: "$SLURM_TMPDIR".
    Copied are weights, and official data that were fetched, each once for all jobs of this user on
    the node; copies of the same files are left as they are. Readers find the copies by the
    environment, while the configuration, and so the run's folder, stays what it is. What does not
    fit, with `spare_bytes` left free, is told to `tell` and read where it lies. Raises ConfigError,
    DataError.
    """
    root = _root(scratch, tell)
    if root is None:
        return {}
    for folder in dict.fromkeys(_folders(config)):
        try:
            _copy(folder, root, tell, pace, spare_bytes)
        except OSError as error:
            reason = error.strerror or str(error)
            tell(f"{folder} is read where it lies: no copy of it in {root}: {reason}")
    return {VARIABLE: str(root)}


def _root(scratch: str, tell: Callable[[str], None]) -> Path | None:
    """Return this user's own folder in `scratch`, None where it cannot be had."""
    expanded = os.path.expandvars(scratch)
    root = Path(expanded).expanduser() / f"evalrun-{os.getuid()}"
    fault = "a variable in it is not set here" if "$" in expanded else _fault(root)
    if fault is None:
        return root
    tell(f"no copies on this node: scratch={scratch}: {fault}")
    return None


def _fault(root: Path) -> str | None:
    """Make the folder `root`, or say why that cannot be."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return None if root.stat().st_uid == os.getuid() else f"{root} is another user's"
    except OSError as error:
        return error.strerror or str(error)


def _folders(config: Config) -> Iterator[Path]:
    """Yield the folders that a run reads much of."""
    for asset in model_assets(config):
        found = asset.found()
        if found is not None and found.is_movable:
            yield found.place
    files = official_files(config, build_benchmark(config))
    if files and not config.benchmark.get("path") and all(one.found() for one in files):
        yield Path(str(config.benchmark[DATA_DIR]))


def _copy(
    folder: Path, root: Path, tell: Callable[[str], None], pace: Pace, spare_bytes: int
) -> None:
    """Copy `folder`, whole or not at all. Raises OSError, also when there is too little room."""

    def fill(part: Path) -> None:
        if size_of(folder) + spare_bytes > shutil.disk_usage(root).free:
            raise OSError(errno.ENOSPC, "too little room")
        for file in files_in(folder):
            target = part / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / file.name, target)

    made_once(copy_in(root, folder), fill, what=f"copies {folder}", pace=pace, tell=tell)
