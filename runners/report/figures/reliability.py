"""How far confidence agrees with being right: reliability by bins, and calibration error."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence

import msgspec

from ....scorers.statistics.intervals import Interval, mean_interval

BINS = 15


class Judged(msgspec.Struct, frozen=True):
    """An answer: how confident it was and how right, both in [0, 1].

    Answers of one `cluster` may depend on each other.
    """

    confidence: float
    right: float
    cluster: Hashable


class Bin(msgspec.Struct, frozen=True):
    """The answers whose confidence is in (low, high]: their mean confidence, and how right."""

    low: float
    high: float
    confidence: float
    right: Interval

    @property
    def n(self) -> int:
        """How many answers there are, at least one."""
        return self.right.n


class Reliability(msgspec.Struct, frozen=True):
    """Bins with answers, by ascending confidence, and the expected calibration error in [0, 1]."""

    bins: tuple[Bin, ...]
    expected_error: float

    @property
    def n(self) -> int:
        """How many answers there are."""
        return sum(part.n for part in self.bins)


def reliability(answers: Iterable[Judged], bins: int = BINS) -> Reliability | None:
    """Return the reliability of `answers` in so many bins of equal width; None without answers.

    Bin m of M holds confidences in ((m - 1) / M, m / M]. The expected calibration error is the sum
    over bins of (answers in the bin / all answers) * |accuracy - mean confidence| (Guo et al. 2017,
    "On Calibration of Modern Neural Networks", section 2, equations 2 and 3).
    """
    edges = [position / bins for position in range(1, bins + 1)]
    binned: dict[int, list[Judged]] = {}
    for answer in answers:
        position = min(bins - 1, bisect_left(edges, answer.confidence))
        binned.setdefault(position, []).append(answer)
    if not binned:
        return None
    found = tuple(_bin(position, bins, held) for position, held in sorted(binned.items()))
    n = sum(part.n for part in found)
    gaps = (part.n * abs(part.right.mean - part.confidence) for part in found)
    return Reliability(found, math.fsum(gaps) / n)


def _bin(position: int, bins: int, held: Sequence[Judged]) -> Bin:
    right = mean_interval([a.right for a in held], [a.cluster for a in held])
    assert right is not None  # noqa: S101 - `held` is not empty
    confidence = math.fsum(answer.confidence for answer in held) / len(held)
    return Bin(position / bins, (position + 1) / bins, confidence, right)
