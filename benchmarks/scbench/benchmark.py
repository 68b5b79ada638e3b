"""SCBench: long contexts shared by many turns or requests (arXiv 2412.10319)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, cast, get_args

from ...core.errors import ConfigError
from ...core.hashing import sha256_of_file
from ...core.interfaces import Problem
from ...core.sample import Sample
from ..official import identity, revision_problems
from . import generators
from .files import LICENCE, find_files, read_files
from .options import SCBenchOptions
from .prompts import WORDING, Mode, Style
from .samples import Limits, PlacedRow, Source, read_samples
from .tasks import TASKS, Task, choose_tasks, find_task

_FETCH = "`evalrun fetch scbench`"


class SCBench:
    """Twelve tasks in two modes, from official files or generated.

    Multi-turn: the context and all questions form one conversation with golden answers.
    Multi-request: each question is an independent request on the context.
    """

    Options = SCBenchOptions

    def __init__(self, options: SCBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._folder = Path(options.data_dir)
        self._bbh_folder = Path(options.bbh_dir) if options.bbh_dir else self._folder / "bbh"
        self._tasks = _tasks(options)
        self._style = Style(
            mode=_mode(options.mode),
            chat_template=options.chat_template,
            variant=options.prompt_variant,
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them."""
        if self._options.path is not None:
            return _missing_file(Path(self._options.path))
        if self._options.source == "synthetic":
            return self._missing_examples()
        return self._missing_data()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield the samples of all tasks, a row in memory at a time, at most `limit` of each.

        Raises DataError naming file and row, ConfigError when `max_seq_length` is too small.
        """
        limits = Limits(self._options.max_seq_length, self._options.max_turns)
        for task in self._tasks:
            yield from islice(read_samples(self._source(task), self._style, limits), limit)

    def provenance(self) -> dict[str, Any]:
        """Return tasks, licence, wording, and what identifies the rows. Raises DataError."""
        return {
            "tasks": [task.name for task in self._tasks],
            "prompts": WORDING,
            **self._origin_of_rows(),
        }

    def _origin_of_rows(self) -> dict[str, Any]:
        if self._options.path is not None:
            path = Path(self._options.path)
            return {"source": "file", "files": {path.name: sha256_of_file(path)}}
        if self._options.source == "synthetic":
            files = self._bbh_files()
            return {
                "source": "synthetic",
                "generators": generators.VERSION,
                "files": {path.name: sha256_of_file(path) for path in files},
            }
        files = [path for task in self._tasks for path in find_files(self._folder, task)]
        return {
            "source": "official",
            "repository": self._options.fetch.repository,
            "licence": LICENCE,
            **identity(self._folder, files),
        }

    def _source(self, task: Task) -> Source:
        options = self._options
        if options.path is not None:
            files: tuple[Path, ...] = (Path(options.path),)
        elif options.source == "official":
            files = find_files(self._folder, task)
        else:
            return Source(task, task.name, lambda: self._generated(task), synthetic=True)
        name = ", ".join(map(str, files)) or f"{task.name} in {self._folder}"
        return Source(task, name, lambda: read_files(files))

    def _generated(self, task: Task) -> Iterator[PlacedRow]:
        options = self._options
        made = generators.rows(
            task,
            count=options.rows,
            length=options.length,
            seed=options.seed,
            bbh_dir=self._bbh_folder,
        )
        for position, row in enumerate(made):
            yield PlacedRow(f"synthetic {task.name}, row {position + 1}", row)

    def _bbh_files(self) -> tuple[Path, ...]:
        needed = any(task.name == generators.MANY_SHOT for task in self._tasks)
        return generators.bbh_files(self._bbh_folder) if needed else ()

    def _missing_data(self) -> Sequence[Problem]:
        missing = [task.name for task in self._tasks if not find_files(self._folder, task)]
        if missing:
            what = f"no data of {', '.join(missing)} in {self._folder}"
            return (Problem(what, f"run {_FETCH} (`--from DIR` takes files already here)"),)
        return revision_problems(self._folder, self._options.fetch.revision, _FETCH)

    def _missing_examples(self) -> Sequence[Problem]:
        missing = [path.name for path in self._bbh_files() if not path.is_file()]
        if not missing:
            return ()
        what = f"{generators.MANY_SHOT} needs {', '.join(missing)} of BIG-Bench-Hard"
        remedy = "point benchmark.bbh_dir at a folder that has them, or choose other tasks"
        return (Problem(f"{what} in {self._bbh_folder}", f"{remedy}: {_without_files()}"),)


def _without_files() -> str:
    """Return the override that chooses all tasks that are made from the seed alone."""
    names = [task.name for task in TASKS if generators.can_generate(task)]
    names.remove(generators.MANY_SHOT)
    return f"'benchmark.task=[{','.join(names)}]'"


def _tasks(options: SCBenchOptions) -> tuple[Task, ...]:
    chosen = choose_tasks(options.task)
    if options.path is not None:
        return (_task_of_file(options, chosen),)
    if options.source == "official":
        return chosen
    possible = tuple(task for task in chosen if generators.can_generate(task))
    if len(possible) < len(chosen) and chosen != TASKS:
        missing = ", ".join(task.name for task in chosen if task not in possible)
        raise ConfigError(
            f"benchmark.task: {missing} cannot be generated: it is made of real books, papers "
            "and code; use benchmark.source=official"
        )
    return possible


def _task_of_file(options: SCBenchOptions, chosen: tuple[Task, ...]) -> Task:
    """Return the only task chosen, or the one that the file is named after."""
    if len(chosen) == 1:
        return chosen[0]
    named = find_task(Path(options.path or "").stem)
    if named is None:
        raise ConfigError(
            f"benchmark.path={options.path} holds rows of one task: say which with benchmark.task="
        )
    return named


def _mode(name: str) -> Mode:
    if name not in get_args(Mode):
        modes = " or ".join(f"protocol={mode}" for mode in get_args(Mode))
        raise ConfigError(f"benchmark.mode={name}: SCBench is played with {modes}")
    return cast(Mode, name)


def _missing_file(path: Path) -> Sequence[Problem]:
    if path.is_file():
        return ()
    return (Problem(f"{path}: no such file", "set benchmark.path to a file of official rows"),)
