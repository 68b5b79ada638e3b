"""One value of the repeats (epochs) of a sample."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec


def pass_at_k(n: int, right: float, k: int) -> float | None:
    """Return how likely it is that at least one of `k` repeats is right, given `right` of `n`.

    The unbiased estimate 1 - C(n - c, k) / C(n, k) of Chen et al. 2021 (arXiv 2107.03374, equation
    1), in whole numbers; where repeats are right in part, the product of their figure 3, which has
    as many factors as `right` rounded up. None when there are fewer than `k` repeats. Raises
    ValueError unless 0 <= right <= n and k >= 1.
    """
    _check(n, right, k)
    if n < k:
        return None
    if n - right < k:
        return 1.0
    if right == int(right):
        draws = math.comb(n, k)
        return (draws - math.comb(n - int(right), k)) / draws
    return 1.0 - math.prod(1.0 - k / (n - right + 1 + i) for i in range(math.ceil(right)))


def pass_hat_k(n: int, right: float, k: int) -> float | None:
    """Return how likely it is that all of `k` repeats are right (pass^k), given `right` of `n`.

    The estimate C(c, k) / C(n, k) of Yao et al. 2024 (tau-bench, arXiv 2406.12045), which repeats
    that are right in part fit as well. None when there are fewer than `k` repeats. Raises
    ValueError unless 0 <= right <= n and k >= 1.
    """
    _check(n, right, k)
    if n < k:
        return None
    return math.prod(max(0.0, right - i) / (n - i) for i in range(k))


def mean(values: Sequence[float]) -> float | None:
    """Return the mean over the repeats; None of none. A NaN among them makes it NaN."""
    return math.fsum(values) / len(values) if values else None


def majority_value(values: Sequence[float]) -> float | None:
    """Return the value that most repeats have; None of none.

    Of values that are equally frequent it is the mean: the expected value when one of the winners
    is drawn. Of right and wrong (1 and 0) that is the share of the tied winners that are right,
    one half. Raises ValueError for NaN.
    """
    if any(math.isnan(value) for value in values):
        raise ValueError("NaN has no vote: leave it out")
    return mean(_winners(values))


def majority_answer(answers: Sequence[Any], values: Sequence[float]) -> float | None:
    """Return the value of the answer that most repeats give; None of no repeats.

    `answers` are of any JSON shape, and equal when their JSON is; `values` are what each is worth.
    Of answers that are equally frequent it is the mean of what they are worth: for right and wrong
    ones the share of the tied winners that are right. An answer given with several values is worth
    their mean. A repeat without an answer (None) has no vote (Wang et al. 2023, arXiv 2203.11171);
    where none has one, it is the mean of the values. Raises ValueError for NaN, and unless there
    are as many values as answers.
    """
    if any(math.isnan(value) for value in values):
        raise ValueError("NaN is worth nothing that can be told: leave it out")
    worth: dict[bytes, list[float]] = {}
    votes: list[bytes] = []
    for answer, value in zip(answers, values, strict=True):
        if answer is not None:
            votes.append(msgspec.json.encode(answer, order="sorted"))
            worth.setdefault(votes[-1], []).append(value)
    if not votes:
        return mean(values)
    return mean([math.fsum(worth[winner]) / len(worth[winner]) for winner in _winners(votes)])


def _winners(votes: Sequence[Any]) -> list[Any]:
    """Return the most frequent votes, each once: several when they are equally frequent."""
    counts = Counter(votes)
    most = max(counts.values(), default=0)
    return [vote for vote, count in counts.items() if count == most]


def _check(n: int, right: float, k: int) -> None:
    if not 0 <= right <= n:
        raise ValueError(f"{right} right of {n} repeats cannot be")
    if k < 1:
        raise ValueError(f"k is at least 1, not {k}")
