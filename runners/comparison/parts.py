"""The tasks of two runs, and all of them, as pairs with their statistics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ...core.config import Config
from ...scorers.statistics.multiple import adjusted
from ...scorers.statistics.paired import paired_difference
from .metrics import TaskPart, is_lower_better
from .model import Part
from .pairing import Pairs, Unmatched

_SEVERAL = "mean"


def task_parts(pairs: Pairs, metrics: Mapping[TaskPart, str], config: Config) -> tuple[Part, ...]:
    """Return the tasks that have pairs, in the order of `metrics`, with Holm's p-values."""
    names: dict[str, set[str]] = {}
    for (task, _), metric in metrics.items():
        names.setdefault(task, set()).add(metric)
    rows_of = {str(task): rows for task, rows in pairs.frame.groupby("task")}
    parts = [
        _part(
            task,
            _one_of(of),
            rows_of[task],
            [pairs.unmatched[task]],
            lower_is_better=all(is_lower_better(config, metric) for metric in of),
        )
        for task, of in names.items()
        if task in rows_of
    ]
    return _with_holm(parts)


def overall_part(
    pairs: Pairs, tasks: Sequence[Part], groups: Mapping[str, tuple[str, ...]]
) -> Part:
    """Return all `tasks` as one: the recipe's average where it can be had, or the mean over tasks.

    What has no partner is counted over all tasks, those without any pair included.
    """
    name, shares = _average([task.name for task in tasks], groups)
    rows: Any = pairs.frame[pairs.frame["task"].isin(shares)]
    counting = [task for task in tasks if task.name in shares]
    return _part(
        name,
        _one_of({task.metric for task in counting}),
        rows.assign(weight=rows["weight"] * rows["task"].map(shares)),
        [*pairs.unmatched.values()],
        lower_is_better=all(task.lower_is_better for task in counting),
    )


def _average(
    tasks: Sequence[str], groups: Mapping[str, tuple[str, ...]]
) -> tuple[str, dict[str, float]]:
    """Return what the mean of `tasks` is called, and how much each of them counts in it."""
    if len(tasks) == 1:
        return tasks[0], {tasks[0]: 1.0}
    if not groups or any(task not in tasks for members in groups.values() for task in members):
        return f"mean of {len(tasks)} tasks", dict.fromkeys(tasks, 1 / len(tasks))
    shares: dict[str, float] = {}
    for members in groups.values():
        for task in members:
            shares[task] = shares.get(task, 0.0) + 1 / (len(groups) * len(members))
    return "AVG", shares


def _one_of(metrics: set[str]) -> str:
    return next(iter(metrics)) if len(metrics) == 1 else _SEVERAL


def _part(
    name: str,
    metric: str,
    rows: Any,
    unmatched: Sequence[Unmatched],
    *,
    lower_is_better: bool,
) -> Part:
    values = rows[["first", "second"]].to_numpy()
    is_share = bool(((values >= 0) & (values <= 1)).all())
    paired = paired_difference(
        values[:, 0],
        values[:, 1],
        rows["cluster"].to_numpy(),
        weights=rows["weight"].to_numpy(),
        bounds=(0.0, 1.0) if is_share else (-math.inf, math.inf),
    )
    if paired is None:
        raise ValueError(f"{name} has no pairs")
    return Part(
        name=name,
        metric=metric,
        paired=paired,
        samples=len(rows[["task", "sample"]].drop_duplicates()),
        only_first=sum(of.only_first for of in unmatched),
        only_second=sum(of.only_second for of in unmatched),
        unpaired=sum(of.verdicts for of in unmatched),
        is_share=is_share,
        lower_is_better=lower_is_better,
    )


def _with_holm(tasks: Sequence[Part]) -> tuple[Part, ...]:
    """Return `tasks` with their p-values corrected for how many there are."""
    tests = [task.paired.test for task in tasks]
    holm = adjusted([math.nan if test is None else test.p for test in tests], "holm").adjusted
    return tuple(
        msgspec.structs.replace(task, p_adjusted=None if math.isnan(p) else p)
        for task, p in zip(tasks, holm, strict=True)
    )
