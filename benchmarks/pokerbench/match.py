"""PokerBench's heads-up matches: hands for two models to play (arXiv 2501.08328, section 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import msgspec

from ...core.config import NonNegative, Options, Positive
from ...core.deal import Deal
from ...core.hashing import sha256_of_file
from ...core.interfaces import Problem
from ...core.sample import Sample, Turn
from .deals import random_deal, read_deals

# Raised when the same seed gives other hands than before.
VERSION = 1
TASK = "heads_up"


class PokerBenchMatchOptions(Options, frozen=True):
    """Which hands are played.

    - `seats`: `shuffled` for each hand (official), or `swapped`: every second hand is the one
      before with the players in each other's seats, so that luck with cards cancels out.
    - `opponent` is what tables call the model in that role.
    - `path`: a file of deals instead of generated ones; `hands`, `seats` and `seed` then say
      nothing.
    """

    name: str = "pokerbench_match"
    hands: Positive = 1000
    seats: Literal["shuffled", "swapped"] = "shuffled"
    seed: NonNegative = 0
    opponent: str = "itself"
    path: str | None = None


class PokerBenchMatch:
    """Hands of heads-up No Limit Texas Hold'em, each begun with 100 big blinds."""

    Options = PokerBenchMatchOptions

    def __init__(self, options: PokerBenchMatchOptions) -> None:
        self._options = options
        self._path = None if options.path is None else Path(options.path)

    def problems(self) -> Sequence[Problem]:
        """Say that there is no file of deals, where one is named."""
        if self._path is None or self._path.is_file():
            return ()
        return (Problem(f"{self._path}: no such file", "set benchmark.path to deals, or to null"),)

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a hand, `limit` at most. Raises DataError."""
        for index, deal in enumerate(islice(self._deals(), limit)):
            yield self._sample(index, deal)

    def provenance(self) -> dict[str, Any]:
        """Return what identifies the hands; the options tell the rest. Raises DataError."""
        told: dict[str, Any] = {"generator": VERSION, "prompts": "evalrun wording"}
        if self._path is not None and self._path.is_file():
            told["sha256"] = sha256_of_file(self._path)
        return told

    def _deals(self) -> Iterator[Deal]:
        if self._path is not None:
            yield from read_deals(self._path)
            return
        options = self._options
        for number in range(options.hands):
            if options.seats == "shuffled":
                yield random_deal(options.seed, number)
            else:
                deal = random_deal(options.seed, number // 2)
                yield deal.swapped() if number % 2 else deal

    def _sample(self, index: int, deal: Deal) -> Sample:
        # Both hands of a pair have the same cards.
        paired = self._path is None and self._options.seats == "swapped"
        return Sample(
            id=f"hand/{index + 1}",
            task=TASK,
            turns=(Turn(query=f"Hand {index + 1} of a heads-up match, as {deal.position}."),),
            row=index,
            group=f"deal/{index // 2 + 1}" if paired else None,
            labels={"position": deal.position},
            metadata={"deal": msgspec.to_builtins(deal)},
        )
