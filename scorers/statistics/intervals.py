"""Means with error bars that know which values belong together."""

from __future__ import annotations

import math
from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Literal

import msgspec

Weighting = Literal["turns", "pairs"]
Observation = tuple[Hashable, Hashable, float]

# 0.975 quantiles of Student's t for 1 to 4 degrees of freedom, where the expansion below is coarse.
_T_QUANTILES = (12.706205, 4.302653, 3.182446, 2.776445)
_Z = 1.959964
_CLUSTERS_AT_A_TIME = 1 << 13
_MOST_PARTS = 8


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A mean with its standard error and 95% interval.

    The standard error is None for a single cluster, which says nothing of how clusters differ;
    `low` and `high` are then None too, unless the values are proportions.
    """

    mean: float
    standard_error: float | None
    low: float | None
    high: float | None
    n: int
    n_clusters: int


def mean_interval(
    values: Iterable[float],
    clusters: Iterable[Hashable],
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Interval | None:
    """Return the mean of `values` with its interval; None when there are no values.

    `clusters` names for each value the cluster it belongs to: values of one cluster (turns on one
    context, epochs of one sample) may depend on each other. `bounds` is the range of the metric; a
    paired difference of a metric in [0, 1] has (-1, 1). See `weighted_interval`.
    """
    return weighted_interval(
        [(cluster, None, value) for cluster, value in zip(clusters, values, strict=True)],
        weighting="pairs",
        bounds=bounds,
    )


def weighted_interval(
    observations: Iterable[Observation],
    *,
    weighting: Weighting,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Interval | None:
    """Return the mean of (cluster, cell, value) observations; None when there are none.

    `observations` are read several times; what can be read only once is held in memory.

    With `turns` it is the mean of the means m_t of the T cells; with `pairs` the plain mean, as if
    all were one cell. A cluster may have values in several cells. Its influence on the mean is
    u_c = sum over its values x in cell t of (x - m_t) / (T n_t), and the cluster-robust variance is
    G / (G - 1) * sum of u_c^2 over the G clusters (CR1 of Cameron and Miller 2015, "A
    practitioner's guide to cluster-robust inference", section II; without the factor it is the
    clustered standard error of Miller 2024, arXiv 2411.00640, section 2.2).

    The interval is mean +- t(G - 1) * standard error, cut to `bounds`. Where every value is one of
    the two bounds it is a proportion, and gets Wilson's interval (`_wilson`).
    """
    if isinstance(observations, Iterator):
        observations = list(observations)
    cells = _cells(observations, weighting)
    if not cells:
        return None
    squares = array("d", _squared_influences(observations, weighting, cells))
    values_seen = set[float]().union(*(cell.values for cell in cells.values()))
    return interval_around(
        math.fsum(cell.mean for cell in cells.values()) / len(cells),
        squares,
        n=sum(cell.count for cell in cells.values()),
        bounds=bounds,
        is_proportion=values_seen <= set(bounds),
    )


def interval_around(
    mean: float,
    squared_influences: Sequence[float],
    *,
    n: int,
    bounds: tuple[float, float],
    is_proportion: bool,
) -> Interval:
    """Return the interval of a mean of `n` values from u_c^2 of each cluster.

    The mean may be any estimate that is linear in its values. See `weighted_interval`.
    """
    n_clusters = len(squared_influences)
    variance = _variance(squared_influences)
    error = None if variance is None else math.sqrt(variance)
    if is_proportion:
        low, high = _wilson_on(bounds, mean, variance, n, n_clusters)
    elif error is None:
        low = high = None
    else:
        half = t_quantile(n_clusters - 1) * error
        low, high = max(bounds[0], mean - half), min(bounds[1], mean + half)
    return Interval(mean=mean, standard_error=error, low=low, high=high, n=n, n_clusters=n_clusters)


def t_quantile(degrees: int) -> float:
    """Return the 0.975 quantile of Student's t, to 1.1e-4 of its value at worst.

    From 5 degrees of freedom on it is the expansion of Abramowitz and Stegun 1964, 26.7.5.
    """
    if degrees <= len(_T_QUANTILES):
        return _T_QUANTILES[degrees - 1]
    z, v = _Z, degrees
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / v**power for power, term in enumerate(terms, start=1))


class _Cell:
    """Sum and count of the values of a cell; `values` holds up to three different ones."""

    def __init__(self) -> None:
        self.total = 0.0
        self.count = 0
        self.values: set[float] = set()

    @property
    def mean(self) -> float:
        return self.total / self.count

    def add(self, value: float) -> None:
        self.total += value
        self.count += 1
        if len(self.values) < 3:
            self.values.add(value)


def _cells(observations: Iterable[Observation], weighting: Weighting) -> dict[Hashable, _Cell]:
    cells: dict[Hashable, _Cell] = {}
    for _, cell, value in observations:
        cells.setdefault(None if weighting == "pairs" else cell, _Cell()).add(value)
    return cells


def _squared_influences(
    observations: Iterable[Observation], weighting: Weighting, cells: dict[Hashable, _Cell]
) -> Iterator[float]:
    """Yield u_c^2 of each cluster; clusters are summed up some at a time, to hold few of them."""
    n = sum(cell.count for cell in cells.values())
    parts = min(_MOST_PARTS, 1 + n // _CLUSTERS_AT_A_TIME)
    for part in range(parts):
        influences: dict[Hashable, float] = {}
        for cluster, name, value in observations:
            if hash(cluster) % parts == part:
                cell = cells[None if weighting == "pairs" else name]
                share = (value - cell.mean) / (len(cells) * cell.count)
                influences[cluster] = influences.get(cluster, 0.0) + share
        yield from (influence**2 for influence in influences.values())


def _variance(squared_influences: Sequence[float]) -> float | None:
    """Return the cluster-robust variance of the mean of cell means; None for one cluster."""
    clusters = len(squared_influences)
    if clusters < 2:
        return None
    return clusters / (clusters - 1) * math.fsum(squared_influences)


def _wilson_on(
    bounds: tuple[float, float], mean: float, variance: float | None, n: int, n_clusters: int
) -> tuple[float, float]:
    """Return Wilson's interval of a proportion counted in units of the width of `bounds`."""
    width = bounds[1] - bounds[0]
    share = (mean - bounds[0]) / width
    scaled = None if variance is None else variance / width**2
    low, high = _wilson(share, _effective_size(share, scaled, n, n_clusters))
    return bounds[0] + width * low, bounds[0] + width * high


def _effective_size(share: float, variance: float | None, n: int, n_clusters: int) -> float:
    """Return how many independent values would be as precise as these `n`.

    n independent values have the variance estimate p (1 - p) / (n - 1); solved for n, with the
    cluster-robust variance. Few clusters tell little of that variance: the size shrinks by
    (t(n - 1) / t(G - 1))^2 (Korn and Graubard 1998). When all values are equal there is nothing to
    estimate it from, and the clusters are counted.
    """
    if variance is None or share in (0.0, 1.0):
        return n_clusters
    size = min(n, share * (1 - share) / variance + 1) if variance > 0 else n
    return size * (t_quantile(n - 1) / t_quantile(n_clusters - 1)) ** 2


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Return the 95% score interval of a proportion (Wilson 1927)."""
    centre = share + _Z**2 / (2 * n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
