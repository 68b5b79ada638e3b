"""The best and the second of a column, as papers mark them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from .table import Rank


def ranks(
    values: Sequence[float | None], better: Literal["higher", "lower"] | None
) -> tuple[Rank | None, ...]:
    """Return the rank of each of `values`, which are rounded as the table prints them.

    Equal values share their rank, and a rank is of how many are better: two that tie for the best
    leave no second. Missing values have none. Nothing is ranked where no end is wanted or all
    values are equal, and nothing is second of two.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if better is None or len(set(known)) < 2:
        return (None,) * len(values)
    known.sort(reverse=better == "higher")
    marked: dict[float, Rank] = {known[0]: "best"}
    if len(known) > 2 and known[1] != known[0]:
        marked[known[1]] = "second"
    return tuple(None if value is None else marked.get(value) for value in values)
