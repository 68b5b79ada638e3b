"""Types of arrays, and sums by place."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Hashes = npt.NDArray[np.int64]


def numbered(values: npt.NDArray[Any]) -> tuple[Places, npt.NDArray[Any]]:
    """Return a number for each value, in order of appearance from 0, and each value once."""
    found: Any = pd.factorize(values)
    return found[0], np.asarray(found[1])


def weighted_counts(places: Places, weights: Floats) -> Floats:
    """Return the sum of the weights at each place."""
    sums: Floats = np.bincount(places, weights=weights).astype(np.float64, copy=False)
    return sums
