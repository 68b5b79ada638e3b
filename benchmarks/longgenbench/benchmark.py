"""LongGenBench: K questions in one prompt, all answered in one reply (arXiv 2410.04199)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ...core.errors import ConfigError
from ...core.interfaces import Problem
from ...core.sample import Sample
from .data import OfficialData
from .files import dataset_of_file
from .options import LongGenBenchOptions
from .prompts import WORDING
from .samples import Layout, read_samples
from .shots import Shots
from .tasks import MMLU, Dataset, Task, choose_tasks

# The paper calls all three data sets MIT.
LICENCE = "MIT"


class LongGenBench:
    """GSM8K, MMLU and CommonsenseQA, many questions a prompt; optionally each alone as well."""

    Options = LongGenBenchOptions

    def __init__(self, options: LongGenBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._data = OfficialData(options)
        self._shots = Shots(options.shots)
        self._tasks = _tasks(options)
        self._datasets = tuple(dict.fromkeys(task.dataset for task in self._tasks))
        if options.shots and Path(options.shots).is_file() and len(self._datasets) > 1:
            raise ConfigError(
                f"benchmark.shots={options.shots} is a file of one data set: choose that one with "
                "benchmark.task, or name its folder"
            )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them."""
        missing = [p for dataset in self._datasets for p in self._data.problems(dataset)]
        return [*missing, *self._shots.problems(self._datasets), *self._missing_dev_rows()]

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield the samples of all tasks, a query in memory at a time, at most `limit` of each.

        Raises DataError naming file and row.
        """
        for task in self._tasks:
            sources = self._data.sources(task.dataset)
            yield from islice(read_samples(task, sources, self._layout(task.dataset)), limit)

    def provenance(self) -> dict[str, Any]:
        """Return tasks, wording, licence, and what identifies exemplars and rows.

        Raises DataError.
        """
        published = [d.name for d in self._datasets if self._shots.published(d)]
        exemplars = f", published exemplars of {', '.join(published)}" if published else ""
        return {
            "tasks": [task.name for task in self._tasks],
            "prompts": WORDING + exemplars,
            "licence": LICENCE,
            "exemplars": {d.name: self._shots.identity(d) for d in self._datasets},
            "data": {d.name: self._data.identity(d) for d in self._datasets},
        }

    def _layout(self, dataset: Dataset) -> Layout:
        options = self._options
        return Layout(
            k=options.k or dataset.k,
            queries=options.queries or dataset.queries,
            order=options.order,
            format=options.format,
            exemplars=self._shots.reader(dataset),
        )

    def _missing_dev_rows(self) -> Sequence[Problem]:
        """Say which subjects of MMLU have no rows to make exemplars of, where they are needed."""
        if MMLU not in self._datasets or self._shots.published(MMLU):
            return ()
        without = [s.subject or "" for s in self._data.sources(MMLU) if not s.dev]
        if not without:
            return ()
        what = f"no dev rows, which are mmlu's exemplars, of {', '.join(without)}"
        remedy = "put <subject>_dev.csv beside <subject>_test.csv, or say benchmark.shots=FOLDER"
        return (Problem(what, remedy),)


def _tasks(options: LongGenBenchOptions) -> tuple[Task, ...]:
    """Return the tasks chosen; of a file, those of its data set."""
    chosen = choose_tasks(options.task, baseline=options.baseline)
    if options.path is None or len({task.dataset for task in chosen}) == 1:
        return chosen
    dataset = dataset_of_file(Path(options.path))
    if dataset is None:
        raise ConfigError(
            f"benchmark.path={options.path} holds rows of one data set: "
            "say which with benchmark.task="
        )
    return choose_tasks(dataset.name, baseline=options.baseline)
