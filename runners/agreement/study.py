"""An agreement test from its sources to its findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import msgspec

from ...core.errors import ConfigError
from ...core.suggest import did_you_mean
from .aggregate import AGGREGATE, aggregated, members_of, models_needed
from .agreement import Agreement, Pair, agreements
from .leaderboards import Scenario
from .options import AgreementOptions, Request
from .pair_means import PairMean, pair_means
from .repeated import without_repeated
from .sources import open_catalog, read_sources
from .z_scores import Standing, standings


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared with what.

    `scenarios` are compared with each other and with the aggregate of `members`; `own` names those
    of the user's sources among them. A model needs scores in `needed` members. `data` identifies
    the catalog's files.
    """

    scenarios: tuple[Scenario, ...]
    own: tuple[str, ...]
    members: tuple[Scenario, ...]
    needed: int
    notes: tuple[str, ...]
    data: dict[str, Any] | None


class Study(msgspec.Struct, frozen=True, kw_only=True):
    """What an agreement test found, and of what."""

    options: AgreementOptions
    field: Field
    aggregate: Scenario
    agreements: tuple[Agreement, ...]
    means: tuple[PairMean, ...]
    standings: tuple[Standing, ...]


def studied(request: Request) -> Study:
    """Return what the agreement test of `request` finds.

    Raises ConfigError, DataError, MissingExtraError.
    """
    options = request.options
    field = _field(request)
    aggregate = aggregated(field.members, field.needed, options.aggregate)
    rows = tuple(agreements(_pairs(field, aggregate, options), options))
    means = tuple(pair_means(rows))
    return Study(
        options=options,
        field=field,
        aggregate=aggregate,
        agreements=rows,
        means=means,
        standings=tuple(standings(means)),
    )


def _field(request: Request) -> Field:
    options = request.options
    catalog = open_catalog(options)
    own = read_sources(request.sources, catalog.reading)
    everything = [*catalog.read.scenarios, *own.scenarios]
    chosen = without_repeated(everything, {s.source for s in own.scenarios}, options.variant)
    own_names = tuple(s.name for s in chosen.scenarios if s in own.scenarios)
    compared = [
        s
        for s in chosen.scenarios
        if not options.scenarios or s.name in options.scenarios or s.name in own_names
    ]
    # Where there is a catalog, benchmarks of the user are no part of the aggregate of it.
    members = members_of(catalog.read.scenarios or chosen.scenarios, options.aggregate)
    _refuse_nothing(everything, members, compared, options)
    return Field(
        scenarios=tuple(compared),
        own=own_names,
        members=tuple(members),
        needed=models_needed(options.aggregate, len(members), options.variant),
        notes=(
            *catalog.read.notes,
            *own.notes,
            *chosen.notes,
            *_absent("for the aggregate", options.aggregate.scenarios, members),
            *_absent("to compare", options.scenarios, compared),
        ),
        data=catalog.identity,
    )


def _refuse_nothing(
    everything: Sequence[Scenario],
    members: Sequence[Scenario],
    compared: Sequence[Scenario],
    options: AgreementOptions,
) -> None:
    """Raise ConfigError when there are no two benchmarks to compare."""
    names = _names(everything)
    for found, wanted in ((members, options.aggregate.scenarios), (compared, options.scenarios)):
        if wanted and not found:
            raise ConfigError(f"no benchmark {wanted[0]!r}: {did_you_mean(wanted[0], names)}")
    if AGGREGATE in names:
        raise ConfigError(f"a benchmark is called {AGGREGATE!r}, as the reference is: rename it")
    if len(names) < 2:
        what = ", ".join(names) or "no scores"
        raise ConfigError(f"the sources hold {what} alone: name another, or recipe=benchbench")


def _pairs(field: Field, aggregate: Scenario, options: AgreementOptions) -> Iterator[Pair]:
    for scenario, reference in combinations(field.scenarios, 2):
        yield Pair(scenario, reference, aggregate)
    for scenario in field.scenarios:
        reference = _reference(scenario, field, aggregate, options)
        yield Pair(scenario, reference, reference)


def _reference(
    scenario: Scenario, field: Field, aggregate: Scenario, options: AgreementOptions
) -> Scenario:
    """Return the aggregate to compare `scenario` with: without itself, if it is a member.

    The official code compares members with an aggregate that they are part of.
    """
    if options.variant == "official" or scenario not in field.members:
        return aggregate
    others = [member for member in field.members if member != scenario]
    return aggregated(others, min(field.needed, len(others)), options.aggregate)


def _names(scenarios: Sequence[Scenario]) -> set[str]:
    return {scenario.name for scenario in scenarios}


def _absent(what: str, wanted: Sequence[str], found: Sequence[Scenario]) -> list[str]:
    names = sorted(set(wanted) - _names(found))
    return [f"not there {what}: {', '.join(names)}"] if names else []
