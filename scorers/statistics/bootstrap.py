"""Bootstrap intervals that resample whole clusters. Needs the extra `stats`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import DegenerateDataWarning, bootstrap

Method = Literal["bca", "percentile"]
Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

_ENDS = (0.025, 0.975)
_NUMBERS_AT_A_TIME = 1 << 22


class BootstrapInterval(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate with its bootstrap standard error and 95% interval.

    They are None for a single cluster, which says nothing of how clusters differ, and where the
    estimate cannot be made of some draw. `method` is `percentile` too where BCa is undefined.
    """

    estimate: float
    standard_error: float | None
    low: float | None
    high: float | None
    method: Method
    replicates: int
    n: int
    n_clusters: int


def bootstrap_mean(
    values: Sequence[float] | Floats,
    clusters: Sequence[Hashable] | Positions,
    *,
    weights: Sequence[float] | Floats | None = None,
    method: Method = "bca",
    replicates: int = 2000,
    seed: int = 0,
) -> BootstrapInterval | None:
    """Return the (weighted) mean of `values` with its interval; None when there are no values.

    Clusters are drawn with replacement, as many as there are, each with all of its values (Davison
    and Hinkley 1997, section 3.8; the pairs cluster bootstrap of Cameron and Miller 2015, section
    VI). Only sums over clusters are drawn, so that time and memory go with the number of clusters.
    `bca` corrects for bias and skew (Efron 1987): the acceleration is that of the mean with one
    cluster left out. Where all values are equal the interval has no width.

    Raises ValueError for values that are not finite, weights that are not positive, and values,
    clusters and weights of different lengths.
    """
    x = finite(values)
    w = np.ones_like(x) if weights is None else finite(weights)
    numbers = cluster_numbers(clusters)
    if not len(x) == len(w) == len(numbers):
        raise ValueError("values, clusters and weights should be of one length")
    if (w <= 0).any():
        raise ValueError("weights should be positive")
    if not len(x):
        return None
    totals, sizes = sums_of(numbers, w * x), sums_of(numbers, w)
    estimate = float(_ratio(totals, sizes))
    if len(sizes) == 1:
        return _interval(estimate, np.empty(0), None, n=len(x), n_clusters=1)
    drawn = _drawn_means(totals, sizes, replicates, seed)
    ends = None
    if method == "bca":
        ends = _bca_ends(estimate, drawn, (totals.sum() - totals) / (sizes.sum() - sizes))
    return _interval(estimate, drawn, ends, n=len(x), n_clusters=len(sizes))


def bootstrap_statistic(
    statistic: Callable[[Positions], float],
    clusters: Sequence[Hashable] | Positions,
    *,
    method: Method = "bca",
    replicates: int = 2000,
    seed: int = 0,
) -> BootstrapInterval | None:
    """Return any statistic with its interval, as `bootstrap_mean` does; None without values.

    `statistic` is given the positions of the values drawn, and is called once a replicate, and for
    `bca` once a cluster more. Where no draw changes it the interval has no width; where it is NaN
    for some draw there is no interval. By `scipy.stats.bootstrap`.
    """
    numbers = cluster_numbers(clusters)
    if not len(numbers):
        return None
    members = np.split(np.argsort(numbers, kind="stable"), np.cumsum(np.bincount(numbers))[:-1])
    estimate = float(statistic(np.arange(len(numbers))))
    if len(members) == 1:
        return _interval(estimate, np.empty(0), None, n=len(numbers), n_clusters=1)

    def of_clusters(chosen: Positions) -> float:
        return statistic(np.concatenate([members[one] for one in chosen]))

    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", DegenerateDataWarning)
        result: Any = bootstrap(
            (np.arange(len(members)),),
            of_clusters,
            vectorized=False,
            n_resamples=replicates,
            method="BCa" if method == "bca" else "percentile",
            rng=seed,
        )
    ends = np.asarray(result.confidence_interval) if method == "bca" else None
    drawn = np.asarray(result.bootstrap_distribution)
    return _interval(estimate, drawn, ends, n=len(numbers), n_clusters=len(members))


def finite(values: Sequence[float] | Floats) -> Floats:
    """Return `values` as an array. Raises ValueError when one is NaN or infinite."""
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"value {int(np.argmin(np.isfinite(array)))} is not finite: leave it out")
    return array


def cluster_numbers(clusters: Iterable[Hashable]) -> Positions:
    """Return a number for each value's cluster, counted from 0 in order of appearance."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(one, len(numbers)) for one in clusters], dtype=np.intp)


def sums_of(numbers: Positions, values: Floats) -> Floats:
    """Return the sum of the values of each cluster."""
    return np.bincount(numbers, values).astype(np.float64)


def _ratio(totals: Floats, sizes: Floats, axis: int = -1) -> Floats:
    return totals.sum(axis=axis) / sizes.sum(axis=axis)


def _drawn_means(totals: Floats, sizes: Floats, replicates: int, seed: int) -> Floats:
    """Return the mean of each draw of clusters. Few enough draws at a time to stay small."""
    result: Any = bootstrap(
        (totals, sizes),
        _ratio,
        paired=True,
        vectorized=True,
        n_resamples=replicates,
        batch=max(1, _NUMBERS_AT_A_TIME // len(sizes)),
        method="percentile",
        rng=seed,
    )
    return np.asarray(result.bootstrap_distribution)


def _bca_ends(estimate: float, drawn: Floats, left_out: Floats) -> Floats:
    """Return the ends of the BCa interval (Efron and Tibshirani 1993, equations 14.9 to 14.15).

    `left_out` are the estimates without one cluster. SciPy computes the same, but each of them
    anew, which takes time that is quadratic in the number of clusters. NaN where undefined: all
    draws on one side of the estimate, or nothing that scatters.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        bias = ndtri((np.mean(drawn < estimate) + np.mean(drawn <= estimate)) / 2)
        influence = left_out.mean() - left_out
        acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
        shifted = bias + ndtri(_ENDS)
        levels = ndtr(bias + shifted / (1 - acceleration * shifted))
    return np.full(2, np.nan) if np.isnan(levels).any() else np.quantile(drawn, levels)


def _interval(
    estimate: float, drawn: Floats, ends: Floats | None, *, n: int, n_clusters: int
) -> BootstrapInterval:
    """Return the interval between `ends`, or by percentiles where there are none."""
    bca = None if ends is None or np.isnan(ends).any() else ends
    error = low = high = None
    if len(drawn) and not np.isnan(drawn).any():
        error = float(drawn.std(ddof=1))
        low, high = map(float, np.quantile(drawn, _ENDS) if bca is None else bca)
    return BootstrapInterval(
        estimate=estimate,
        standard_error=error,
        low=low,
        high=high,
        method="percentile" if bca is None else "bca",
        replicates=len(drawn),
        n=n,
        n_clusters=n_clusters,
    )
