"""Runs of evalrun as one more leaderboard: models by tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..results import Cell, Results, StoredRun
from .leaderboards import Read, Reading, Scenario
from .names import standard_model, standard_scenario


def read_run_scores(runs: Sequence[StoredRun], reading: Reading) -> Read:
    """Return a scenario for each task, group and average of the runs' recipes.

    The average of a recipe is called after it, its tasks and groups `recipe task`. A KV method
    other than the full cache makes another model of its model: `model kv`. Of runs of the same
    model the best score is kept, as in leaderboards. The source is the recipe.
    """
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    for run in runs:
        results = run.results
        model = standard_model(_model(results), reading.variant)
        for cell in _cells(results):
            title = results.recipe if cell.level == "all" else f"{results.recipe} {cell.name}"
            name = standard_scenario(title, reading.display, reading.variant)
            scores = found.setdefault((results.recipe, name), {}).setdefault(model, [])
            scores += [cell.value] if cell.value is not None else []
    scenarios = (
        Scenario(name, recipe, {model: max(values) for model, values in models.items()})
        for (recipe, name), models in found.items()
    )
    return Read(tuple(scenarios), tuple(_notes(runs)))


def _model(results: Results) -> str:
    return results.model if results.kv == "full" else f"{results.model} {results.kv}"


def _cells(results: Results) -> Iterator[Cell]:
    return (
        cell
        for cell in results.cells
        if cell.level in ("task", "group", "all") and cell.value is not None
    )


def _notes(runs: Sequence[StoredRun]) -> Iterator[str]:
    for run in runs:
        missing = run.results.planned - run.results.predicted
        if missing:
            yield f"{run.folder.path}: {missing} of {run.results.planned} samples are missing"
