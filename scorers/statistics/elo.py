"""Online Elo ratings, which depend on the order of the battles."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import msgspec

from ...core.errors import DataError
from .bradley_terry import Battle


class EloOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How ratings move: `k` points at most a battle, from `start`.

    A lead of `scale` points is odds of `base` to 1. The defaults are those of Chatbot Arena's first
    leaderboards (LMSYS 2023), where chess takes a k of 10 to 40.
    """

    k: float = 4.0
    base: float = 10.0
    scale: float = 400.0
    start: float = 1000.0


class EloInterval(msgspec.Struct, frozen=True):
    """The median of a rating over orders of the battles, with percentiles."""

    median: float
    low: float
    high: float


DEFAULT = EloOptions()


def elo_ratings(battles: Sequence[Battle], options: EloOptions = DEFAULT) -> dict[str, float]:
    """Return the ratings after `battles` in their order (Elo 1978, "The Rating of Chessplayers").

    After each battle the first gains k * weight * (outcome - expected) points and the second loses
    them, where expected = 1 / (1 + base^((R_second - R_first) / scale)). Competitors who have not
    fought yet have `start`; without battles there are no ratings. Raises DataError for an outcome
    outside [0, 1].
    """
    ratings: dict[str, float] = {}
    for index, battle in enumerate(battles):
        if not 0 <= battle.outcome <= 1:
            raise DataError(f"battle {index + 1}: the outcome is {battle.outcome}, not in [0, 1]")
        first = ratings.setdefault(battle.first, options.start)
        second = ratings.setdefault(battle.second, options.start)
        expected = expected_share(first, second, options)
        gain = options.k * battle.weight * (battle.outcome - expected)
        ratings[battle.first] = first + gain
        ratings[battle.second] = second - gain
    return ratings


def bootstrap_elo(
    battles: Sequence[Battle],
    options: EloOptions = DEFAULT,
    *,
    rounds: int = 100,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, EloInterval]:
    """Return the median rating of each competitor over `rounds` random orders of all battles.

    The interval says how much the order alone matters. It holds no sampling error: that of
    `bootstrap_bradley_terry` does.
    """
    shuffler = random.Random(seed)  # noqa: S311  # statistics, not secrets
    drawn: dict[str, list[float]] = {}
    for _ in range(rounds):
        order = shuffler.sample(battles, len(battles))
        for name, rating in elo_ratings(order, options).items():
            drawn.setdefault(name, []).append(rating)
    tail = (1 - level) / 2
    return {
        name: EloInterval(*(quantile(sorted(ratings), share) for share in (0.5, tail, 1 - tail)))
        for name, ratings in drawn.items()
    }


def expected_share(first: float, second: float, options: EloOptions) -> float:
    """Return the expected share of the first, without overflow however far they are apart."""
    exponent = (second - first) / options.scale * math.log(options.base)
    if exponent > 0:
        return math.exp(-exponent) / (1 + math.exp(-exponent))
    return 1 / (1 + math.exp(exponent))


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile by linear interpolation (type 7 of Hyndman and Fan 1996)."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
