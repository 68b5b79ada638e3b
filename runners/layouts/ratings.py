"""Ratings of rows that fought opponents: Bradley-Terry over all rows of a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from ...core.errors import ConfigError
from ...scorers.statistics.bradley_terry import Battle, RatingInterval, bootstrap_bradley_terry
from .dimensions import LABEL
from .estimates import Estimated, cluster_places
from .grid import Estimate
from .verdicts import Vocabulary

RATING = "bradley_terry"
OPPONENTS = (LABEL + "opponent", LABEL + "baseline")


def opponent_label(labels: Sequence[str], place: str) -> str:
    """Return the label that names opponents. Raises ConfigError when samples have none."""
    for label in OPPONENTS:
        if label.removeprefix(LABEL) in labels:
            return label
    raise ConfigError(f"{place}: bradley_terry needs samples with a label 'opponent' or 'baseline'")


def rated(
    players: Sequence[str], frames: Sequence[pd.DataFrame], label: str, vocabulary: Vocabulary
) -> list[Estimated]:
    """Return the Elo rating of each row's player, the most frequent opponent being at 1000.

    The values of `frames` are the shares that the row's player won of the opponent called by
    `label`. Intervals are percentiles of 100 resamples of clusters, as Arena-Hard draws them.
    Raises DataError when the battles cannot be rated.
    """
    names = {code: str(value) for value, code in vocabulary.of(label).items() if value is not None}
    battles: list[Battle] = []
    clusters: list[int] = []
    for player, frame in zip(players, frames, strict=True):
        rows = zip(frame[label], frame["value"], frame["cluster"], strict=True)
        for opponent, outcome, cluster in rows:
            if names.get(opponent, player) != player:
                battles.append(Battle(player, names[opponent], float(outcome)))
                clusters.append(cluster)
    if not battles:
        return [_estimated(None, frame) for frame in frames]
    anchor = Counter(battle.second for battle in battles).most_common(1)[0][0]
    ratings = bootstrap_bradley_terry(battles, anchor=anchor, clusters=clusters)
    return [_estimated(ratings.get(p), f) for p, f in zip(players, frames, strict=True)]


def player_names(keys: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the name of each row as a player: its model, or all its keys where models repeat."""
    models = [key.get("model") for key in keys]
    if None not in models and len(set(models)) == len(models):
        return [str(model) for model in models]
    return [" / ".join(key.values()) for key in keys]


def _estimated(rating: RatingInterval | None, frame: pd.DataFrame) -> Estimated:
    counts = {"n": len(frame), "n_clusters": len(cluster_places(frame)[1])}
    if rating is None:
        return Estimated(Estimate(value=None, **counts))
    return Estimated(Estimate(value=rating.rating, low=rating.low, high=rating.high, **counts))
