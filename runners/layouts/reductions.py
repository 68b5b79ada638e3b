"""One value of all values that differ in one dimension alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ...core.layout import Reduction
from ...scorers.statistics.epochs import pass_at_k, pass_hat_k
from .arrays import Floats, Places, weighted_counts

# What else two values must have in common to be made one.
_DIMENSIONS = ("run", "task", "subtask", "turn", "epoch", "sample")
_REDUCED = -1


def reduced(frame: pd.DataFrame, reduction: Reduction) -> pd.DataFrame:
    """Return `frame` with a row for each set of values that differ in `reduction.over` alone.

    Samples are reduced within their group. What has fewer than `k` values has none afterwards.
    """
    over = reduction.over
    if over == "sample":
        frame = frame.assign(sample=frame["cluster"])
    if reduction.how in ("first", "last"):
        # Rows lie in the order in which replies came.
        frame = frame.sort_values("turn" if over == "subtask" else over, kind="stable")
    keys = [name for name in _DIMENSIONS if over == "sample" or name != over]
    groups = frame.groupby(keys, sort=False).ngroup().to_numpy()
    values = _reduce(frame["value"].to_numpy(), groups, reduction)
    first = frame[~pd.Series(groups).duplicated().to_numpy()]
    others = {} if over == "sample" else {over: _REDUCED}
    return first.assign(value=values, **others).dropna(subset=["value"])


def _reduce(values: Floats, groups: Places, reduction: Reduction) -> Floats:
    if reduction.how in ("pass_at_k", "pass_hat_k"):
        chance = pass_at_k if reduction.how == "pass_at_k" else pass_hat_k
        return _drawn(values, groups, chance, reduction.k or 1)
    return _REDUCERS[reduction.how](values, groups)


def _drawn(
    values: Floats, groups: Places, chance: Callable[[int, float, int], float | None], k: int
) -> Floats:
    counts = np.bincount(groups)
    pairs = np.stack([counts, weighted_counts(groups, values)], axis=1)
    different, places = np.unique(pairs, axis=0, return_inverse=True)
    found = [chance(int(n), min(float(c), float(n)), k) for n, c in different]
    chances = np.array([np.nan if one is None else one for one in found])
    return chances[places.reshape(-1)]


def _mean(values: Floats, groups: Places) -> Floats:
    return _sum(values, groups) / np.bincount(groups)


def _squared_mean(values: Floats, groups: Places) -> Floats:
    return _mean(values, groups) ** 2


def _sum(values: Floats, groups: Places) -> Floats:
    return weighted_counts(groups, values)


def _max(values: Floats, groups: Places) -> Floats:
    return pd.Series(values).groupby(groups).max().to_numpy()


def _min(values: Floats, groups: Places) -> Floats:
    return pd.Series(values).groupby(groups).min().to_numpy()


def _all(values: Floats, groups: Places) -> Floats:
    return (_min(values, groups) >= 1.0).astype(np.float64)


def _any(values: Floats, groups: Places) -> Floats:
    return (_max(values, groups) >= 1.0).astype(np.float64)


def _majority(values: Floats, groups: Places) -> Floats:
    """Return the most frequent value; the mean of those that are equally frequent."""
    counted = pd.DataFrame({"group": groups, "value": values}).value_counts().reset_index()
    most = counted.groupby("group")["count"].transform("max")
    winners = counted[counted["count"] == most]
    return winners.groupby("group")["value"].mean().to_numpy()


def _first(values: Floats, groups: Places) -> Floats:
    return values[~pd.Series(groups).duplicated().to_numpy()]


def _last(values: Floats, groups: Places) -> Floats:
    return pd.Series(values).groupby(groups).last().to_numpy()


_REDUCERS: dict[str, Callable[[Floats, Places], Floats]] = {
    "mean": _mean,
    "squared_mean": _squared_mean,
    "sum": _sum,
    "max": _max,
    "min": _min,
    "all": _all,
    "any": _any,
    "majority": _majority,
    "first": _first,
    "last": _last,
}
