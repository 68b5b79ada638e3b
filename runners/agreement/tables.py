"""What an agreement test found, as tables for people and as content for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean, stdev
from typing import Any

import msgspec

from ..tables.shown import Shown
from ..tables.table import MISSING, Table
from .aggregate import AGGREGATE
from .agreement import Setting
from .pair_means import PairMean
from .study import Study
from .z_scores import Standing

# With fewer models an agreement says little (BenchBench's example compares at least 10).
_FEW_MODELS = 10
_OWN = " *"
_TEXT = ("benchmark", "source", "in aggregate")


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What `--format json` writes. Each pair of scenarios stands in one direction."""

    recipe: str
    variant: str
    own: tuple[str, ...]
    aggregate_of: tuple[str, ...]
    aggregate_needs: int
    aggregate_models: int
    standings: tuple[Standing, ...]
    pairs: tuple[PairMean, ...]
    notes: tuple[str, ...]
    data: dict[str, Any] | None


def agreement_shown(study: Study) -> Shown:
    """Return the standings, the user's benchmarks beside each other one, and all pairs if asked."""
    notes = tuple(_notes(study))
    content = Content(
        recipe=study.options.recipe.name,
        variant=study.options.variant,
        own=study.field.own,
        aggregate_of=tuple(member.name for member in study.field.members),
        aggregate_needs=study.field.needed,
        aggregate_models=len(study.aggregate.scores),
        standings=study.standings,
        pairs=study.means,
        notes=notes,
        data=study.field.data,
    )
    return Shown(tuple(_tables(study, notes)), content)


def _tables(study: Study, notes: tuple[str, ...]) -> Iterator[Table]:
    settings = sorted({mean.setting for mean in study.means})
    for setting in settings:
        of_setting = [s for s in study.standings if s.pair.setting == setting]
        yield _standings_table(of_setting, setting, study, notes)
        notes = ()
    if not settings:
        header = ("rank", "benchmark", "source", "agreement")
        yield Table(study.options.recipe.title, header, (), notes)
    for setting in settings:
        if study.field.own:
            yield _pairs_table(study, setting, study.field.own, "the user's benchmarks")
    for setting in settings if study.options.matrix else ():
        everything = [scenario.name for scenario in study.field.scenarios]
        yield _pairs_table(study, setting, everything, "all pairs")


def _standings_table(
    standings: Sequence[Standing], setting: Setting, study: Study, notes: tuple[str, ...]
) -> Table:
    members = {member.name for member in study.field.members}
    columns = {
        "rank": [str(standing.rank) for standing in standings],
        "benchmark": [_named(standing.pair.scenario, study) for standing in standings],
        "source": [standing.pair.source for standing in standings],
        "agreement": [_fixed(standing.pair.agreement) for standing in standings],
        "sd of draws": [_fixed(standing.pair.spread) for standing in standings],
        "z": [_fixed(standing.z, "+.2f") for standing in standings],
        "mean p" if setting.n_models else "p": [_probability(s.pair.p) for s in standings],
        "p (Holm)": [_probability(standing.p_adjusted) for standing in standings],
        "models": [str(standing.pair.n_shared) for standing in standings],
        "in aggregate": ["yes" if s.pair.scenario in members else "no" for s in standings],
    }
    shown = {name: cells for name, cells in columns.items() if set(cells) != {MISSING}}
    return Table(
        f"Agreement with the aggregate: {_described(setting)}",
        tuple(shown),
        tuple(zip(*shown.values(), strict=True)),
        (*_distribution(standings), *notes),
        numeric=tuple(name not in _TEXT for name in shown),
    )


def _distribution(standings: Sequence[Standing]) -> Iterator[str]:
    values = [standing.pair.agreement for standing in standings]
    if len(values) > 1:
        spread = f"standard deviation {stdev(values):.3f}"
        yield f"{len(values)} benchmarks: mean {fmean(values):.3f}, {spread}"


def _pairs_table(study: Study, setting: Setting, columns: Sequence[str], what: str) -> Table:
    """Return agreements with `columns`: a row a reference, cells with the number of models."""
    cells: dict[tuple[str, str], str] = {}
    for mean in study.means:
        if mean.setting == setting:
            text = f"{mean.agreement:.2f} ({mean.n_shared})"
            cells[mean.reference, mean.scenario] = cells[mean.scenario, mean.reference] = text
    names = [AGGREGATE, *sorted(scenario.name for scenario in study.field.scenarios)]
    rows = tuple(
        (_named(row, study), *(cells.get((row, column), MISSING) for column in columns))
        for row in names
        if any((row, column) in cells for column in columns)
    )
    title = f"Agreement of {what}: {_described(setting)}"
    numeric = (False, *(True,) * len(columns))
    notes = ("in brackets: models that both have scored",)
    return Table(title, ("benchmark", *columns), rows, notes, numeric=numeric)


def _notes(study: Study) -> Iterator[str]:
    members, options = study.field.members, study.options
    score = "mean win rate" if options.aggregate.score == "mean_win_rate" else "mean score"
    yield (
        f"aggregate: {score} of {len(study.aggregate.scores)} models in {len(members)} benchmarks, "
        f"each in at least {study.field.needed} of them"
    )
    if study.field.own:
        yield "*: of the sources named to the command"
    yield _VARIANTS[options.variant]
    few = {s.pair.scenario: s.pair.n_shared for s in study.standings}
    few = {name: n for name, n in few.items() if n < _FEW_MODELS}
    if few:
        listed = ", ".join(f"{name} ({n})" for name, n in few.items())
        yield f"too few models shared to tell, fewer than {_FEW_MODELS}: {listed}"
    if any(0 < size < _FEW_MODELS for size in options.n_models):
        yield f"subsets of fewer than {_FEW_MODELS} models say little"
    alone = {s.name for s in study.field.scenarios} - {s.pair.scenario for s in study.standings}
    if alone:
        yield f"too few models shared with the aggregate to compare: {', '.join(sorted(alone))}"
    yield from study.field.notes


_VARIANTS = {
    "official": (
        "variant official: benchmarks in the aggregate are compared with themselves in it, and no "
        "lower-is-better score is turned round; unlike the official code, draws depend on the seed "
        "alone"
    ),
    "fixed": (
        "variant fixed: benchmarks are compared with the aggregate of the others, and "
        "lower-is-better scores are turned round"
    ),
}


def _described(setting: Setting) -> str:
    size = f"{setting.n_models} models" if setting.n_models else "all shared models"
    coefficient = "Kendall's tau-b" if setting.correlation == "kendall" else "Pearson's r"
    chosen = "" if not setting.n_models else f", {setting.strategy.replace('_', ' ')}"
    return f"{coefficient}, {size}{chosen}"


def _named(scenario: str, study: Study) -> str:
    return scenario + _OWN if scenario in study.field.own else scenario


def _fixed(value: float | None, form: str = ".3f") -> str:
    return MISSING if value is None else format(value, form)


def _probability(p: float | None) -> str:
    if p is None:
        return MISSING
    return "<0.001" if p < 0.001 else f"{p:.3f}"
