"""Columns as they are computed: those with `each` spelled out, and what each formula is of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ...core.errors import ConfigError
from ...core.layout import Column, Layout
from ...core.suggest import did_you_mean
from .dimensions import UNNAMED_DIMENSIONS, as_text
from .formula import names_in, parsed, single_names_in
from .loading import LoadedRun
from .score_ratings import SCORE_ELO
from .selecting import Scope, scope_of, wanted_in
from .statistics import OF_TWO

_NOT_WITH_FORMULA = ("metric", "other_metric", "reduce", "mean_of", "weights")


class Computed(msgspec.Struct, frozen=True):
    """A column of its own: `column` has no `each` left.

    `operands` are the positions of the computed columns that its formula names.
    """

    column: Column
    scope: Scope = ()
    each: tuple[str, str] | None = None
    operands: dict[str, tuple[int, ...]] = {}

    @property
    def place(self) -> str:
        """How messages call the column."""
        return f"column {self.column.name!r}"


def computed_columns(layout: Layout, runs: Sequence[LoadedRun]) -> tuple[Computed, ...]:
    """Return the columns of a layout, hidden ones included, in its order.

    Raises ConfigError for a column that contradicts itself, ids that are not unique, and formulas
    that are malformed, name no column or run in circles.
    """
    for column in layout.columns:
        _refuse_contradictions(column)
    _refuse_repeated(column.id for column in layout.columns if column.id is not None)
    spelled = [one for column in layout.columns for one in _spelled(column, layout, runs)]
    return tuple(_with_operands(one, spelled) for one in spelled)


def in_order(columns: Sequence[Computed]) -> list[int]:
    """Return the positions of the columns, each behind those that its formula names.

    Raises ConfigError for a circle.
    """
    order: list[int] = []
    waiting: list[int] = []

    def visit(position: int) -> None:
        if position in order:
            return
        if position in waiting:
            raise ConfigError(f"{columns[position].place}: its formula depends on itself")
        waiting.append(position)
        for positions in columns[position].operands.values():
            for operand in positions:
                visit(operand)
        waiting.pop()
        order.append(position)

    for position in range(len(columns)):
        visit(position)
    return order


def values_of(
    dimension: str, scope: Scope, runs: Sequence[LoadedRun], names: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Return the values that planned verdicts within `scope` have, in the order of a table.

    Those that `names` has come first, as they stand there; others as they first appear.
    """
    found: dict[str, None] = {}
    wanted = wanted_in(scope, dimension)
    for run in runs:
        for cell in run.plan:
            if not all(
                any(as_text(value) in texts for value in run.values(cell, name))
                for name, texts in scope
                if name not in UNNAMED_DIMENSIONS
            ):
                continue
            found.update(dict.fromkeys(map(as_text, run.values(cell, dimension))))
    values = [value for value in found if wanted is None or value in wanted]
    named = [value for value in names.get(dimension, {}) if value in values]
    return named + [value for value in values if value not in named]


def _spelled(column: Column, layout: Layout, runs: Sequence[LoadedRun]) -> list[Computed]:
    dimension, scope = column.each, scope_of(column.where)
    if dimension is None:
        return [Computed(column, scope)]
    if dimension in UNNAMED_DIMENSIONS:
        raise ConfigError(f"column {column.name!r}: `each` cannot be {dimension!r}: too many")
    spelled: list[Computed] = []
    for value in values_of(dimension, scope, runs, layout.names):
        one = msgspec.structs.replace(
            column,
            name=layout.names.get(dimension, {}).get(value, value),
            id=None if column.id is None else f"{column.id}[{value}]",
            each=None,
        )
        narrowed: Scope = (*scope, (dimension, frozenset([value])))
        spelled.append(Computed(one, narrowed, (dimension, value)))
    return spelled


def _with_operands(one: Computed, columns: Sequence[Computed]) -> Computed:
    if one.column.formula is None:
        return one
    tree = parsed(one.column.formula, one.place)
    operands = {name: _operands(one, name, columns) for name in names_in(tree)}
    for name in single_names_in(tree):
        if len(operands[name]) > 1:
            raise ConfigError(
                f"{one.place}: {name!r} stands for {len(operands[name])} columns; take their "
                f"mean({name}), or give this column the same `each`"
            )
    return msgspec.structs.replace(one, operands=operands)


def _operands(one: Computed, name: str, columns: Sequence[Computed]) -> tuple[int, ...]:
    """Return where the columns called `name` stand: of those with `each`, that of equal value."""
    ids = [_base_id(column) for column in columns]
    found = [position for position, other in enumerate(ids) if other == name]
    if not found:
        hint = did_you_mean(name, {other for other in ids if other is not None})
        raise ConfigError(f"{one.place}: its formula names no column id with {name!r}; {hint}")
    if one.each is None or columns[found[0]].each is None:
        return tuple(found)
    beside = [position for position in found if columns[position].each == one.each]
    if not beside:
        raise ConfigError(f"{one.place}: there is no {name!r} of {' '.join(one.each)}; use `where`")
    return tuple(beside)


def _base_id(one: Computed) -> str | None:
    name = one.column.id
    return name.partition("[")[0] if name is not None and one.each else name


def _refuse_contradictions(column: Column) -> None:
    place = f"column {column.name!r}"
    if column.formula is not None:
        own = [name for name in _NOT_WITH_FORMULA if getattr(column, name)]
        own += ["where"] if column.where and column.each is None else []
        if own:
            raise ConfigError(f"{place}: a formula has no {', '.join(own)} of its own")
        return
    of_two = (*OF_TWO, SCORE_ELO)
    if (column.statistic in of_two) != (column.other_metric is not None):
        raise ConfigError(
            f"{place}: `other_metric` goes with {', '.join(of_two)}, and these with it"
        )
    if column.weights and not column.mean_of:
        raise ConfigError(f"{place}: `weights` are of the values of a dimension in `mean_of`")
    if column.weights and (min(column.weights.values()) < 0 or not sum(column.weights.values())):
        raise ConfigError(f"{place}: `weights` should not be negative, and not all 0")
    if column.statistic == "bradley_terry" and column.mean_of:
        raise ConfigError(f"{place}: bradley_terry rates all battles together; it has no `mean_of`")
    _refuse_bad_reductions(column, place)


def _refuse_bad_reductions(column: Column, place: str) -> None:
    for reduction in column.reduce:
        if (reduction.how in ("pass_at_k", "pass_hat_k")) != (reduction.k is not None):
            raise ConfigError(f"{place}: `k` goes with pass_at_k and pass_hat_k, and these with it")
        if reduction.over == "sample" and reduction.how in ("first", "last"):
            raise ConfigError(f"{place}: samples of a group have no first and no last")
        if column.missing == "zero" and reduction.over != "epoch":
            raise ConfigError(
                f"{place}: which {reduction.over}s of what is missing is not known, so that it "
                "cannot count as zero before they are reduced"
            )


def _refuse_repeated(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            raise ConfigError(f"two columns have the id {name!r}; ids must be unique")
        seen.add(name)
