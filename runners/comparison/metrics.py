"""Which metric two runs are compared by."""

from __future__ import annotations

from ...core.config import Config
from ...core.errors import ConfigError
from ...core.suggest import did_you_mean
from ..results import Results

TaskPart = tuple[str, str | None]


def compared_metrics(first: Results, second: Results, metric: str | None) -> dict[TaskPart, str]:
    """Return the metric of each (task, subtask) that both runs have values of.

    It is `metric`, or the one that stands for the task in `results.json`: the first with values.
    Raises ConfigError when the runs have no task in common, when no common task has `metric`, and
    when different metrics stand for a task.
    """
    if metric is not None:
        return _named(first, second, metric)
    ours, theirs = first.headlines, second.headlines
    common = {part: name for part, name in ours.items() if part in theirs}
    if not common:
        raise ConfigError(
            f"the runs have no task in common: one is of {_tasks(first)}, the other of "
            f"{_tasks(second)}; compare runs of the same recipe and data"
        )
    for part, name in common.items():
        if theirs[part] != name:
            raise ConfigError(
                f"task {part[0]}: {name!r} stands for it in the one run, {theirs[part]!r} in the "
                "other; grade both by the same scorer (evalrun rescore), or name one: --metric M"
            )
    return common


def is_lower_better(config: Config, metric: str) -> bool:
    """Whether a layout of the recipe says so of a column of `metric`."""
    layouts = config.table.layouts.values()
    columns = (column for layout in layouts for column in layout.columns)
    return any(column.metric == metric and column.better == "lower" for column in columns)


def _named(first: Results, second: Results, metric: str) -> dict[TaskPart, str]:
    ours, theirs = (
        {(c.name, c.subtask, c.metric) for c in run.level("subtask") if c.value is not None}
        for run in (first, second)
    )
    both = sorted(ours & theirs, key=lambda key: (key[0], key[1] or ""))
    found = {(task, subtask): name for task, subtask, name in both if name == metric}
    if not found:
        hint = did_you_mean(metric, {name for _, _, name in both})
        raise ConfigError(f"the runs have no task with metric {metric!r} in common; {hint}")
    return found


def _tasks(run: Results) -> str:
    return ", ".join(cell.name for cell in run.level("task")) or "nothing graded"
