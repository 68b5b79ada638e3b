"""Tables of model scores, read from CSV files, wide or long."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from ...core.errors import DataError
from ...core.rows import where
from .names import standard_model, standard_scenario
from .options import Variant

# What pandas, which the official code reads with, takes for a missing number; and "-".
_MISSING = frozenset(
    (
        "",
        "-",
        *("nan", "NaN", "-nan", "-NaN", "NA", "N/A", "n/a", "<NA>", "null", "NULL", "None"),
        *("#N/A", "#N/A N/A", "#NA", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    )
)
_LONG = ("model", "scenario", "score")


class Scenario(msgspec.Struct, frozen=True):
    """One column of a leaderboard: the score of each model, in the order of the file."""

    name: str
    source: str
    scores: dict[str, float]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How leaderboards are read.

    `display` are names to show scenarios by, by their standardised names. `lower_is_better` are
    sources whose scores are turned round.
    """

    variant: Variant = "fixed"
    display: dict[str, str] = {}
    lower_is_better: tuple[str, ...] = ()

    def is_turned(self, source: str) -> bool:
        """Whether scores of `source`, the name of a file without its ending, are turned round.

        The official list lacks the tag at the end of file names, and the official code compares
        whole names: so it turns no file of its catalog.
        """
        if self.variant == "official":
            return source in self.lower_is_better
        return any(source == one or source.startswith(f"{one}_") for one in self.lower_is_better)


class Read(msgspec.Struct, frozen=True):
    """Scenarios that were read, and what a reader should know of how."""

    scenarios: tuple[Scenario, ...]
    notes: tuple[str, ...] = ()


def read_leaderboard(path: Path, reading: Reading) -> Read:
    """Return the scenarios of a CSV file.

    A wide file has a column `model` first and one of scores for each scenario, a long one the
    columns model, scenario, score and perhaps source; otherwise the file's name without its ending
    is the source. Scores of "-", nothing, NaN and the like are missing. A model that stands in a
    scenario twice, after its name was standardised, keeps its best score there. Raises DataError
    naming file and row.
    """
    cells: dict[tuple[str, str], dict[str, list[float]]] = {}
    for source, scenario, model, score in _scores(path, reading):
        name = standard_scenario(scenario, reading.display, reading.variant)
        spelled = standard_model(model, reading.variant)
        cells.setdefault((source, name), {}).setdefault(spelled, []).append(score)
    repeated = sum(len(values) > 1 for models in cells.values() for values in models.values())
    notes = [f"{path.name}: {repeated} repeated scores, the best kept"] if repeated else []
    turned = sorted({source for source, _ in cells if reading.is_turned(source)})
    notes += [f"{source}: lower is better, turned round" for source in turned]
    scenarios = (_scenario(*key, models, reading) for key, models in cells.items())
    return Read(tuple(scenarios), tuple(notes))


def read_catalog(paths: Sequence[Path], reading: Reading) -> Read:
    """Return the scenarios of several files; one that cannot be read is skipped, and noted."""
    scenarios: list[Scenario] = []
    notes: list[str] = []
    for path in paths:
        try:
            read = read_leaderboard(path, reading)
        except DataError as error:
            notes.append(f"skipped {error}")
        else:
            scenarios += read.scenarios
            notes += read.notes
    return Read(tuple(scenarios), tuple(notes))


def _scenario(
    source: str, name: str, models: Mapping[str, Sequence[float]], reading: Reading
) -> Scenario:
    if not reading.is_turned(source):
        return Scenario(name, source, {model: max(values) for model, values in models.items()})
    # The official code keeps the highest before it turns scores round: the worst.
    best = max if reading.variant == "official" else min
    return Scenario(name, source, _turned({model: best(v) for model, v in models.items()}))


def _turned(scores: Mapping[str, float]) -> dict[str, float]:
    """Return 1 - (score - min) / (max - min); 0 for all when all are equal."""
    low, high = min(scores.values()), max(scores.values())
    return {m: 1 - ((s - low) / (high - low) if high > low else 1) for m, s in scores.items()}


def _scores(path: Path, reading: Reading) -> Iterator[tuple[str, str, str, float]]:
    """Yield (source, scenario, model, score) of the scores that are there."""
    table = _rows(path)
    _, header = next(table, (0, []))
    if header[:1] == ["llm_model"] and reading.variant == "fixed":
        header = ["model", *header[1:]]
    if header[:1] != ["model"] or len(header) < 2:
        found = repr(header[0]) if header else "nothing"
        raise DataError(f"{path}: the first column should be 'model', found {found}")
    cells = _long if "scenario" in header else _wide
    yield from cells(path, header, table)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (0-based position behind the header, cells); rows that end early are filled up."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            yield -1, header
            for index, row in enumerate(reader):
                if len(row) > len(header):
                    raise DataError(f"{where(path, index)}: more cells than the header")
                if row:
                    yield index, row + [""] * (len(header) - len(row))
    except (csv.Error, UnicodeDecodeError, OSError) as error:
        raise DataError(f"{path}: {error}") from None


def _wide(
    path: Path, header: Sequence[str], rows: Iterable[tuple[int, list[str]]]
) -> Iterator[tuple[str, str, str, float]]:
    for index, row in rows:
        for scenario, cell in zip(header[1:], row[1:], strict=True):
            score = _number(cell, f"{where(path, index)}, column {scenario!r}")
            if score is not None and row[0] not in _MISSING:
                yield path.stem, scenario, row[0], score


def _long(
    path: Path, header: Sequence[str], rows: Iterable[tuple[int, list[str]]]
) -> Iterator[tuple[str, str, str, float]]:
    absent = [column for column in _LONG if column not in header]
    if absent:
        raise DataError(f"{path}: a table with a column 'scenario' needs {absent[0]!r} too")
    for index, cells in rows:
        row = dict(zip(header, cells, strict=True))
        score = _number(row["score"], where(path, index))
        if score is not None and row["model"] not in _MISSING:
            yield row.get("source") or path.stem, row["scenario"], row["model"], score


def _number(cell: str, place: str) -> float | None:
    if cell.strip() in _MISSING:
        return None
    try:
        number = float(cell)
    except ValueError:
        raise DataError(f"{place}: {cell!r} is not a number") from None
    return None if math.isnan(number) else number
