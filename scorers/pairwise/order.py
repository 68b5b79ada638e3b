"""Which of two texts is shown as A."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Literal

import msgspec

Order = Literal["coin", "first", "second", "both"]


class Orders(msgspec.Struct, frozen=True):
    """In which orders a pair is shown.

    - `coin`: a fair coin decides for each row. Coins are the draws of Python's
      `random.Random(seed)` below 0.5, one a row in the order of the official file.
    - `first`, `second`: the text that is graded always stands first, as A, or second.
    - `both`: it is asked twice, as A and as B.

    `swapped` turns each around.
    """

    order: Order
    seed: int = 0
    swapped: bool = False

    def graded_is_a(self, row: int) -> tuple[bool, ...]:
        """Return for each order that is asked about row `row` whether the graded text is A."""
        if self.order == "both":
            return (True, False)
        is_a = coin(self.seed, row) if self.order == "coin" else self.order == "first"
        return (is_a != self.swapped,)


def coin(seed: int, position: int) -> bool:
    """Return draw number `position`, from 0, of the coins of `seed`."""
    return _draws(seed, 1 << position.bit_length())[position]


@lru_cache(maxsize=64)
def _draws(seed: int, number: int) -> tuple[bool, ...]:
    rng = random.Random(seed)  # noqa: S311 - coins, no secrets
    return tuple(rng.random() < 0.5 for _ in range(number))
