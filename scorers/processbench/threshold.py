"""The threshold above which a step is right, fitted to solutions with known first wrong steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import msgspec

from .steps import NO_ERROR

# A number of [0, 1] has no more decimals that count, unless it is tiny.
_MOST_DECIMALS = 17


class JudgedSolution(msgspec.Struct, frozen=True):
    """Scores of a solution's `steps`, as far as they go, and its first wrong step (-1: none)."""

    scores: tuple[float, ...]
    steps: int
    label: int


class _Gap(msgspec.Struct, frozen=True):
    """Thresholds from `low` on and below `high`, all with the same F1."""

    f1: Fraction
    low: float
    high: float


class _Side(msgspec.Struct, frozen=True):
    """The number of solutions of one kind, and how many more are right from a threshold on."""

    total: int
    changes: Counter[float]


def best_threshold(solutions: Sequence[JudgedSolution]) -> float:
    """Return the threshold in [0, 1) with the highest F1 on `solutions`, of both kinds.

    F1 is the harmonic mean of the accuracies on erroneous and on correct solutions. Thresholds in
    the gap between two scores all have the same one. Of the gaps with the highest F1 the widest is
    taken, for its middle is furthest from scores that would be judged otherwise; of equally wide
    ones the lowest. The threshold is the middle, rounded within the inner half of the gap.
    """
    erroneous = _side(one for one in solutions if one.label != NO_ERROR)
    correct = _side(one for one in solutions if one.label == NO_ERROR)
    best = max(_gaps(erroneous, correct), key=lambda gap: (gap.f1, gap.high - gap.low, -gap.low))
    return _middle(best.low, best.high)


def _side(solutions: Iterable[JudgedSolution]) -> _Side:
    total, changes = 0, Counter[float]()
    for solution in solutions:
        total += 1
        low, high = _right_between(solution)
        if low < high:
            changes[low] += 1
            changes[high] -= 1
    return _Side(total, changes)


def _right_between(solution: JudgedSolution) -> tuple[float, float]:
    """Return from which threshold on, and below which, the prediction equals the label.

    A step is the first one judged wrong from its own score on, below all scores before it; that
    none is wrong is found below all scores. There is no such threshold if the scores end before.
    """
    scores, label = solution.scores, solution.label
    if len(scores) < (solution.steps if label == NO_ERROR else label + 1):
        return (1.0, 1.0)
    if label == NO_ERROR:
        return (0.0, min(1.0, *scores))
    return (max(0.0, scores[label]), min((1.0, *scores[:label])))


def _gaps(erroneous: _Side, correct: _Side) -> Iterator[_Gap]:
    """Yield what thresholds of [0, 1) there are to choose from, from the lowest on."""
    edges = sorted({0.0, 1.0, *erroneous.changes, *correct.changes})
    found, passed = 0, 0
    for low, high in pairwise(edges):
        found += erroneous.changes[low]
        passed += correct.changes[low]
        accuracies = Fraction(found, erroneous.total), Fraction(passed, correct.total)
        yield _Gap(_harmonic_mean(*accuracies), low, high)


def _harmonic_mean(one: Fraction, other: Fraction) -> Fraction:
    return 2 * one * other / (one + other) if one + other else Fraction(0)


def _middle(low: float, high: float) -> float:
    middle = low + (high - low) / 2
    candidates = (*(round(middle, digits) for digits in range(1, _MOST_DECIMALS + 1)), middle)
    near = (one for one in candidates if abs(one - middle) <= (high - low) / 4 and one < high)
    # Where no number lies between two scores, the lower one still parts them.
    return next(near, low)
