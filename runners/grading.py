"""Grading without generation: predictions made elsewhere, and finished runs again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from ..core.config import Config, RunOptions
from ..core.errors import ConfigError
from ..core.interfaces import Benchmark, Scorer
from ..core.schema import Section
from ..core.score import Score
from .build import build_benchmark, build_parts, ready_scorer
from .compose import Composer
from .fitting import fitted
from .folder import RunFolder, write_atomically
from .formats import check_format, rendered
from .given import GivenPredictions, Key
from .given_samples import Found, found
from .graded_layouts import FilledLayouts, filled_layouts
from .in_flight import InFlight
from .judging import judge_to_ask, judging_by
from .plan import make_plan
from .results import Labels, Results, aggregate
from .runs import Finished, Prepared, ProblemsError, grading_problems, perform
from .status import read_status
from .tables.grid import grid_content, grid_table
from .tables.results import run_table
from .tables.table import Table

# So many replies are graded beside each other: some scorers wait for processes of their own.
_AT_A_TIME = 64
REGRADING_SECTIONS = ("scorer", "judge", "sandbox", "table")


class GradedRow(msgspec.Struct, frozen=True):
    """One line of `evalrun score --out`: the official id or row number, and the verdict."""

    key: Key
    score: Score

    def line(self) -> dict[str, Any]:
        """Return the line as written."""
        score = self.score
        line: dict[str, Any] = {**self.key, "scores": score.scores, "answer": score.answer}
        line["status"] = score.status
        if len(score.turns) > 1:
            line["turns"] = msgspec.to_builtins(score.turns)
        return line


class GradedFile(msgspec.Struct, frozen=True):
    """Verdicts on predictions made elsewhere, in the order of the predictions.

    `layouts` are the tables of the recipe, filled with them, and `notes` what is to be known of
    all.
    """

    rows: tuple[GradedRow, ...]
    results: Results
    layouts: FilledLayouts
    notes: tuple[str, ...] = ()


class _Graded(msgspec.Struct, frozen=True):
    """The verdict on a prediction, and what it says of each line of the file."""

    score: Score
    by_line: dict[int, Score]


def grade_file(config: Config, predictions: Path) -> GradedFile:
    """Grade `predictions` against the rows that `config` names.

    A prediction line holds `id` (official id) or `index` (row number), `prediction`, a string or a
    list of strings, and for repeats an `epoch` from 0 on. Of a sample made of several rows each may
    have a line; those without one are left out of it. Beside it, or instead, `judge_reply`
    holds the words of a judge: a string, or a list with one for each question, in the order in
    which the scorer asks. Without any, the judge of `config` is asked. Raises DataError for a line
    that fits no row or holds too little, ConfigError where a judge is needed and there is none.
    """
    benchmark = build_benchmark(config)
    given = GivenPredictions(predictions)
    model = judge_to_ask(config, given)
    problems = [*benchmark.problems(), *(model.problems(None) if model else ())]
    if problems:
        raise ProblemsError(problems)
    judging = judging_by(model, config, given)
    predicted = (one.sample for one in _predicted(benchmark, given))
    scorer = fitted(
        ready_scorer(config, judging.endpoint, predicted),
        ((one.sample, one.prediction) for one in _predicted(benchmark, given)),
    )
    grading = _grade(judging.counted(scorer), _predicted(benchmark, given))
    graded = asyncio.run(judging.during(grading))
    verdicts = [one.score for one in graded]
    by_line = {place: part for one in graded for place, part in one.by_line.items()}
    given.refuse_unused(by_line)
    judging.refuse_unasked()
    labels = Labels(
        recipe=config.recipe.name,
        model=predictions.name,
        kv="full",
        protocol=str(config.protocol["name"]),
        scorer=scorer.label,
    )
    every_row = RunOptions(epochs=given.epochs)
    plan = make_plan(benchmark, every_row)
    results = aggregate(verdicts, given.used(verdicts), labels, plan, config.table)
    of_every_row = msgspec.structs.replace(config, run=every_row)
    rows = tuple(GradedRow(key, by_line[place]) for place, key in enumerate(given.keys))
    layouts = filled_layouts(of_every_row, results, plan, verdicts)
    return GradedFile(rows, results, layouts, judging.notes)


def grade_command(composer: Composer, arguments: Sequence[str], out: Path | None, form: str) -> str:
    """Grade as `evalrun score` asks, write `out`, and return the table. Raises ConfigError."""
    check_format(form)
    paths = {"rows": "", "predictions": ""}
    overrides: list[str] = []
    for argument in arguments:
        key, _, value = argument.partition("=")
        if key in paths:
            paths[key] = value
        else:
            overrides.append(argument)
    missing = [f"{key}=FILE" for key, path in paths.items() if not path]
    if missing:
        raise ConfigError(f"evalrun score needs {' and '.join(missing)}")
    config = composer.compose([*overrides, f"benchmark.path={json.dumps(paths['rows'])}"])
    graded = grade_file(config, Path(paths["predictions"]))
    if out is not None:
        lines = [msgspec.json.encode(row.line()).decode() for row in graded.rows]
        write_atomically(out, "".join(f"{line}\n" for line in lines))
    return rendered(_tables(graded), _content(graded), form)


def regrade(folder: RunFolder, composer: Composer, overrides: Sequence[str]) -> Finished:
    """Grade a run's stored predictions, with another scorer if `overrides` say so."""
    status = read_status(folder)
    if status is None:
        raise ConfigError(f"{folder.path} is not a run folder: it has no run.json")
    config = regrading_config(folder.read_config(), composer, overrides)
    parts = build_parts(config)
    problems = grading_problems(config, parts)
    if problems:
        raise ProblemsError(problems)
    run = Prepared(config, parts, folder, status.provenance, status)
    return perform(run, generate=False)


def regrading_config(config: Config, composer: Composer, overrides: Sequence[str]) -> Config:
    """Return `config` with other sections for grading. Raises ConfigError for any other key."""
    for override in overrides:
        head = override.partition("=")[0].partition(".")[0]
        if head not in REGRADING_SECTIONS:
            raise ConfigError(
                f"{override}: rescoring takes only {', '.join(REGRADING_SECTIONS)}; "
                "what else changes makes another run"
            )
    # The stored sections, as overrides, come first, so that the new ones win.
    stored = [
        line
        for section in ("scorer", "judge")
        if not any(override.startswith(f"{section}=") for override in overrides)
        for line in _as_overrides(getattr(config, section), section)
    ]
    composed = composer.compose([f"recipe={config.recipe.name}", *stored, *overrides])
    return msgspec.structs.replace(
        config, **{section: getattr(composed, section) for section in REGRADING_SECTIONS}
    )


def _as_overrides(section: Section, path: str) -> Iterator[str]:
    """Yield what says the same as a section, key by key: Hydra's mappings are not JSON's."""
    for key, value in section.items():
        if isinstance(value, dict) and value:
            yield from _as_overrides(cast("Section", value), f"{path}.{key}")
        else:
            yield f"{path}.{key}={json.dumps(value)}"


def _tables(graded: GradedFile) -> list[Table]:
    """Return the table of results, and those of the recipe in which there is any number."""
    table = run_table(graded.results)
    notes = (*table.notes, *graded.notes, *graded.layouts.reasons)
    table = msgspec.structs.replace(table, notes=notes)
    filled = [
        grid_table(grid)
        for grid in graded.layouts.grids.values()
        if any(cell.value is not None for row in grid.rows for cell in row.cells)
    ]
    return [table, *filled]


def _content(graded: GradedFile) -> dict[str, Any]:
    """Return the results, and beside them the tables by layouts, for programs."""
    content: dict[str, Any] = msgspec.to_builtins(graded.results)
    if graded.layouts.grids:
        grids = graded.layouts.grids.items()
        content["layouts"] = {name: grid_content(grid) for name, grid in grids}
    return content


def _predicted(benchmark: Benchmark, given: GivenPredictions) -> Iterator[Found]:
    return (one for sample in benchmark.samples() for one in found(given, sample))


async def _grade(scorer: Scorer, predicted: Iterable[Found]) -> list[_Graded]:
    """Return verdicts in the order of the predictions; many are in the making at a time."""
    graded: list[_Graded | None] = []

    async def grade(one: Found, position: int) -> None:
        score = one.placed(await scorer.score(one.sample, one.prediction))
        graded[position] = _Graded(score, dict(one.lines(score)))
        flight.asked()

    flight = InFlight(lambda: _AT_A_TIME)
    try:
        for one in predicted:
            await flight.room()
            graded.append(None)
            flight.start(grade(one, len(graded) - 1), asking=True)
        await flight.drained()
    finally:
        await flight.cancel()
    return [one for one in graded if one is not None]
