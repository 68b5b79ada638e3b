"""Numbers with what each cluster of samples contributes to them.

The influence of a cluster on an estimate is by how much the estimate moves with the cluster's
values: u_c of `scorers/statistics/intervals.py`. Estimates that are computed of others (`formula`)
have the influences of those, put together by the derivatives, so that numbers from the same samples
keep their covariance (the delta method).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import pandas as pd

from ...scorers.statistics.intervals import interval_around
from .arrays import Floats, Hashes, Places, numbered, weighted_counts
from .grid import Estimate
from .nesting import Nesting

Bounds = tuple[float, float]

UNBOUNDED: Bounds = (-math.inf, math.inf)


class Influence(msgspec.Struct, frozen=True):
    """The influence of each cluster; `clusters` are their hashes, each once."""

    clusters: Hashes
    shares: Floats


class Estimated(msgspec.Struct, frozen=True):
    """A number and, unless nothing is known of how it varies, the influences on it."""

    estimate: Estimate
    influence: Influence | None = None

    @property
    def value(self) -> float | None:
        """The number itself."""
        return self.estimate.value


def linear_mean(frame: pd.DataFrame, nesting: Nesting, bounds: Bounds) -> Estimated:
    """Return the mean of the cell means of `frame.value`, as `weighted_interval` has it."""
    values: Floats = frame["value"].to_numpy()
    means = weighted_counts(nesting.cells, values) / np.bincount(nesting.cells)
    lowest, highest = float(values.min()), float(values.max())
    value = lowest if lowest == highest else float(nesting.weights @ means)
    shares = nesting.row_weights * (values - means[nesting.cells])
    influence = _influence(frame, shares)
    is_proportion = bool(np.isin(values, bounds).all())
    return _estimated(value, influence, len(values), bounds, is_proportion=is_proportion)


def linear_sum(frame: pd.DataFrame, nesting: Nesting) -> Estimated:
    """Return the mean of the cell sums; it varies as the total of as many other clusters would.

    The influence of a cluster is by how much its own total is over the mean one.
    """
    weighted = nesting.weights[nesting.cells] * frame["value"].to_numpy()
    totals = _influence(frame, weighted)
    centred = Influence(totals.clusters, totals.shares - totals.shares.mean())
    return _estimated(float(weighted.sum()), centred, len(frame), UNBOUNDED, is_proportion=False)


def combined(
    value: float, gradient: Sequence[float], operands: Sequence[Estimated], bounds: Bounds
) -> Estimated:
    """Return a number that is computed of `operands`; `gradient` holds its derivatives by them.

    It has an interval where each operand that it depends on has influences.
    """
    counts = {
        "n": sum(operand.estimate.n for operand in operands),
        "n_missing": sum(operand.estimate.n_missing for operand in operands),
        "n_clusters": max((operand.estimate.n_clusters for operand in operands), default=0),
    }
    slopes = list(zip(gradient, (one.influence for one in operands), strict=True))
    known = [(slope, influence) for slope, influence in slopes if influence is not None]
    unknown = any(slope and influence is None for slope, influence in slopes)
    if unknown or not known or not all(math.isfinite(slope) for slope in gradient):
        return Estimated(Estimate(value=value, **counts))
    influence = _summed(known)
    made = _estimated(value, influence, counts["n"], bounds, is_proportion=False)
    estimate = msgspec.structs.replace(made.estimate, n_missing=counts["n_missing"])
    return Estimated(estimate, influence)


def cluster_places(frame: pd.DataFrame) -> tuple[Places, Hashes]:
    """Return the cluster of each row, counted in order of appearance, and their hashes."""
    return numbered(frame["cluster"].to_numpy())


def _influence(frame: pd.DataFrame, shares: Floats) -> Influence:
    places, clusters = cluster_places(frame)
    return Influence(clusters, weighted_counts(places, shares))


def _summed(parts: Sequence[tuple[float, Influence]]) -> Influence:
    """Return the sum of slope times influence, cluster by cluster."""
    places, clusters = numbered(np.concatenate([part.clusters for _, part in parts]))
    shares = np.concatenate([slope * part.shares for slope, part in parts])
    return Influence(clusters, weighted_counts(places, shares))


def _estimated(
    value: float, influence: Influence, n: int, bounds: Bounds, *, is_proportion: bool
) -> Estimated:
    interval = interval_around(
        value, (influence.shares**2).tolist(), n=n, bounds=bounds, is_proportion=is_proportion
    )
    estimate = Estimate(
        value=value,
        stderr=interval.standard_error,
        low=interval.low,
        high=interval.high,
        n=n,
        n_clusters=interval.n_clusters,
    )
    return Estimated(estimate, influence)
