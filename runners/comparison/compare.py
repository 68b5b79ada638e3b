"""Two runs compared, task by task and over all. Needs the extra `stats`."""

from __future__ import annotations

from ...core.errors import ConfigError
from ..layouts.loading import load
from ..results import StoredRun
from .changed import changed_most
from .metrics import compared_metrics
from .model import ComparedRun, Comparison
from .notes import labels_of, notes_of
from .pairing import pairs_of
from .parts import overall_part, task_parts
from .wording import verdict_of

MOST_CHANGED = 20


def compare(first: StoredRun, second: StoredRun, *, metric: str | None = None) -> Comparison:
    """Return the second run against the first, on the verdicts that both have.

    Verdicts are matched by sample, epoch, turn and subtask, of the metric that stands for each task
    or of `metric`. Files are read row by row, and numbers of them kept. Raises ConfigError when the
    runs have nothing in common, DataError.
    """
    ours, theirs = load([first, second])
    metrics = compared_metrics(first.results, second.results, metric)
    pairs = pairs_of(ours, theirs, metrics)
    if pairs.frame.empty:
        raise ConfigError(
            f"{first.folder.path} and {second.folder.path} have verdicts on no sample in common; "
            "compare runs of the same recipe and data"
        )
    tasks = task_parts(pairs, metrics, first.folder.read_config())
    overall = overall_part(pairs, tasks, first.results.groups)
    gained, lost = changed_most(pairs.frame, first.folder, MOST_CHANGED)
    labels = labels_of(first, second)
    return Comparison(
        first=ComparedRun(labels[0], str(first.folder.path)),
        second=ComparedRun(labels[1], str(second.folder.path)),
        verdict=verdict_of(*labels, overall),
        overall=overall,
        tasks=tasks,
        gained=gained,
        lost=lost,
        notes=notes_of(ours, theirs, pairs, overall),
    )
