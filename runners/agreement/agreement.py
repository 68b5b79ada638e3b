"""The agreement of two scenarios: a correlation over the models that both have scored."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from ...core.errors import MissingExtraError
from .leaderboards import Scenario
from .options import AgreementOptions, CorrelationName, Strategy, Variant
from .strategies import Draw, chosen_models, draws

if TYPE_CHECKING:
    from ...scorers.statistics.correlation import Correlation

Measure = Callable[[list[float], list[float]], "Correlation | None"]


class Pair(msgspec.Struct, frozen=True):
    """Two scenarios to compare; strategies that want an order of models take the `aggregate`'s."""

    scenario: Scenario
    reference: Scenario
    aggregate: Scenario


class Setting(msgspec.Struct, frozen=True, order=True):
    """How an agreement is measured; `n_models` is 0 for all shared models."""

    correlation: CorrelationName
    strategy: Strategy
    n_models: int


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """One correlation of two scenarios over `n_taken` of their `n_shared` models.

    `value` and its p-value are None where one of the scenarios scores all of these models the same.
    """

    scenario: str
    source: str
    reference: str
    reference_source: str
    setting: Setting
    experiment: int
    n_shared: int
    n_taken: int
    value: float | None
    p: float | None


def agreements(pairs: Iterable[Pair], options: AgreementOptions) -> Iterator[Agreement]:
    """Yield the agreements of every pair, strategy, size, experiment and correlation.

    (`Tester.all_vs_all_agreement_testing` at commit 1dfd46a, which stores each in both directions.)
    Left out are pairs that share fewer models than the size, or than `options.min_shared`. Raises
    MissingExtraError.
    """
    measures = _measures()
    for pair in pairs:
        for strategy in options.strategies:
            for size in options.n_models:
                for draw in draws(strategy, size, options.experiments, options.seed):
                    yield from _of_draw(pair, draw, options, measures)


def _of_draw(
    pair: Pair, draw: Draw, options: AgreementOptions, measures: Mapping[CorrelationName, Measure]
) -> Iterator[Agreement]:
    order_by = _order_by(pair, draw, options.variant)
    common = pair.scenario.scores.keys() & pair.reference.scores.keys() & order_by.scores.keys()
    if len(common) < max(draw.size, options.min_shared):
        return
    taken = chosen_models(draw, sorted(common), order_by)
    ours = [pair.scenario.scores[model] for model in taken]
    theirs = [pair.reference.scores[model] for model in taken]
    for correlation in options.correlations:
        found = measures[correlation](ours, theirs)
        yield Agreement(
            scenario=pair.scenario.name,
            source=pair.scenario.source,
            reference=pair.reference.name,
            reference_source=pair.reference.source,
            setting=Setting(correlation, draw.strategy, draw.size),
            experiment=draw.experiment,
            n_shared=len(common),
            n_taken=len(taken),
            value=found.value if found else None,
            p=found.p if found else None,
        )


def _order_by(pair: Pair, draw: Draw, variant: Variant) -> Scenario:
    """Return the scenario by whose scores models stand in order.

    The strategies' names say the aggregate. The official code takes one of the two scenarios by
    chance, unseeded; here the chance is of seed, experiment and pair.
    """
    if draw.strategy == "random":
        return pair.scenario
    if variant == "fixed":
        return pair.aggregate
    chance = f"{draw.seed} {draw.experiment} {pair.scenario.name} {pair.reference.name}"
    coin = random.Random(chance)  # noqa: S311  # statistics, no secrets
    return coin.choice((pair.scenario, pair.reference))


def _measures() -> dict[CorrelationName, Measure]:
    try:
        from ...scorers.statistics.correlation import kendall, pearson
    except ImportError:
        raise MissingExtraError("comparing benchmarks", "stats") from None
    return {"kendall": kendall, "pearson": pearson}
