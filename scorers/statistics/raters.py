"""Agreement of raters: beyond chance, on scales of every kind, with ratings missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from ...core.errors import DataError, MissingExtraError

Rating = str | int | float | None
Level = Literal["nominal", "ordinal", "interval", "ratio"]


class RaterAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement: 1 is perfect, 0 what chance would give (or no match, for percent agreement).

    `value` is None where it is not defined: without ratings to compare, and, for measures that
    correct for chance, where all ratings are the same, since chance then agrees as well. `n` counts
    the units it is of, `n_missing` those left out for want of ratings.
    """

    value: float | None
    n: int
    n_missing: int


def percent_agreement(first: Sequence[Rating], second: Sequence[Rating]) -> RaterAgreement:
    """Return the share of units that two raters rate the same.

    A rating of None or NaN is missing, and its unit left out. Raises DataError when the raters have
    not rated the same number of units.
    """
    pairs = _rated_by_both(first, second)
    share = sum(a == b for a, b in pairs) / len(pairs) if pairs else None
    return RaterAgreement(value=share, n=len(pairs), n_missing=len(first) - len(pairs))


def cohen_kappa(
    first: Sequence[Rating],
    second: Sequence[Rating],
    *,
    weights: Literal["linear", "quadratic"] | None = None,
    scale: Sequence[Rating] | None = None,
) -> RaterAgreement:
    """Return kappa = (p_o - p_e) / (1 - p_e) of two raters (Cohen 1960; weighted: Cohen 1968).

    Weights make a disagreement count by the number of steps between the categories, or its square.
    The steps are those of `scale`; without one, of the categories in use, in ascending order.
    Missing ratings are as in `percent_agreement`. Raises DataError for a rating that is not on the
    `scale`, MissingExtraError.
    """
    try:
        from sklearn.metrics import cohen_kappa_score
    except ImportError:
        raise MissingExtraError("Cohen's kappa", "stats") from None
    pairs = _rated_by_both(first, second)
    seen = {rating for pair in pairs for rating in pair}
    steps = _steps(seen, scale)
    value = None
    if len(seen) > 1:
        a, b = ([steps[pair[side]] for pair in pairs] for side in (0, 1))
        value = float(cohen_kappa_score(a, b, weights=weights, labels=[*range(len(steps))]))
    return RaterAgreement(value=value, n=len(pairs), n_missing=len(first) - len(pairs))


def krippendorff_alpha(ratings: Sequence[Sequence[Rating]], level: Level) -> RaterAgreement:
    """Return alpha = 1 - D_o / D_e of any number of raters (Krippendorff 2011, section E).

    `ratings` has a row a rater with one rating a unit, None or NaN where there is none. Units that
    fewer than two have rated say nothing, and are left out. Numbers are needed on any scale but a
    nominal one. Raises DataError for rows of several lengths, or text on a scale of numbers;
    MissingExtraError.
    """
    try:
        import krippendorff
        import numpy as np
    except ImportError:
        raise MissingExtraError("Krippendorff's alpha", "stats") from None
    units = _units(ratings)
    known = [[rating for rating in unit if not _is_missing(rating)] for unit in units]
    usable = [unit for unit, rated in zip(units, known, strict=True) if len(rated) > 1]
    numbers = _numbers(usable, level)
    value = None
    if len({number for unit in numbers for number in unit if not math.isnan(number)}) > 1:
        matrix = np.array(numbers, dtype=float).T
        value = float(krippendorff.alpha(reliability_data=matrix, level_of_measurement=level))
    return RaterAgreement(value=value, n=len(usable), n_missing=len(units) - len(usable))


def fleiss_kappa(ratings: Sequence[Sequence[Rating]]) -> RaterAgreement:
    """Return the kappa of three or more raters on a nominal scale (Fleiss 1971).

    `ratings` is as in `krippendorff_alpha`. Fleiss' kappa needs as many ratings of each unit: units
    with a missing one are left out. Raises DataError for rows of several lengths,
    MissingExtraError.
    """
    try:
        from statsmodels.stats import inter_rater
    except ImportError:
        raise MissingExtraError("Fleiss' kappa", "stats") from None
    units = _units(ratings)
    whole = [unit for unit in units if not any(map(_is_missing, unit))]
    codes = _codes({rating for unit in whole for rating in unit})
    value = None
    if len(codes) > 1 and len(ratings) > 1:
        table, _ = inter_rater.aggregate_raters([[codes[r] for r in unit] for unit in whole])
        value = float(inter_rater.fleiss_kappa(table))
    return RaterAgreement(value=value, n=len(whole), n_missing=len(units) - len(whole))


def _is_missing(rating: Rating) -> bool:
    return rating is None or (isinstance(rating, float) and math.isnan(rating))


def _rated_by_both(
    first: Sequence[Rating], second: Sequence[Rating]
) -> list[tuple[Rating, Rating]]:
    if len(first) != len(second):
        raise DataError(f"one rater has rated {len(first)} units, the other {len(second)}")
    pairs = zip(first, second, strict=True)
    return [pair for pair in pairs if not any(map(_is_missing, pair))]


def _steps(seen: set[Rating], scale: Sequence[Rating] | None) -> dict[Rating, int]:
    """Return the position of each category. Raises DataError for one that is not on the scale."""
    if scale is None:
        return _codes(seen)
    steps = {category: step for step, category in enumerate(scale)}
    strange = sorted(str(rating) for rating in seen - steps.keys())
    if strange:
        raise DataError(f"not on the scale {list(scale)}: {', '.join(strange)}")
    return steps


def _codes(seen: set[Rating]) -> dict[Rating, int]:
    """Return the place of each category in ascending order: numbers by value, before text."""
    order = sorted(seen, key=lambda r: (isinstance(r, str), 0 if isinstance(r, str) else r, str(r)))
    return {category: code for code, category in enumerate(order)}


def _units(ratings: Sequence[Sequence[Rating]]) -> list[tuple[Rating, ...]]:
    lengths = {len(row) for row in ratings}
    if len(lengths) > 1:
        raise DataError(f"raters have rated different numbers of units: {sorted(lengths)}")
    return [*zip(*ratings, strict=True)]


def _numbers(units: Sequence[Sequence[Rating]], level: Level) -> list[list[float]]:
    """Return ratings as numbers, NaN where missing; categories of a nominal scale get codes."""
    known = {rating for unit in units for rating in unit if not _is_missing(rating)}
    text = sorted(rating for rating in known if isinstance(rating, str))
    if text and level != "nominal":
        raise DataError(f"{level} ratings should be numbers, found {text[0]!r}")
    codes: dict[Rating, Any] = _codes(known) if level == "nominal" else {r: r for r in known}
    return [[math.nan if _is_missing(r) else float(codes[r]) for r in unit] for unit in units]
