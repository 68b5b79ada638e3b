"""Shares of counted things, with their intervals."""

from __future__ import annotations

from typing import Any

import msgspec

from ...core.errors import MissingExtraError


class Proportion(msgspec.Struct, frozen=True, kw_only=True):
    """A share with its 95% interval: `successes` of `n`."""

    value: float
    low: float
    high: float
    successes: int
    n: int


def proportion(successes: int, n: int) -> Proportion | None:
    """Return the share `successes / n` with Wilson's interval; None of nothing (`n` = 0).

    The score interval of Wilson 1927, which Brown, Cai and DasGupta 2001 ("Interval estimation for
    a binomial proportion") recommend for small n: 0 or all of n leave an interval of some width.
    It supposes that the n are independent: for values in clusters see `intervals.mean_interval`.
    Raises ValueError unless 0 <= successes <= n, MissingExtraError.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no share")
    if n == 0:
        return None
    try:
        from statsmodels.stats.proportion import proportion_confint
    except ImportError:
        raise MissingExtraError("the interval of a share", "stats") from None
    ends: Any = proportion_confint(successes, n, alpha=0.05, method="wilson")
    value = successes / n
    # Rounding may leave an end a hair on the wrong side of none or all.
    return Proportion(
        value=value,
        low=min(value, max(0.0, float(ends[0]))),
        high=max(value, min(1.0, float(ends[1]))),
        successes=successes,
        n=n,
    )
