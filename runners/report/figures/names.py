"""What figures call runs, and how they draw them: the same in every figure of a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from ...kv_report import FULL
from ...looks import Look, nth_look
from ...results import Cell, Results, StoredRun
from ...tables.results import lines_of

# What runs of one series may differ in: what was asked, and how.
SETTING = ("recipe", "protocol")

# The full cache beside methods, in a grey that shows on white and on black.
_FULL_LOOK = Look("#808080", "circle", "solid")


class Series(msgspec.Struct, frozen=True):
    """Runs that share a line of the table of runs: one model and KV method, over several tasks."""

    name: str
    look: Look
    runs: tuple[StoredRun, ...]


class NamedRun(msgspec.Struct, frozen=True):
    """One run; those of one series share its look."""

    name: str
    look: Look
    stored: StoredRun

    @property
    def results(self) -> Results:
        """What was aggregated of it."""
        return self.stored.results


class Subjects(msgspec.Struct, frozen=True):
    """Everything that figures draw."""

    series: tuple[Series, ...]
    runs: tuple[NamedRun, ...]

    @property
    def results(self) -> list[Results]:
        """The results of all runs."""
        return [run.results for run in self.runs]

    def series_of(self, results: Results) -> Series:
        """Return the series of the run with these very results."""
        return next(
            series for series in self.series if any(run.results is results for run in series.runs)
        )


def subjects_of(runs: Sequence[StoredRun]) -> Subjects:
    """Name `runs` by what tells them apart, and give each series a look of its own."""
    lines = lines_of(
        [(run.results, _columns(run.results)) for run in runs],
        same=lambda run: (run.model, run.kv),
    )
    members = [
        tuple(run for run in runs if any(run.results is other for other in line.runs))
        for line in lines
    ]
    names = _distinguished([_series_name(own[0], runs) for own in members], members)
    looks = _looks([own[0].results.kv for own in members])
    series = tuple(map(Series, names, looks, members))
    return Subjects(series, _named_runs(runs, series))


def telling(run: Results, runs: Sequence[Results], fields: Sequence[str]) -> list[str]:
    """Return those `fields` of a run that differ between `runs`."""
    return [
        getattr(run, field)
        for field in fields
        if len({getattr(other, field) for other in runs}) > 1
    ]


def _columns(run: Results) -> dict[str, Cell]:
    """Return what two runs of one series may not both have."""
    return {
        "\0".join((run.recipe, run.protocol, cell.level, cell.name)): cell
        for cell in run.cells
        if cell.level in ("task", "group", "all")
    }


def _series_name(run: StoredRun, runs: Sequence[StoredRun]) -> str:
    """Name a run by its model and KV method, as far as they differ."""
    model, kv = run.results.model, run.results.kv
    models, methods = {r.results.model for r in runs}, {r.results.kv for r in runs}
    if len(models) == 1 and len(methods) > 1:
        return kv
    return model if methods == {FULL} else f"{model} + {kv}"


def _looks(methods: Sequence[str]) -> list[Look]:
    """Return a look for each series; the full cache is grey where it stands beside methods."""
    if methods.count(FULL) != 1 or len(methods) == 1:
        return [nth_look(position) for position in range(len(methods))]
    others = iter(range(len(methods)))
    return [_FULL_LOOK if kv == FULL else nth_look(next(others)) for kv in methods]


def _named_runs(runs: Sequence[StoredRun], series: Sequence[Series]) -> tuple[NamedRun, ...]:
    """Name each run by its series, and by what else differs in it."""
    owners = [next(s for s in series if any(own is run for own in s.runs)) for run in runs]
    names = [_run_name(run, owner) for run, owner in zip(runs, owners, strict=True)]
    names = _distinguished(names, [(run,) for run in runs])
    return tuple(
        NamedRun(name, owner.look, run)
        for name, owner, run in zip(names, owners, runs, strict=True)
    )


def _run_name(run: StoredRun, owner: Series) -> str:
    own = [other.results for other in owner.runs]
    return " / ".join([owner.name, *telling(run.results, own, SETTING)])


def _distinguished(names: Sequence[str], runs: Sequence[tuple[StoredRun, ...]]) -> list[str]:
    """Add to equal names the scorers, if those differ, or else the names of the folders."""
    for detail in (_scorer, _folder):
        counts = Counter(names)
        details = [detail(own[0]) for own in runs]
        names = [
            f"{name} / {extra}" if counts[name] > 1 and _tells(name, names, details) else name
            for name, extra in zip(names, details, strict=True)
        ]
    return list(names)


def _tells(name: str, names: Sequence[str], details: Sequence[str]) -> bool:
    return len({detail for n, detail in zip(names, details, strict=True) if n == name}) > 1


def _scorer(run: StoredRun) -> str:
    return run.results.scorer


def _folder(run: StoredRun) -> str:
    return run.folder.path.name
