"""Two measurements of the same things: do they differ? Needs the extra `stats`."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from scipy.stats import t as student_t
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from .bootstrap import (
    BootstrapInterval,
    Floats,
    Positions,
    bootstrap_mean,
    cluster_numbers,
    finite,
    sums_of,
)
from .correlation import Correlation, pearson
from .intervals import Interval, interval_around
from .power import Power, power_of

TestName = Literal["McNemar, exact", "McNemar, chi-squared", "clustered t", "sign"]

# With fewer discordant pairs than these, chi-squared is too coarse for McNemar's statistic.
_FEW_DISCORDANT = 25
# What is smaller, by the values it is of, comes of rounding.
_ROUNDING = 1e-12


class PairTest(msgspec.Struct, frozen=True):
    """The two-sided p-value of there being no difference, and the test it is of."""

    name: TestName
    p: float


class PairedDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs on the same samples: what each comes to, and the second minus the first.

    `interval` is of the difference, with the clustered standard error; `bootstrap` resamples the
    same clusters. `wins`, `losses` and `ties` count the pairs by the second's side. `effect_size`
    is Cohen's d_z, None without scatter; `odds_ratio` is wins by losses of binary pairs, None
    without losses. `test` is None where a single cluster leaves nothing to test.
    """

    first: float
    second: float
    interval: Interval
    bootstrap: BootstrapInterval
    test: PairTest | None
    wins: int
    losses: int
    ties: int
    effect_size: float | None
    odds_ratio: float | None
    correlation: Correlation | None
    power: Power

    @property
    def difference(self) -> float:
        """The second minus the first."""
        return self.interval.mean


def paired_difference(
    first: Sequence[float] | Floats,
    second: Sequence[float] | Floats,
    clusters: Sequence[Hashable] | Positions,
    *,
    weights: Sequence[float] | Floats | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
    seed: int = 0,
) -> PairedDifference | None:
    """Return how `second` differs from `first`, pair by pair; None when there are no pairs.

    `clusters` names for each pair what it depends on: its sample, or group of samples. A pair
    counts by its weight, else as much as any other. `bounds` is the range of the metric.

    Mean difference, clustered standard error and interval are those of Miller 2024 (arXiv
    2411.00640), sections 2.2 and 4.2, with the corrections for few clusters of
    `intervals.weighted_interval`: u_c = sum of w (d - mean) / sum of all w. d_z is the mean
    difference by the standard deviation of differences (Cohen 1988, section 2.3.5). See `_test`.

    One cluster has a difference, but neither error nor test. Differences that are all equal have an
    interval of no width, unless all are as large as can be. Swapping the sides turns every sign.
    Raises ValueError for values that are not finite or out of bounds, and for different lengths.
    """
    x, y = _within(bounds, first), _within(bounds, second)
    numbers = cluster_numbers(clusters)
    w = np.ones_like(x) if weights is None else finite(weights)
    if not len(x) == len(y) == len(numbers) == len(w):
        raise ValueError("first, second, clusters and weights should be of one length")
    bootstrap = bootstrap_mean(y - x, numbers, weights=w, seed=seed)
    if bootstrap is None:
        return None
    w = w / w.max()  # equal weights become 1, and their sums exact
    interval = _interval(y - x, numbers, w, bounds)
    wins, losses = int((y > x).sum()), int((y < x).sum())
    is_binary = bool(np.isin(np.concatenate([x, y]), bounds).all())
    return PairedDifference(
        first=float(np.average(x, weights=w)),
        second=float(np.average(y, weights=w)),
        interval=interval,
        bootstrap=bootstrap,
        test=_test(interval, wins, losses, is_count=is_binary and _are_alike(interval, w)),
        wins=wins,
        losses=losses,
        ties=len(x) - wins - losses,
        effect_size=_effect_size(y - x, w),
        odds_ratio=wins / losses if is_binary and losses else None,
        correlation=pearson(x, y),
        power=power_of(interval.mean, interval.standard_error, interval.n_clusters),
    )


def mcnemar(wins: int, losses: int) -> PairTest:
    """Return McNemar's test (1947) of binary pairs, by those that only one side has right.

    Exact (binomial) with fewer than 25 such pairs, which without any gives 1; from there on chi-
    squared without continuity correction, of which Fagerland, Lydersen and Laake 2013 ("The McNemar
    test for binary matched-pairs data") find that it keeps its level. Pairs should be independent.
    """
    exact = wins + losses < _FEW_DISCORDANT
    found: Any = statsmodels_mcnemar([[0, wins], [losses, 0]], exact=exact, correction=False)
    return PairTest("McNemar, exact" if exact else "McNemar, chi-squared", float(found.pvalue))


def _within(bounds: tuple[float, float], values: Sequence[float] | Floats) -> Floats:
    array = finite(values)
    if len(array) and not bounds[0] <= array.min() <= array.max() <= bounds[1]:
        raise ValueError(f"values should lie between {bounds[0]} and {bounds[1]}")
    return array


def _interval(
    differences: Floats, numbers: Positions, w: Floats, bounds: tuple[float, float]
) -> Interval:
    mean = float(np.average(differences, weights=w))
    if abs(mean) <= _ROUNDING * np.abs(differences).max():
        mean = 0.0
    influences = sums_of(numbers, w * (differences - mean)) / w.sum()
    widest = bounds[1] - bounds[0]
    return interval_around(
        mean,
        [float(square) for square in influences**2],
        n=len(differences),
        bounds=(-widest, widest),
        is_proportion=bool(np.isin(differences, (-widest, widest)).all()),
    )


def _are_alike(interval: Interval, w: Floats) -> bool:
    """Whether pairs are independent and count the same."""
    return interval.n == interval.n_clusters and bool((w == w[0]).all())


def _test(interval: Interval, wins: int, losses: int, *, is_count: bool) -> PairTest | None:
    """Return the test that fits: McNemar's where independent binary pairs are simply counted.

    Otherwise difference / standard error is compared with Student's t of G - 1 degrees of freedom
    (Cameron and Miller 2015, section VI). If all clusters differ by the same amount there is no
    scatter to go by: a sign test counts them, 2 / 2^G.
    """
    if is_count:
        return mcnemar(wins, losses)
    difference, error = interval.mean, interval.standard_error
    if error is None:
        return None
    if error > _ROUNDING * abs(difference):
        p = 2 * float(student_t.sf(abs(difference) / error, interval.n_clusters - 1))
        return PairTest("clustered t", p)
    if difference:
        return PairTest("sign", min(1.0, math.ldexp(2.0, -interval.n_clusters)))
    return PairTest("clustered t", 1.0)


def _effect_size(differences: Floats, w: Floats) -> float | None:
    """Return Cohen's d_z; None for a single pair, and without scatter."""
    n, mean = len(differences), float(np.average(differences, weights=w))
    if n < 2:
        return None
    spread = float(np.average((differences - mean) ** 2, weights=w)) * n / (n - 1)
    return mean / math.sqrt(spread) if math.sqrt(spread) > _ROUNDING * abs(mean) else None
