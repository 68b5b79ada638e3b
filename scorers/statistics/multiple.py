"""Several tests at once: p-values corrected for how many there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, cast

import msgspec

from ...core.errors import MissingExtraError

Correction = Literal["holm", "benjamini_hochberg", "bonferroni"]

_STATSMODELS_NAMES: dict[Correction, str] = {
    "holm": "holm",
    "benjamini_hochberg": "fdr_bh",
    "bonferroni": "bonferroni",
}


class AdjustedPValues(msgspec.Struct, frozen=True, kw_only=True):
    """p-values as they were and as corrected, in the same order; `n` is how many tests counted."""

    correction: Correction
    p: tuple[float, ...]
    adjusted: tuple[float, ...]
    n: int


def adjusted(p_values: Sequence[float], correction: Correction = "holm") -> AdjustedPValues:
    """Return `p_values` corrected for there being several.

    `holm` (Holm 1979) and `bonferroni` bound the chance of any false discovery, and Holm is never
    the weaker one; `benjamini_hochberg` (1995) bounds the expected share of false ones among all
    discoveries. Equal p-values stay equal. NaN, of a test that could not be made, stays NaN and
    does not count as a test; a lone p-value stays as it is, and none give none. Raises ValueError
    for what is no probability, MissingExtraError.
    """
    known = [p for p in p_values if not math.isnan(p)]
    if any(not 0 <= p <= 1 for p in known):
        raise ValueError("a p-value lies between 0 and 1")
    corrected = iter(_corrected(known, correction) if known else ())
    return AdjustedPValues(
        correction=correction,
        p=tuple(p_values),
        adjusted=tuple(p if math.isnan(p) else next(corrected) for p in p_values),
        n=len(known),
    )


def _corrected(p_values: Sequence[float], correction: Correction) -> list[float]:
    try:
        from statsmodels.stats.multitest import multipletests
    except ImportError:
        raise MissingExtraError("correcting p-values", "stats") from None
    _, corrected, *_ = cast(Any, multipletests(p_values, method=_STATSMODELS_NAMES[correction]))
    return [float(p) for p in corrected]
