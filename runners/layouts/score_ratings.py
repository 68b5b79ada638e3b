"""Ratings of rows by what they scored on the same samples: WB-Elo of WildBench."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import pandas as pd

from ...core.layout import ScoreElo
from ...scorers.statistics.elo import EloOptions
from ...scorers.statistics.score_votes import (
    Anchoring,
    MeanRating,
    Scored,
    VoteRule,
    shuffled_elo,
    votes_on,
)
from .estimates import Estimated, cluster_places
from .grid import Estimate
from .statistics import OTHER

SCORE_ELO = "score_elo"


def score_rated(
    players: Sequence[str], frames: Sequence[pd.DataFrame], options: ScoreElo
) -> list[Estimated]:
    """Return the rating of each row's player, its interval being over orders of the votes.

    `value` of a frame is a score and `other` the length of what was scored. Rows without a vote
    have no rating.
    """
    rule = VoteRule(options.margin, options.tie_margin, options.length_margin)
    anchoring = Anchoring(options.initial, options.dynamic, options.interval)
    votes = votes_on(_by_sample(players, frames), rule)
    ratings = shuffled_elo(votes, anchoring, EloOptions(k=options.k), rounds=options.rounds)
    return [_estimated(ratings.get(p), f) for p, f in zip(players, frames, strict=True)]


def _by_sample(
    players: Sequence[str], frames: Sequence[pd.DataFrame]
) -> Iterable[Sequence[Scored]]:
    """Return what the players scored on each sample, in the order of rows."""
    scored: defaultdict[tuple[int, int], list[Scored]] = defaultdict(list)
    for player, frame in zip(players, frames, strict=True):
        columns = (frame[name] for name in ("sample", "epoch", "value", OTHER))
        for sample, epoch, score, length in zip(*columns, strict=True):
            scored[sample, epoch].append(Scored(player, float(score), float(length)))
    return scored.values()


def _estimated(rating: MeanRating | None, frame: pd.DataFrame) -> Estimated:
    counts = {"n": len(frame), "n_clusters": len(cluster_places(frame)[1])}
    if rating is None:
        return Estimated(Estimate(value=None, **counts))
    return Estimated(Estimate(value=rating.mean, low=rating.low, high=rating.high, **counts))
