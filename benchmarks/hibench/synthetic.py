"""Rows made from a seed, in the grid and the format of the official files."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import msgspec

from ...core.rows import Row
from .cells import Cell, Names, PlacedRows
from .formula_rows import LEVELS, Setting, calculate_row, convert_row, equivalent_row
from .formulas import NOTATIONS, Notation
from .options import HiBenchOptions
from .tasks import Mode, Task
from .tree_rows import SIZES, binary_row, normal_row
from .universities import University, nonsense_twin, random_university, words
from .university_rows import university_row

# Raised when the same seed gives other rows than before.
VERSION = 1

# What stands between two notations in the names of official files.
_LINKS = {"calculate": "", "convert": "2", "equivalent": "Eq2"}
_PREFIXES: dict[Names, str] = {
    "meaningful": "university_structure",
    "nonsense": "university_bullshit_structure",
}


class Wanted(msgspec.Struct, frozen=True):
    """How many rows a cell has, from which seed, and which modes and names there are."""

    rows: int
    seed: int | str
    modes: tuple[Mode, ...] = ("edge", "hierarchy")
    names: tuple[Names, ...] = ("meaningful", "nonsense")


def wanted_by(options: HiBenchOptions) -> Wanted:
    """Return what the options ask for."""
    every = Wanted(options.rows, options.seed)
    return Wanted(
        options.rows,
        options.seed,
        every.modes if options.input_mode == "both" else (options.input_mode,),
        every.names if options.names == "both" else (options.names,),
    )


def synthetic_cells(task: Task, wanted: Wanted) -> Iterator[Cell]:
    """Yield the cells of a task; the rows of a cell do not depend on what else is asked."""
    match task.scenario:
        case "normal":
            yield from _normal_cells(task, wanted)
        case "binary":
            yield from _binary_cells(task, wanted)
        case "json":
            yield from _json_cells(task, wanted)
        case _:
            yield from _formula_cells(task, wanted)


def _normal_cells(task: Task, wanted: Wanted) -> Iterator[Cell]:
    for difficulty, mode in product(SIZES, wanted.modes):
        grid = {"balance": "unbalanced", "difficulty": difficulty}
        yield Cell(
            task=task,
            name=f"unbalanced-{difficulty}-{mode}",
            grid=grid,
            rows=_made(f"normal/{difficulty}", wanted, partial(normal_row, difficulty)),
            mode=mode,
            synthetic=True,
        )


def _binary_cells(task: Task, wanted: Wanted) -> Iterator[Cell]:
    for balance, difficulty, mode in product(("balanced", "unbalanced"), SIZES, wanted.modes):
        make = partial(binary_row, difficulty, balanced=balance == "balanced")
        yield Cell(
            task=task,
            name=f"{balance}-{difficulty}-{mode}",
            grid={"balance": balance, "difficulty": difficulty},
            rows=_made(f"binary/{balance}/{difficulty}", wanted, make),
            mode=mode,
            synthetic=True,
        )


def _json_cells(task: Task, wanted: Wanted) -> Iterator[Cell]:
    for names, size in product(wanted.names, words().shapes):
        university = _university(size, names, wanted.seed)
        domain = f"{_PREFIXES[names]}_{size}"

        def make(_: int, rng: random.Random, university: University = university) -> Row:
            return university_row(task.subtask, university, rng)

        yield Cell(
            task=task,
            name=domain,
            grid={"domain": domain},
            rows=_made(f"json/{task.subtask}/{size}", wanted, make),
            names=names,
            # As Python prints it: so the official prompts show it.
            context=str(university.as_json()),
            synthetic=True,
        )


def _university(size: str, names: Names, seed: int | str) -> University:
    university = random_university(size, _rng(seed, f"university/{size}"))
    if names == "meaningful":
        return university
    return nonsense_twin(university, _rng(seed, f"twin/{size}"))


def _formula_cells(task: Task, wanted: Wanted) -> Iterator[Cell]:
    for levels in product(LEVELS, repeat=3):
        setting = Setting(*levels)
        ending = f"symbol_{setting.symbol}_value_{setting.value}_length_{setting.length}"
        for notation in _notations(task.subtask):
            notations = _LINKS[task.subtask].join(notation)
            name = f"{notations}_{ending}"
            make = _maker(task.subtask, setting, notation)
            yield Cell(
                task=task,
                name=name,
                grid={**msgspec.structs.asdict(setting), "notation": notations},
                rows=_made(f"formula/{task.subtask}/{name}", wanted, make),
                synthetic=True,
            )


def _notations(subtask: str) -> list[tuple[Notation, ...]]:
    if subtask == "calculate":
        return [(notation,) for notation in NOTATIONS]
    pairs = product(NOTATIONS, repeat=2)
    return [pair for pair in pairs if subtask == "equivalent" or pair[0] != pair[1]]


def _maker(
    subtask: str, setting: Setting, notation: tuple[Notation, ...]
) -> Callable[[int, random.Random], Row]:
    def make(_: int, rng: random.Random) -> Row:
        if subtask == "calculate":
            return calculate_row(setting, notation[0], rng)
        rows = convert_row if subtask == "convert" else equivalent_row
        return rows(setting, notation[0], notation[1], rng)

    return make


def _made(name: str, wanted: Wanted, make: Callable[[int, random.Random], Row]) -> PlacedRows:
    def rows() -> Iterator[tuple[int, Row, str]]:
        for number in range(wanted.rows):
            place = f"{name}/{number}"
            yield number, make(number, _rng(wanted.seed, place)), f"synthetic row {place}"

    return rows


def _rng(seed: int | str, name: str) -> random.Random:
    return random.Random(f"{seed}/{name}")  # noqa: S311 - no secrets
