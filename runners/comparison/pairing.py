"""Verdicts of two runs on the same thing, brought together. Needs the extra `stats`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from ..layouts.loading import LoadedRun
from ..layouts.verdicts import Vocabulary, read_verdicts
from .metrics import TaskPart

# Frames are `Any` between functions: pandas comes without types that say what selecting gives.
_KEYS = ["task", "subtask", "turn", "sample", "epoch"]
_AVERAGED = -1


class Unmatched(msgspec.Struct, frozen=True):
    """Samples of a task with verdicts in one run alone, and other verdicts without a partner."""

    only_first: int
    only_second: int
    verdicts: int


class Pairs(msgspec.Struct, frozen=True):
    """Matched verdicts, and what has no match by task.

    `frame` has a row a pair: the name of its `task`, hashes of `sample` and `cluster`, the values
    `first` and `second`, and its `weight`; those of a task sum to 1. `averaged` are the tasks whose
    repeats were averaged.
    """

    frame: pd.DataFrame
    unmatched: dict[str, Unmatched]
    averaged: tuple[str, ...]


def pairs_of(first: LoadedRun, second: LoadedRun, metrics: Mapping[TaskPart, str]) -> Pairs:
    """Return the verdicts of two runs on the same sample, epoch, turn and subtask.

    `metrics` names the metric of each task and subtask that counts. Where a task has other epochs
    in one run than in the other, each sample's are averaged first, turn by turn. Pairs are weighted
    as results are: a task's value is the mean over its subtasks of the mean over turns, or over
    verdicts if the first run's `weighting` is `pairs`.
    """
    vocabulary = Vocabulary()
    ours, theirs = (_chosen(run, metrics, vocabulary) for run in (first, second))
    averaged = _differing_epochs(ours, theirs)
    ours, theirs = (_averaged(frame, averaged) for frame in (ours, theirs))
    frame: Any = ours.rename(columns={"value": "first"}).merge(
        theirs.drop(columns="cluster").rename(columns={"value": "second"}), on=_KEYS
    )
    unmatched = {
        str(task): _unmatched(*(rows[rows["task"] == code] for rows in (ours, theirs, frame)))
        for task, code in vocabulary.of("task").items()
    }
    names = np.array([*vocabulary.of("task")], dtype=object)
    frame = frame.assign(
        weight=_weights(frame, by_turn=first.results.weighting == "turns"),
        task=names[frame["task"].to_numpy()],
    )
    return Pairs(frame, unmatched, tuple(str(names[task]) for task in averaged))


def _chosen(run: LoadedRun, metrics: Mapping[TaskPart, str], vocabulary: Vocabulary) -> Any:
    """Return the verdicts of a run on `metrics`, as a frame of codes and hashes."""
    frame = read_verdicts(run, (), vocabulary).frame
    task, subtask, metric = (vocabulary.of(name) for name in ("task", "subtask", "metric"))
    counting = pd.DataFrame(
        {
            "task": [task[one] for one, _ in metrics],
            "subtask": [subtask[part] for _, part in metrics],
            "metric": [metric[name] for name in metrics.values()],
        }
    )
    return frame.merge(counting)[[*_KEYS, "cluster", "value"]]


def _differing_epochs(first: Any, second: Any) -> list[int]:
    """Return the tasks of both that have other epochs in the one than in the other."""
    ours, theirs = (
        {int(task): set(epochs) for task, epochs in frame.groupby("task")["epoch"].unique().items()}
        for frame in (first, second)
    )
    return [task for task in ours if task in theirs and ours[task] != theirs[task]]


def _averaged(frame: Any, tasks: list[int]) -> Any:
    """Return `frame` with the repeats of `tasks` averaged, turn by turn of each sample."""
    if not tasks:
        return frame
    repeated = frame["task"].isin(tasks)
    means = frame[repeated].groupby(_KEYS[:-1], sort=False, as_index=False)
    means = means.agg(value=("value", "mean"), cluster=("cluster", "first"))
    return pd.concat([frame[~repeated], means.assign(epoch=_AVERAGED)], ignore_index=True)


def _unmatched(first: Any, second: Any, pairs: Any) -> Unmatched:
    """Return what of the verdicts of two runs on one task is not in `pairs`."""
    ours, theirs = set(first["sample"]), set(second["sample"])
    of_both = sum(int(frame["sample"].isin(ours & theirs).sum()) for frame in (first, second))
    return Unmatched(len(ours - theirs), len(theirs - ours), of_both - 2 * len(pairs))


def _weights(frame: Any, *, by_turn: bool) -> Any:
    """Return how much each pair counts within its task: its subtask, and turn, as any other."""
    cell = ["task", "subtask", "turn"] if by_turn else ["task", "subtask"]
    subtasks = frame.groupby("task")["subtask"].transform("nunique")
    turns = frame.groupby(["task", "subtask"])["turn"].transform("nunique") if by_turn else 1
    return 1.0 / (subtasks * turns * frame.groupby(cell)["turn"].transform("size"))
