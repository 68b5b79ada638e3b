"""Which exemplars stand before the questions: published ones where they are given, else our own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...core.errors import DataError
from ...core.hashing import sha256_of, sha256_of_file
from ...core.interfaces import Problem
from .exemplars import Exemplars, dev_exemplars, own_exemplars, published_file, read_published
from .files import Source
from .tasks import MMLU, Dataset


class Shots:
    """The exemplars of the data sets: those in `folder` (a file or a folder), else our own."""

    def __init__(self, folder: str | None) -> None:
        self._folder = Path(folder) if folder is not None else None

    def published(self, dataset: Dataset) -> Path | None:
        """Return the file that has the published exemplars of `dataset`, if there is one."""
        return published_file(self._folder, dataset) if self._folder is not None else None

    def reader(self, dataset: Dataset) -> Callable[[Source], Exemplars]:
        """Return what gives the exemplars of a source; it raises DataError. Raises DataError."""
        file = self.published(dataset)
        if file is None:
            return dev_exemplars if dataset == MMLU else lambda _: own_exemplars(dataset)
        by_subject = read_published(file, dataset)

        def of(source: Source) -> Exemplars:
            if source.subject not in by_subject:
                raise DataError(f"{file}: no exemplars of {source.subject}")
            return by_subject[source.subject]

        return of

    def problems(self, datasets: Sequence[Dataset]) -> Sequence[Problem]:
        """Say that a folder was named which has none of `datasets`."""
        if self._folder is None or any(self.published(dataset) for dataset in datasets):
            return ()
        names = ", ".join(dataset.name for dataset in datasets)
        what = f"benchmark.shots={self._folder}: no exemplars of {names}"
        return (Problem(what, "name the folder `data` of the official repository, or a file"),)

    def identity(self, dataset: Dataset) -> dict[str, Any]:
        """Tell exemplars apart by their content; the dev rows of MMLU are among its files."""
        file = self.published(dataset)
        if file is not None:
            return {"source": "published", "files": {file.name: sha256_of_file(file)}}
        if dataset == MMLU:
            return {"source": "dev rows, without reasoning"}
        own = msgspec.to_builtins(own_exemplars(dataset))
        return {"source": "evalrun wording", "sha256": sha256_of(own)}
