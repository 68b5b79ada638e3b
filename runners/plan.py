"""What a run will ask: counted, and so checked, before any model is loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import repeat

import msgspec

from ..core.config import RunOptions
from ..core.errors import DataError
from ..core.interfaces import Benchmark
from ..core.sample import Sample


class PlannedCell(msgspec.Struct, frozen=True):
    """How many verdicts a run will give on one turn of samples of one task, and with these labels.

    Where a reply holds several answers, `turn` counts the answers.
    """

    task: str
    turn: int
    subtask: str | None
    n: int
    labels: tuple[tuple[str, str], ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """How many (sample, epoch) pairs a run has, and how many verdicts of each kind."""

    total: int
    cells: tuple[PlannedCell, ...]


def selected(benchmark: Benchmark, options: RunOptions) -> Iterator[Sample]:
    """Yield the samples that a run asks, lazily."""
    return benchmark.samples(options.limit)


def make_plan(benchmark: Benchmark, options: RunOptions) -> Plan:
    """Read every selected sample once and count it.

    Malformed rows are found here, before a model is loaded. Raises DataError, also when there is
    nothing to ask.
    """
    samples = 0
    counts: Counter[tuple[str, int, str | None, tuple[tuple[str, str], ...]]] = Counter()
    for sample in selected(benchmark, options):
        samples += 1
        labels = tuple(sorted(sample.labels.items()))
        counts.update(
            (sample.task, turn, subtask, labels) for turn, subtask in enumerate(_subtasks(sample))
        )
    if not samples:
        raise DataError("the benchmark has no samples; check benchmark.* and the data files")
    cells = tuple(
        PlannedCell(task, turn, subtask, n * options.epochs, labels)
        for (task, turn, subtask, labels), n in counts.items()
    )
    return Plan(total=samples * options.epochs, cells=cells)


def _subtasks(sample: Sample) -> Iterator[str | None]:
    """Yield the subtask of each answer that is asked of a sample, in the order of the verdicts."""
    for turn in sample.turns:
        yield from turn.subtasks or repeat(turn.subtask, turn.answers)
