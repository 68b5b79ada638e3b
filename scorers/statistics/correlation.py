"""How two measurements of the same things go together. Needs the extra `stats`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from scipy import stats
from scipy.special import ndtri

from .bootstrap import Floats, finite

Coefficient = Literal["pearson", "spearman", "kendall"]

# From so many pairs on there is an interval.
_FEWEST: dict[Coefficient, int] = {"pearson": 4, "spearman": 4, "kendall": 5}
# Values whose range is smaller, by the largest of them, differ by rounding alone.
_ROUNDING = 1e-13


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """A coefficient in [-1, 1] of `n` pairs, with its 95% interval and the p-value of none.

    `low` and `high` are None for too few pairs to tell.
    """

    coefficient: Coefficient
    value: float
    low: float | None
    high: float | None
    p: float
    n: int


def pearson(
    first: Sequence[float] | Floats, second: Sequence[float] | Floats
) -> Correlation | None:
    """Return Pearson's r; of values that are 0 or 1 it is the phi coefficient.

    The interval is Fisher's (1921): atanh(r) +- z / sqrt(n - 3), from 4 pairs on; for |r| = 1 it
    has no width. None where there are fewer than 2 pairs, or one side is constant. Ties need
    nothing. Raises ValueError for values that are not finite, and for sides of different lengths.
    """
    pairs = _pairs(first, second)
    if pairs is None:
        return None
    found: Any = stats.pearsonr(*pairs)
    return _correlation("pearson", found, len(pairs[0]), lambda _, n: 1 / (n - 3))


def spearman(
    first: Sequence[float] | Floats, second: Sequence[float] | Floats
) -> Correlation | None:
    """Return Spearman's rho: Pearson's r of the ranks, equal values sharing their mean rank.

    The interval is that of Bonett and Wright 2000 ("Sample size requirements for estimating
    Pearson, Kendall and Spearman correlations"): atanh(rho) +- z sqrt((1 + rho^2 / 2) / (n - 3)),
    from 4 pairs on; it is meant for |rho| < 0.95 and few ties. Otherwise as `pearson`.
    """
    pairs = _pairs(first, second)
    if pairs is None:
        return None
    found: Any = stats.spearmanr(*pairs)
    return _correlation("spearman", found, len(pairs[0]), lambda r, n: (1 + r * r / 2) / (n - 3))


def kendall(
    first: Sequence[float] | Floats, second: Sequence[float] | Floats
) -> Correlation | None:
    """Return Kendall's tau-b, which corrects for ties (Kendall 1945).

    The interval is atanh(tau) +- z sqrt(0.437 / (n - 4)), from 5 pairs on (Fieller, Hartley and
    Pearson 1957; Bonett and Wright 2000); it is meant for |tau| < 0.8 and few ties. Otherwise as
    `pearson`.
    """
    pairs = _pairs(first, second)
    if pairs is None:
        return None
    found: Any = stats.kendalltau(*pairs)
    return _correlation("kendall", found, len(pairs[0]), lambda _, n: 0.437 / (n - 4))


def _pairs(
    first: Sequence[float] | Floats, second: Sequence[float] | Floats
) -> tuple[Floats, Floats] | None:
    """Return both sides as arrays, or None when they have no correlation."""
    x, y = finite(first), finite(second)
    if len(x) != len(y):
        raise ValueError(f"{len(x)} values have no pairs among {len(y)}")
    if len(x) < 2 or _is_constant(x) or _is_constant(y):
        return None
    return x, y


def _is_constant(values: Floats) -> bool:
    return bool(np.ptp(values) <= _ROUNDING * np.abs(values).max())


def _correlation(
    coefficient: Coefficient, found: Any, n: int, variance: Callable[[float, int], float]
) -> Correlation:
    """Return what SciPy found with its interval; `variance` is that of atanh(value)."""
    value = min(1.0, max(-1.0, float(found.statistic)))
    low = high = None
    if n >= _FEWEST[coefficient]:
        low = high = value
        if abs(value) < 1:
            half = float(ndtri(0.975)) * math.sqrt(variance(value, n))
            low, high = math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half)
    return Correlation(
        coefficient=coefficient, value=value, low=low, high=high, p=float(found.pvalue), n=n
    )
