"""Ratings from scores: texts of several players on the same task, compared by what they scored.

Source: WB-Elo of WildBench (arXiv 2406.04770), `leaderboard/wb_elo.py` of allenai/WildBench, commit
d6b8dca.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import msgspec

from .bradley_terry import Battle
from .elo import EloOptions, expected_share, quantile

_TIE = 0.5


class Scored(msgspec.Struct, frozen=True):
    """What a player scored on a task, with a text of so many characters."""

    player: str
    score: float
    length: float


class VoteRule(msgspec.Struct, frozen=True):
    """When scores are a vote: the higher wins by `margin` or more; up to `tie_margin` it is a tie.

    Any other gap is no vote. A vote on texts whose lengths differ by more than `length_margin` is
    a tie; None is no margin.
    """

    margin: float = 2.0
    tie_margin: float = 2.0
    length_margin: float | None = None


class Anchoring(msgspec.Struct, frozen=True):
    """What is known before the first battle: ratings of some players, others start at 1000.

    Those stay as they are unless `dynamic`. Then they move, too, and are set halfway back at their
    first battle and at every `interval`th after it; an interval of 0 never does that. Two players
    that are both known do not fight.
    """

    initial: Mapping[str, float] = {}
    dynamic: bool = True
    interval: int = 100


class MeanRating(msgspec.Struct, frozen=True):
    """The mean of a rating over orders of the battles, with its 2.5 and 97.5 percentiles."""

    mean: float
    low: float
    high: float


def votes_on(tasks: Iterable[Sequence[Scored]], rule: VoteRule) -> list[Battle]:
    """Return the votes between each two players on each task."""
    return [
        battle
        for scored in tasks
        for one, other in combinations(scored, 2)
        if (battle := _vote(one, other, rule)) is not None
    ]


def anchored_elo(
    battles: Iterable[Battle], anchoring: Anchoring, options: EloOptions
) -> dict[str, float]:
    """Return the ratings after `battles` in their order, as `elo_ratings` but for the anchoring."""
    known = anchoring.initial
    ratings: dict[str, float] = {}
    fought: Counter[str] = Counter()
    for battle in battles:
        first, second = battle.first, battle.second
        for player in (first, second):
            ratings.setdefault(player, known.get(player, options.start))
        if first in known and second in known:
            continue
        expected = expected_share(ratings[first], ratings[second], options)
        gain = options.k * (battle.outcome - expected)
        for player, points in ((first, gain), (second, -gain)):
            if player not in known:
                ratings[player] += points
            elif anchoring.dynamic:
                ratings[player] += points
                if anchoring.interval and fought[player] % anchoring.interval == 0:
                    ratings[player] = (ratings[player] + known[player]) / 2
            fought[player] += 1
    return ratings


def shuffled_elo(
    battles: Sequence[Battle],
    anchoring: Anchoring,
    options: EloOptions,
    *,
    rounds: int,
    seed: int = 42,
) -> dict[str, MeanRating]:
    """Return the mean rating of each player over `rounds` random orders of all battles."""
    shuffler = random.Random(seed)  # noqa: S311  # statistics, not secrets
    drawn: dict[str, list[float]] = {}
    for _ in range(rounds):
        order = shuffler.sample(battles, len(battles))
        for player, rating in anchored_elo(order, anchoring, options).items():
            drawn.setdefault(player, []).append(rating)
    return {player: _summary(sorted(ratings)) for player, ratings in drawn.items()}


def _vote(one: Scored, other: Scored, rule: VoteRule) -> Battle | None:
    gap = one.score - other.score
    wins = gap != 0 and abs(gap) >= rule.margin
    if not wins and abs(gap) > rule.tie_margin:
        return None
    apart = abs(one.length - other.length)
    if not wins or (rule.length_margin is not None and apart > rule.length_margin):
        return Battle(one.player, other.player, _TIE)
    return Battle(one.player, other.player, float(gap > 0))


def _summary(ordered: Sequence[float]) -> MeanRating:
    mean = sum(ordered) / len(ordered)
    return MeanRating(mean, quantile(ordered, 0.025), quantile(ordered, 0.975))
