"""Hands of a heads-up match before anybody acts: generated from a seed, or read from a file."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ...core.deal import Deal
from ...core.errors import DataError
from ...core.rows import read_rows, where

_DECK = tuple(rank + suit for rank in "23456789TJQKA" for suit in "cdhs")


def random_deal(seed: int, number: int) -> Deal:
    """Return deal `number` of a seed: seats and cards at random."""
    rng = random.Random(f"{seed}/deal/{number}")  # noqa: S311 - no secrets
    cards = rng.sample(_DECK, 9)
    return Deal(
        position=rng.choice(("SB", "BB")),
        holding="".join(cards[:2]),
        opponent_holding="".join(cards[2:4]),
        board="".join(cards[4:]),
    )


def read_deals(path: Path) -> Iterator[Deal]:
    """Yield the deals of a file, whose rows may hold more. Raises DataError naming the row."""
    for index, row in read_rows(path):
        try:
            yield msgspec.convert(row, Deal)
        except msgspec.ValidationError as error:
            raise DataError(f"{where(path, index)}: no deal: {error}") from None
