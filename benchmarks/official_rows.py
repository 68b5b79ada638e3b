"""Official files of rows: a file a task, in a folder or named by the user."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ..core.errors import ConfigError, DataError
from ..core.hashing import sha256_of_file
from ..core.interfaces import Problem
from ..core.rows import Row, read_rows, where
from .official import FetchedFolder, identity, revision_problems


class RowFile(msgspec.Struct, frozen=True):
    """Where the rows of `task` lie: in the first of the files `names` that the folder has."""

    task: str
    names: tuple[str, ...]


class PlacedRow(msgspec.Struct, frozen=True):
    """A row of a task, its 0-based position in the file, and how messages name it."""

    task: str
    index: int
    row: Row
    place: str


class OfficialRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of the chosen tasks `files`.

    They lie in `folder`, or in the one file `path`, whose rows are of the only chosen task, of the
    task that the file is called after, or of that which `task_of` says of a row (None: not this
    benchmark's, or not a chosen one). `fetched` are the folders whose revision is known. `read`
    yields the rows of a file.
    """

    recipe: str
    files: tuple[RowFile, ...]
    folder: Path
    fetched: tuple[FetchedFolder, ...] = ()
    path: Path | None = None
    task_of: Callable[[Row], str | None] | None = None
    read: Callable[[Path], Iterator[tuple[int, Row]]] = read_rows

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing or of another revision, and what to do. Raises DataError."""
        fetch = f"`evalrun fetch {self.recipe}`"
        if self.path is not None:
            if self.path.is_file():
                return ()
            return (Problem(f"{self.path}: no such file", "set benchmark.path to official rows"),)
        missing = [file.task for file in self.files if self._found(file) is None]
        if missing:
            what = f"no data of {', '.join(missing)} in {self.folder}"
            names = ", ".join(file.names[0] for file in self.files if file.task in missing)
            remedy = f"run {fetch}, or set benchmark.data_dir to a folder with {names}"
            return (Problem(what, remedy),)
        return tuple(
            problem
            for one in self.fetched
            for problem in revision_problems(one.path, one.revision, fetch, one.key)
        )

    def rows(self, limit: int | None = None) -> Iterator[PlacedRow]:
        """Yield the rows, task by task, at most `limit` of each.

        Raises DataError naming file and row, ConfigError when the task of `path` cannot be told.
        """
        if self.path is not None:
            yield from self._rows_of_path(self.path, limit)
            return
        for file in self.files:
            path = self._found(file)
            if path is None:
                raise DataError(f"{self.folder}: no rows of {file.task}")
            index = -1
            for index, row in islice(self.read(path), limit):
                yield PlacedRow(file.task, index, row, where(path, index))
            if index < 0:
                raise DataError(f"{path}: no rows")

    def identity(self) -> dict[str, Any]:
        """Return what identifies the rows: revision and hashes. Raises DataError."""
        if self.path is not None:
            return {"source": "file", "files": {self.path.name: sha256_of_file(self.path)}}
        paths = [path for file in self.files if (path := self._found(file)) is not None]
        return {"source": "official", **identity(self.folder, dict.fromkeys(paths))}

    def _found(self, file: RowFile) -> Path | None:
        candidates = (self.folder / name for name in file.names)
        return next((path for path in candidates if path.is_file()), None)

    def _rows_of_path(self, path: Path, limit: int | None) -> Iterator[PlacedRow]:
        taken = dict.fromkeys((file.task for file in self.files), 0)
        fixed = self._task_of_path(path)
        for index, row in self.read(path):
            task = fixed or (self.task_of(row) if self.task_of else None)
            if task in taken and (limit is None or taken[task] < limit):
                taken[task] += 1
                yield PlacedRow(task, index, row, where(path, index))
        if not any(taken.values()):
            raise DataError(f"{path}: no rows of {', '.join(taken)}")

    def _task_of_path(self, path: Path) -> str | None:
        if len(self.files) == 1:
            return self.files[0].task
        for file in self.files:
            if path.name in {Path(name).name for name in file.names}:
                return file.task
        if self.task_of is not None:
            return None
        tasks = ", ".join(file.task for file in self.files)
        raise ConfigError(f"{path}: of which task are its rows? say benchmark.task=T, of {tasks}")
