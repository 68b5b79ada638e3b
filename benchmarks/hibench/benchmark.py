"""HiBench: reading, understanding and changing hierarchical structures (arXiv 2503.00912)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ...core.hashing import sha256_of_file
from ...core.interfaces import Problem
from ...core.sample import Sample
from ..official import identity
from ..template import WORDING
from .cells import Cell
from .official import (
    OfficialFile,
    Reading,
    cells_of,
    contexts_of,
    files_of,
    missing_context,
    recognised,
)
from .options import HiBenchOptions
from .prompts import prompts
from .recognition import first_row, told_modes, told_tasks
from .samples import cell_samples
from .synthetic import VERSION, synthetic_cells, wanted_by
from .tasks import Task, choose_tasks
from .universities import words


class HiBench:
    """Questions on trees, JSON, formulas, code and papers; those of the first three also made."""

    Options = HiBenchOptions

    def __init__(self, options: HiBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._wanted = wanted_by(options)
        self._tasks = choose_tasks(options.task)
        if self._made and options.task in ("all", ("all",)):
            self._tasks = tuple(task for task in self._tasks if not task.official_only)
        self._reading = Reading(
            self._wanted.modes,
            self._wanted.names,
            options.formula_rows if options.path is None else None,
            needs_context=options.context == "required",
        )

    def problems(self) -> Sequence[Problem]:
        """Say which tasks have no rows, and which files are missing."""
        if self._made:
            missing = [task.name for task in self._tasks if task.official_only]
            what = f"no rows of {', '.join(missing)} can be made from a seed"
            remedy = "get the official files and say benchmark.data=official"
            return (Problem(what, remedy),) if missing else ()
        if self._options.path is not None and not Path(self._options.path).is_file():
            what = f"{self._options.path}: no such file"
            return (Problem(what, "set benchmark.path to an official file"),)
        return (*self._without_files(), *self._without_context())

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield the samples task by task, cell by cell, at most `limit` of each task.

        Raises DataError, and ConfigError when the task of `path` cannot be told.
        """
        for task in self._tasks:
            cells = self._cells(task)
            rows = (sample for cell in cells for sample in cell_samples(cell, self._options.shots))
            yield from islice(rows, limit)

    def provenance(self) -> dict[str, Any]:
        """Return versions of wording and generators, or hashes of files. Raises DataError."""
        found: dict[str, Any] = {
            "tasks": [task.name for task in self._tasks],
            "prompts": WORDING,
            "prompts_version": prompts().version,
        }
        if self._made:
            return {**found, "rows": "synthetic", "generator": VERSION, "words": words().version}
        files = [file for task in self._tasks for file in self._files(task)]
        paths = [path for file in files for path in (file.path, *contexts_of(file))]
        if self._options.path is None:
            folder = Path(self._options.data_dir)
            return {**found, "rows": "official", **identity(folder, dict.fromkeys(paths))}
        hashes = {path.name: sha256_of_file(path) for path in dict.fromkeys(paths)}
        return {**found, "rows": "file", "files": hashes}

    @property
    def _made(self) -> bool:
        return self._options.data == "synthetic" and self._options.path is None

    def _cells(self, task: Task) -> Iterator[Cell]:
        if self._made:
            yield from synthetic_cells(task, self._wanted)
        for file in [] if self._made else self._files(task):
            yield from cells_of(file, self._reading)

    def _files(self, task: Task) -> list[OfficialFile]:
        if self._options.path is None:
            return files_of(task, Path(self._options.data_dir))
        return [file for file in self._own_files if file.task == task]

    @cached_property
    def _own_files(self) -> list[OfficialFile]:
        """The file `path`, once for each task that it holds. Raises ConfigError, DataError."""
        path = Path(self._options.path or "")
        row = first_row(path)
        named = {task: file for task in self._tasks if (file := recognised(task, path))}
        tasks = self._tasks
        if len(tasks) > 1:
            tasks = told_tasks(path, row, tuple(named) or tasks)
        files = (named.get(task) or OfficialFile(task, path, {}) for task in tasks)
        modes = self._wanted.modes
        return [
            msgspec.structs.replace(file, modes=told_modes(file.task, path, row, modes))
            for file in files
        ]

    def _without_files(self) -> tuple[Problem, ...]:
        if self._options.path is not None:
            return ()
        missing = [task.name for task in self._tasks if not self._files(task)]
        what = f"no files of {', '.join(missing)} in {self._options.data_dir}"
        remedy = "set benchmark.data_dir to the folder with Fundamental, JSON, Formula, Code and "
        remedy += "Paper, or benchmark.task to what it holds"
        return (Problem(what, remedy),) if missing else ()

    def _without_context(self) -> tuple[Problem, ...]:
        if not self._reading.needs_context:
            return ()
        files = (file for task in self._tasks for file in self._files(task))
        missing = dict.fromkeys(path for file in files if (path := missing_context(file)))
        remedy = "put it there, or set benchmark.context=optional to grade replies without it"
        return tuple(Problem(f"{path}: no such file", remedy) for path in missing)
