"""The official files of a run: found, checked and identified."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core.hashing import sha256_of_file
from ...core.interfaces import Problem
from ..official import identity, revision_problems
from .files import Source, find_sources, sources_at
from .options import LongGenBenchOptions
from .tasks import Dataset

_FETCH = "`evalrun fetch longgenbench`"


class OfficialData:
    """The files below `data_dir`, or at `path`."""

    def __init__(self, options: LongGenBenchOptions) -> None:
        self._folder = Path(options.data_dir)
        self._path = Path(options.path) if options.path is not None else None
        self._hubs = {hub.into: (index, hub) for index, hub in enumerate(options.fetch)}

    def sources(self, dataset: Dataset) -> tuple[Source, ...]:
        """Return what rows of `dataset` there are; none when nothing is found."""
        if self._path is not None:
            return sources_at(self._path, dataset)
        return find_sources(self._folder, dataset)

    def problems(self, dataset: Dataset) -> Sequence[Problem]:
        """Say that files are missing, or are not those of the wanted revision. Raises DataError."""
        if not self.sources(dataset):
            return (self._nothing_found(dataset),)
        index, hub = self._hubs.get(dataset.name, (0, None))
        if hub is None or self._path is not None:
            return ()
        key = f"benchmark.fetch.{index}.revision"
        return revision_problems(self._folder / hub.into, hub.revision, _FETCH, key)

    def identity(self, dataset: Dataset) -> dict[str, Any]:
        """Return what identifies the files: revision where it is known, and a hash of each.

        Raises DataError.
        """
        sources = self.sources(dataset)
        files = [path for source in sources for path in (*source.files, *source.dev)]
        if self._path is not None:
            names = {_name(path, self._path): path for path in files}
            return {"files": {name: sha256_of_file(path) for name, path in names.items()}}
        _, hub = self._hubs.get(dataset.name, (0, None))
        folder = self._folder / hub.into if hub else self._folder
        if not all(path.is_relative_to(folder) for path in files):
            folder = self._folder
        return identity(folder, files)

    def _nothing_found(self, dataset: Dataset) -> Problem:
        if self._path is not None:
            what = f"{self._path}: no rows of {dataset.name}"
            return Problem(what, "set benchmark.path to an official file of benchmark.task")
        what = f"no data of {dataset.name} in {self._folder}"
        return Problem(what, f"run {_FETCH}, choose other tasks, or say benchmark.data_dir=DIR")


def _name(path: Path, root: Path) -> str:
    """Return the name of a file below the folder `root`, or of the file `root` or one beside it."""
    inside = root.is_dir() and path.is_relative_to(root)
    return path.relative_to(root).as_posix() if inside else path.name
