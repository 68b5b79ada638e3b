"""The samples whose value differs most between two runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pandas as pd

from ..folder import RunFolder
from ..log import read_log
from .model import ChangedSample

Changes = tuple[tuple[ChangedSample, ...], tuple[ChangedSample, ...]]


class _Row(msgspec.Struct):
    """The part of a `Score` that names its sample."""

    task: str
    sample_id: str


def changed_most(frame: pd.DataFrame, folder: RunFolder, at_most: int) -> Changes:
    """Return the samples that gained most and that lost most, half of `at_most` each.

    `frame` holds pairs by hashes of their samples; `folder` is read for the names. Of samples that
    changed by as much, those that stand first in the folder come first.
    """
    values: Any = frame.groupby(["task", "sample"], sort=False)[["first", "second"]].mean()
    change = values["second"] - values["first"]
    ends = [change[change * sign > 0].mul(sign).nlargest(at_most // 2) for sign in (1, -1)]
    names = _names(folder, {key for end in ends for key in end.index})
    gained, lost = (
        tuple(_changed(key, names[key], *values.loc[key]) for key in end.index) for end in ends
    )
    return gained, lost


def _changed(key: tuple[str, int], name: str, first: float, second: float) -> ChangedSample:
    return ChangedSample(task=key[0], sample_id=name, first=float(first), second=float(second))


def _names(folder: RunFolder, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Return the id of each (task, hash of a sample's id)."""
    missing = set(wanted)
    names: dict[tuple[str, int], str] = {}
    if not missing:
        return names
    for _, row in read_log(folder.scores, _Row):
        key = (row.task, hash(row.sample_id))
        if key in missing:
            names[key] = row.sample_id
    return names
