"""Math.Find: the largest, the second smallest, the median of a long list.

After InfiniteBench; SCBench paper, Table 3: 30,000 integers of 3 digits.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable

from ....core.rows import Row

_SMALLEST = 100
_LARGEST = 999
_DISTINCT = 5

_FINDERS: dict[str, Callable[[list[int]], int]] = {
    "largest number": lambda numbers: _distinct(numbers)[-1],
    "second largest number": lambda numbers: _distinct(numbers)[-2],
    "third largest number": lambda numbers: _distinct(numbers)[-3],
    "smallest number": lambda numbers: _distinct(numbers)[0],
    "second smallest number": lambda numbers: _distinct(numbers)[1],
    "third smallest number": lambda numbers: _distinct(numbers)[2],
    "median": lambda numbers: int(statistics.median(numbers)),
}


def math_find_row(rng: random.Random, count: int) -> Row:
    """Return a row with `count` integers and 2 or 3 turns that ask for different things.

    "Second largest" means the second largest distinct value, and the median is an integer. The
    range of the integers differs from row to row, so that answers do. Needs at least 10 integers.
    """
    numbers = _numbers(rng, count)
    # Official rows have 2.4 turns on average.
    asked = rng.sample(list(_FINDERS), rng.choice((2, 2, 2, 3, 3)))
    return {
        "context": numbers,
        "multi_turns": [{"input": _query(it), "answer": _FINDERS[it](numbers)} for it in asked],
    }


def _numbers(rng: random.Random, count: int) -> list[int]:
    """Draw from a range whose ends vary by a fifth, as InfiniteBench does."""
    low = rng.randint(_SMALLEST, _LARGEST // 5)
    high = rng.randint(_LARGEST * 4 // 5, _LARGEST)
    numbers = rng.sample(range(low, high + 1), _DISTINCT)
    numbers += rng.choices(range(low, high + 1), k=count - _DISTINCT)
    _make_median_whole(numbers)
    rng.shuffle(numbers)
    return numbers


def _make_median_whole(numbers: list[int]) -> None:
    """Replace one of the two middle numbers by the other if their mean is no integer."""
    low, high = statistics.median_low(numbers), statistics.median_high(numbers)
    if (low + high) % 2:
        numbers[numbers.index(high)] = low


def _distinct(numbers: list[int]) -> list[int]:
    return sorted(set(numbers))


def _query(asked: str) -> str:
    return f"Reply with a single number and nothing else. The {asked} of the list is: "
