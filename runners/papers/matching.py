"""Which reported numbers are of the same thing as a row of a table of runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from ...core.layout import Column, Layout, Value
from ..layouts.dimensions import RUN_DIMENSIONS, UNNAMED_DIMENSIONS, as_text, is_of_run
from ..layouts.loading import LoadedRun
from ..plan import PlannedCell
from ..tables.results import distinct
from .names import FULL, Likeness, likeness, method_key, nearest, without_settings
from .reported import Condition, ReportedNumber

# Weights that are not called by the name of a model.
_PACKAGED = "package:"


class Match(msgspec.Struct, frozen=True):
    """The reported numbers of the same thing, and what a reader must know of how they were found.

    Both may be empty.
    """

    numbers: tuple[ReportedNumber, ...] = ()
    notes: tuple[str, ...] = ()


class Candidates(msgspec.Struct, frozen=True):
    """What a row may match: the reported `numbers`, and the shown `columns` by their names."""

    layout: Layout
    columns: Mapping[str, Column]
    numbers: tuple[ReportedNumber, ...]


def match(runs: Sequence[LoadedRun], called: str, candidates: Candidates) -> Match:
    """Return the numbers that are of the same model, method and conditions as a row's `runs`.

    `called` is what notes call the row. Where there is none, a note says what is missing.
    """
    layout, numbers = candidates.layout, candidates.numbers
    names = _model_names(runs, layout)
    methods = _methods(runs, layout)
    if not numbers or names is None or methods is None:
        return Match()
    of_model, notes = _of_model(names, numbers)
    if not of_model:
        near = ", ".join(nearest(names, distinct(number.model for number in numbers)))
        hint = f"`names: {{model: {{{names[0]}: THAT}}}}` in the layout says that it is one of them"
        return Match((), (f"no number is reported of {names[0]}; nearest: {near}; {hint}",))
    of_method = [number for number in of_model if method_key(number.method) in methods]
    if not of_method:
        known = ", ".join(distinct(number.method or FULL for number in of_model))
        return Match((), (f"{called}: its KV method is not reported; reported are {known}",))
    found = tuple(n for n in of_method if not list(_unmet(n, runs, candidates)))
    if not found:
        return Match((), (*notes, f"{called}: reported {_elsewhere(of_method, runs, candidates)}"))
    return Match(found, notes)


def holds(condition: Condition, run: LoadedRun) -> bool:
    """Whether a run has one of the values that a condition names; what it has not is no value."""
    dimension, values = condition
    return (dimension in RUN_DIMENSIONS or dimension in run.keys) and run.value(dimension) in values


def _model_names(runs: Sequence[LoadedRun], layout: Layout) -> list[str] | None:
    """Return what the model of `runs` is called; None when they are of several.

    Weights tell better what a model is than the name of its recipe. A layout's `names` come first.
    """
    aliases = layout.names.get("model", {})
    known = {(run.value("model"), _weights(run)) for run in runs}
    if len(known) != 1:
        return None
    ((name, weights),) = known
    own = [alias for key in (name, weights) if key and (alias := aliases.get(key))]
    return distinct([*own, weights or name])


def _weights(run: LoadedRun) -> str | None:
    weights = run.keys.get("model.weights")
    return None if not weights or str(weights).startswith(_PACKAGED) else str(weights)


def _methods(runs: Sequence[LoadedRun], layout: Layout) -> set[str] | None:
    """Return the keys of what the KV method of `runs` is called; None when they have several."""
    labels = {run.value("kv") for run in runs}
    if len(labels) != 1:
        return None
    (label,) = labels
    method = runs[0].value("kv.method")
    printed = layout.names.get("kv", {})
    names = [label, method, without_settings(label)]
    names += [printed[name] for name in names if name in printed]
    return set(map(method_key, names))


def _of_model(
    names: Sequence[str], numbers: Iterable[ReportedNumber]
) -> tuple[list[ReportedNumber], tuple[str, ...]]:
    """Return the numbers on the model: of each table those of just its name, else those alike."""
    by_table: dict[tuple[str, str], dict[Likeness, list[ReportedNumber]]] = {}
    for number in numbers:
        like = likeness(names, number.model)
        if like is not None:
            table = by_table.setdefault((number.source, number.table), {})
            table.setdefault(like, []).append(number)
    found: list[ReportedNumber] = []
    notes: list[str] = []
    for (source, table), by_likeness in by_table.items():
        if "same" in by_likeness:
            found += by_likeness["same"]
            continue
        found += by_likeness["alike"]
        models = distinct(number.model for number in by_likeness["alike"])
        if len(models) > 1:
            told = f"may each be {names[0]}; all are shown"
        else:
            told = f"is taken for {names[0]}, though the names end differently"
        notes.append(f"{' and '.join(models)} of {source}, {table} {told}")
    return found, tuple(notes)


def _unmet(
    number: ReportedNumber, runs: Sequence[LoadedRun], candidates: Candidates
) -> Iterator[Condition]:
    """Yield the conditions of a number that a run behind its column does not meet."""
    column = candidates.columns[number.column]
    feeding = [run for run in runs if _feeds(run, column, candidates.layout)] or runs
    for condition in number.where:
        if not all(holds(condition, run) for run in feeding):
            yield condition


def _feeds(run: LoadedRun, column: Column, layout: Layout) -> bool:
    """Whether a run was to give verdicts to a column, or to one that its formula names."""
    if column.formula is None:
        return any(_within(run, cell, column.where) for cell in run.plan)
    named = set(re.findall(r"\w+", column.formula))
    return any(_feeds(run, other, layout) for other in layout.columns if other.id in named)


def _within(
    run: LoadedRun, cell: PlannedCell, scope: Mapping[str, Value | tuple[Value, ...]]
) -> bool:
    """Whether a planned cell has the values that `scope` names."""
    for dimension, wanted in scope.items():
        texts = {as_text(one) for one in (wanted if isinstance(wanted, tuple) else (wanted,))}
        if is_of_run(dimension):
            values: Iterable[object] = [run.value(dimension)]
        else:
            values = run.values(cell, dimension)
        if dimension not in UNNAMED_DIMENSIONS and not texts & set(map(as_text, values)):
            return False
    return True


def _elsewhere(
    numbers: Iterable[ReportedNumber], runs: Sequence[LoadedRun], candidates: Candidates
) -> str:
    """Say under which conditions the numbers are reported whose conditions are nearest."""
    unmet = [list(_unmet(number, runs, candidates)) for number in numbers]
    fewest = min(map(len, unmet))
    wanted: dict[str, list[str]] = {}
    for dimension, values in (one for found in unmet if len(found) == fewest for one in found):
        wanted.setdefault(dimension, []).append(",".join(values))
    parts = [
        f"{dimension}={' or '.join(distinct(values))} "
        f"(here {', '.join(distinct(run.value(dimension) for run in runs))})"
        for dimension, values in wanted.items()
    ]
    return f"where {' and '.join(parts)}"
