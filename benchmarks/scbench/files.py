"""Where the files of the data set lie, in the layouts that its revisions had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ...core.hashing import sha256_of_file
from ...core.rows import read_rows, where
from ...core.source import read_manifest
from .samples import PlacedRow
from .tasks import Task, older

LICENCE = "MIT"

# Tried in this order; `{}` is the name of a config, now or in older revisions.
_LAYOUTS = (
    "data/{}.jsonl",
    "{}.jsonl",
    "{}/test-*.parquet",
    "data/{}/test-*.parquet",
    "{}/train-*.parquet",
    "{}.parquet",
    "{}.json",
)


def find_files(folder: Path, task: Task) -> tuple[Path, ...]:
    """Return the files of `task` under `folder`, in order; none if the task is not there."""
    for name in (task.name, older(task.name)):
        for layout in _LAYOUTS:
            found = tuple(sorted(folder.glob(layout.format(name))))
            if found:
                return found
    return ()


def read_files(files: Iterable[Path]) -> Iterator[PlacedRow]:
    """Yield the rows of `files` one after another. Raises DataError."""
    for path in files:
        for index, row in read_rows(path):
            yield PlacedRow(where(path, index), row)


def identity(folder: Path, files: Iterable[Path]) -> dict[str, Any]:
    """Return what identifies `files`: revision, and a hash of each.

    Hashes come from the manifest for files that still have the size noted there, and are computed
    for others. Raises DataError.
    """
    manifest = read_manifest(folder)
    noted = manifest.files if manifest else {}
    hashes: dict[str, str] = {}
    for path in files:
        name = path.relative_to(folder).as_posix()
        entry = noted.get(name)
        if entry is not None and entry.size == path.stat().st_size:
            hashes[name] = entry.sha256
        else:
            hashes[name] = sha256_of_file(path)
    return {"revision": manifest.revision if manifest else None, "files": hashes}
