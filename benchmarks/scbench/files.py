"""Where the files of the data set lie, in the layouts that its revisions had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ...core.rows import read_rows, where
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
