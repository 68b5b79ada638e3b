"""Histograms of positive quantities with logarithmic bins, whatever their range, in little memory.

Bins are those of DDSketch (Masson, Rim and Lee 2019, "DDSketch: A fast and fully-mergeable quantile
sketch with relative-error guarantees", section 2.1): bin i holds (g^(i - 1), g^i]. Here g is the
120th root of 10, and what is told of a bin is within (g - 1) / (g + 1) < 1% of everything in it.
"""

from __future__ import annotations

import math
from collections import Counter

import msgspec

# Bins in a power of ten, and how many of them make a bar.
_BINS = 120
_BINS_IN_BAR = 6
_BARS = _BINS // _BINS_IN_BAR
_GAMMA = 10 ** (1 / _BINS)
# What is shorter counts as this: no clock that times replies tells less.
_LEAST = 1e-6


class Bar(msgspec.Struct, frozen=True):
    """How many values lie in (low, high]."""

    low: float
    high: float
    n: int


class LogHistogram:
    """Counts of positive values; what is kept grows with the logarithm of their range."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.n = 0

    def add(self, value: float) -> None:
        """Count a value; one that is not above 0 counts as a millionth."""
        self._counts[math.ceil(math.log10(max(value, _LEAST)) * _BINS)] += 1
        self.n += 1

    def quantile(self, share: float) -> float:
        """Return the value that this share of values does not exceed, within 1% of it.

        It is the one of rank floor(1 + share * (n - 1)), counted from 1 (algorithm 2 of the paper).
        Raises ValueError when there are no values.
        """
        rank = math.floor(1 + share * (self.n - 1))
        seen = 0
        for position, count in sorted(self._counts.items()):
            seen += count
            if seen >= rank:
                return 2 * _GAMMA**position / (_GAMMA + 1)
        raise ValueError("no values")

    def bars(self) -> list[Bar]:
        """Return bars of equal width on a logarithmic axis, 20 in each power of ten."""
        merged: Counter[int] = Counter()
        for position, count in self._counts.items():
            merged[(position - 1) // _BINS_IN_BAR] += count
        return [
            Bar(10 ** (bar / _BARS), 10 ** ((bar + 1) / _BARS), count)
            for bar, count in sorted(merged.items())
        ]
