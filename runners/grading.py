"""Grading without generation: predictions made elsewhere, and finished runs again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from ..core.config import Config, RunOptions
from ..core.errors import ConfigError, DataError
from ..core.interfaces import Scorer
from ..core.prediction import Prediction, prediction_id
from ..core.rows import Row, read_rows, where
from ..core.sample import Sample
from ..core.score import Score
from .build import build_benchmark, build_parts, ready_scorer
from .compose import Composer
from .folder import RunFolder, write_atomically
from .formats import check_format, rendered
from .graded_layouts import FilledLayouts, filled_layouts
from .plan import make_plan
from .results import Labels, Results, aggregate
from .runs import Finished, Prepared, ProblemsError, grading_problems, perform
from .status import read_status
from .tables.grid import grid_content, grid_table
from .tables.results import run_table
from .tables.table import Table

_MOST_EPOCHS = 999
REGRADING_SECTIONS = ("scorer", "judge", "table")


class GradedRow(msgspec.Struct, frozen=True):
    """One line of `evalrun score --out`: the official id or row number, and the verdict."""

    key: dict[str, str | int]
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

    `layouts` are the tables of the recipe, filled with them.
    """

    rows: tuple[GradedRow, ...]
    results: Results
    layouts: FilledLayouts


def grade_file(config: Config, predictions: Path) -> GradedFile:
    """Grade `predictions` against the rows that `config` names.

    A prediction line holds `id` (official id) or `index` (row number), `prediction`, a string or a
    list of strings, and for repeats an `epoch` from 0 on. Raises DataError for a line that fits no
    row.
    """
    benchmark = build_benchmark(config)
    problems = benchmark.problems()
    if problems:
        raise ProblemsError(problems)
    given = _Given(predictions)
    predicted = (sample for sample in benchmark.samples() if given.has(sample))
    scorer = ready_scorer(config, None, predicted)
    verdicts = asyncio.run(_grade(scorer, benchmark.samples(), given))
    given.refuse_unused(verdicts)
    labels = Labels(
        recipe=config.recipe.name,
        model=predictions.name,
        kv="full",
        protocol=str(config.protocol["name"]),
        scorer=scorer.label,
    )
    every_row = RunOptions(epochs=given.epochs)
    plan = make_plan(benchmark, every_row)
    results = aggregate(verdicts.values(), given.used(verdicts), labels, plan, config.table)
    graded = msgspec.structs.replace(config, run=every_row)
    rows = tuple(GradedRow(key, verdicts[place]) for place, key in enumerate(given.keys))
    layouts = filled_layouts(graded, results, plan, verdicts.values())
    return GradedFile(rows, results, layouts)


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
        f"{section}.{key}={json.dumps(value)}"
        for section in ("scorer", "judge")
        if not any(override.startswith(f"{section}=") for override in overrides)
        for key, value in getattr(config, section).items()
    ]
    composed = composer.compose([f"recipe={config.recipe.name}", *stored, *overrides])
    return msgspec.structs.replace(
        config, scorer=composed.scorer, judge=composed.judge, table=composed.table
    )


def _tables(graded: GradedFile) -> list[Table]:
    """Return the table of results, and those of the recipe in which there is any number."""
    table = run_table(graded.results)
    table = msgspec.structs.replace(table, notes=(*table.notes, *graded.layouts.reasons))
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


class _Given:
    """Predictions of a file, found by official id or by row number, and epoch."""

    def __init__(self, path: Path) -> None:
        self.keys: list[dict[str, str | int]] = []
        self._outputs: list[tuple[str, ...]] = []
        self._epochs: list[int] = []
        self._by_id: dict[tuple[str, int], int] = {}
        self._by_index: dict[tuple[int, int], int] = {}
        self._path = path
        for index, row in read_rows(path):
            self._add(row, where(path, index))

    @property
    def epochs(self) -> int:
        """How many epochs there are."""
        return max(self._epochs, default=0) + 1

    def places(self, sample: Sample) -> list[int]:
        """Return the positions of the predictions for `sample`, by epoch."""
        places = (self._place(sample, epoch) for epoch in range(self.epochs))
        return [place for place in places if place is not None]

    def has(self, sample: Sample) -> bool:
        """Tell whether `sample` was predicted."""
        return bool(self.places(sample))

    def prediction(self, sample: Sample, place: int) -> Prediction:
        """Return prediction number `place` as the prediction of `sample`."""
        return Prediction(
            id=prediction_id(sample.id, self._epochs[place]),
            sample_id=sample.id,
            epoch=self._epochs[place],
            task=sample.task,
            group=sample.group,
            outputs=self._outputs[place],
        )

    def used(self, verdicts: dict[int, Score]) -> Iterator[Prediction]:
        """Yield a prediction for each verdict."""
        for score in verdicts.values():
            yield Prediction(
                id=score.id, sample_id=score.sample_id, epoch=score.epoch, task=score.task
            )

    def refuse_unused(self, verdicts: dict[int, Score]) -> None:
        """Raise DataError naming the first prediction that fits no row."""
        for place, key in enumerate(self.keys):
            if place not in verdicts:
                name, value = next(iter(key.items()))
                raise DataError(f"{where(self._path, place)}: no data row has {name} {value!r}")

    def _place(self, sample: Sample, epoch: int) -> int | None:
        for name in (sample.row_id, sample.id):
            place = self._by_id.get((str(name), epoch)) if name is not None else None
            if place is not None:
                return place
        return self._by_index.get((sample.row, epoch))

    def _add(self, row: Row, at: str) -> None:
        if "prediction" not in row:
            raise DataError(f"{at}: missing field 'prediction'")
        place = len(self.keys)
        epoch = row.get("epoch", 0)
        if not isinstance(epoch, int) or not 0 <= epoch <= _MOST_EPOCHS:
            raise DataError(f"{at}: field 'epoch' should be a number from 0 to {_MOST_EPOCHS}")
        repeat: dict[str, str | int] = {"epoch": epoch} if "epoch" in row else {}
        if "id" in row:
            self.keys.append({"id": row["id"], **repeat})
            known = self._by_id.setdefault((str(row["id"]), epoch), place)
        elif isinstance(row.get("index"), int):
            self.keys.append({"index": row["index"], **repeat})
            known = self._by_index.setdefault((row["index"], epoch), place)
        else:
            raise DataError(f"{at}: needs 'id' (official id) or 'index' (row number)")
        if known != place:
            raise DataError(f"{at}: a second prediction for {self.keys[place]}")
        self._epochs.append(epoch)
        self._outputs.append(_outputs(row["prediction"]))


def _outputs(prediction: Any) -> tuple[str, ...]:
    if isinstance(prediction, list):
        return tuple(_text(item) for item in cast("list[Any]", prediction))
    return (_text(prediction),)


def _text(item: Any) -> str:
    """Return a reply as text; structured replies as the JSON a model would have written."""
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


async def _grade(scorer: Scorer, samples: Iterable[Sample], given: _Given) -> dict[int, Score]:
    verdicts: dict[int, Score] = {}
    for sample in samples:
        for place in given.places(sample):
            verdicts[place] = await scorer.score(sample, given.prediction(sample, place))
    return verdicts
