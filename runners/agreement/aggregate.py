"""Several scenarios as one reference."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from .leaderboards import Scenario
from .options import AggregateOptions, Variant

AGGREGATE = "aggregate"


def members_of(scenarios: Iterable[Scenario], options: AggregateOptions) -> list[Scenario]:
    """Return the scenarios that make up the aggregate."""
    return [s for s in scenarios if not options.scenarios or s.name in options.scenarios]


def models_needed(options: AggregateOptions, n_members: int, variant: Variant) -> int:
    """Return in how many members a model needs a score.

    A third of those there are, or of those listed in the official example, which counts two that
    do not exist any more.
    """
    listed = len(options.scenarios) if variant == "official" else 0
    return min(options.min_scenarios or max(1, (listed or n_members) // 3), n_members)


def aggregated(members: Sequence[Scenario], at_least: int, options: AggregateOptions) -> Scenario:
    """Return the aggregate of `members` over the models with scores in `at_least` of them.

    A model's score is the mean over the members that have it of its win rate there, the share of
    the other models that it strictly beats (the mean win rate of HELM; `Benchmark.add_aggregate` at
    commit 1dfd46a); or of its raw scores, with `mean`. A member with one model has no win rate, and
    is left out.
    """
    counts = Counter(model for member in members for model in member.scores)
    taken = {model for model, count in counts.items() if count >= at_least}
    by_model: dict[str, list[float]] = {}
    for member in members:
        scores = {model: score for model, score in member.scores.items() if model in taken}
        points = win_rates(scores) if options.score == "mean_win_rate" else scores
        for model, value in points.items():
            by_model.setdefault(model, []).append(value)
    means = {model: fmean(by_model[model]) for model in sorted(by_model)}
    return Scenario(AGGREGATE, AGGREGATE, means)


def win_rates(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the share of the other models that each one strictly beats; none for one model."""
    if len(scores) < 2:
        return {}
    order = sorted(scores.values())
    others = len(order) - 1
    return {model: bisect_left(order, score) / others for model, score in scores.items()}
