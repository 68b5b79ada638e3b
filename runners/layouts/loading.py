"""Stored runs as layouts read them: their names, their configuration and their plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ...core.config import Config
from ..plan import PlannedCell
from ..results import Results, StoredRun
from ..status import read_status
from .dimensions import CONFIG, LABEL, RUN_DIMENSIONS, as_text, keys_of


class LoadedRun(msgspec.Struct, frozen=True):
    """A run without its verdicts.

    `index` is its position among the runs, `keys` its configuration by dotted key, `plan` what it
    was to grade, and `provenance` what identifies its data and model.
    """

    index: int
    stored: StoredRun
    keys: dict[str, Any]
    plan: tuple[PlannedCell, ...]
    provenance: dict[str, Any]

    @property
    def results(self) -> Results:
        """The aggregated results."""
        return self.stored.results

    @property
    def epochs(self) -> int:
        """How often each sample is asked."""
        return int(self.keys["run.epochs"])

    @property
    def sample_limit(self) -> int | None:
        """How many samples of each task the run was limited to."""
        return self.keys["run.limit"]

    @property
    def sample_space(self) -> tuple[object, ...]:
        """What runs over the same samples have in common: ids of others are no ids of these."""
        return (self.keys.get("benchmark.name"), self.keys.get("benchmark.path"))

    def value(self, dimension: str) -> str:
        """Return the value of a dimension that all verdicts of the run share."""
        if dimension in RUN_DIMENSIONS:
            return as_text(getattr(self.results, dimension))
        return as_text(self.keys.get(dimension.removeprefix(CONFIG)))

    def values(self, cell: PlannedCell, dimension: str) -> Iterator[object]:
        """Yield the values of a dimension that the verdicts of a planned cell have.

        There are several of `epoch`, and of `family` as many as there are groups with the task.
        """
        if dimension == "family":
            yield from (name for name, tasks in self.results.groups.items() if cell.task in tasks)
        elif dimension == "epoch":
            yield from range(self.epochs)
        elif dimension.startswith(LABEL):
            yield dict(cell.labels).get(dimension.removeprefix(LABEL))
        elif dimension in ("task", "subtask", "turn"):
            yield getattr(cell, dimension)
        else:
            yield self.value(dimension)


def load(runs: Sequence[StoredRun]) -> list[LoadedRun]:
    """Return `runs` with what their folders say of them. Raises DataError."""
    return [_loaded(index, run) for index, run in enumerate(runs)]


def label_names(runs: Sequence[LoadedRun]) -> list[str]:
    """Return the names of all labels that planned samples have."""
    names = (name for run in runs for cell in run.plan for name, _ in cell.labels)
    return list(dict.fromkeys(names))


def _loaded(index: int, run: StoredRun) -> LoadedRun:
    config: Config = run.folder.read_config()
    status = read_status(run.folder)
    plan = status.plan.cells if status and status.plan else _plan_of(run.results)
    provenance = status.provenance if status else {}
    return LoadedRun(index, run, keys_of(config), plan, provenance)


def _plan_of(results: Results) -> tuple[PlannedCell, ...]:
    """Return the plan of a run that kept none, as its results remember it."""
    counts: Counter[tuple[str, int, str | None]] = Counter()
    for cell in results.level("turn"):
        # Each metric of a turn has a cell; they were planned once.
        key = (cell.name, cell.turn or 0, cell.subtask)
        counts[key] = max(counts[key], cell.n + cell.n_missing)
    return tuple(PlannedCell(*key, n) for key, n in counts.items())
