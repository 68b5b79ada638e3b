"""Reported numbers: the rows of `papers/<system>.csv`, checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, read_rows, where
from ...core.suggest import did_you_mean
from ..recipe_trees import Tree, search_path

Condition = tuple[str, tuple[str, ...]]
"""A dimension of runs and the values of it, any of which will do."""

COLUMNS = (
    "system",
    "source",
    "table",
    "seen",
    "model",
    "method",
    "setting",
    "where",
    "column",
    "value",
    "note",
)

_NEEDED = ("source", "table", "seen", "model", "column")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_CONDITION = re.compile(r"([A-Za-z_][\w.-]*)=([^\s=,]+(?:,[^\s=,]+)*)", re.ASCII)


class ReportedNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number that a paper prints, and where it stands there.

    `seen` says where it was read. `printed` is the number as the paper has it, scaled as it prints
    it; empty where the paper has none. An empty `method` is the model with its whole cache. `where`
    are the conditions under which a run is of the same thing, `setting` says them for people.
    """

    system: str
    source: str
    table: str
    seen: str
    model: str
    method: str
    setting: str
    where: tuple[Condition, ...]
    column: str
    printed: str
    note: str

    @property
    def value(self) -> float | None:
        """The number as printed, None where the paper has none."""
        return float(self.printed) if self.printed else None

    @property
    def half_unit(self) -> float:
        """Half a unit of the last digit that is printed: how far rounding may have moved it."""
        return 0.5 * 10.0 ** -len(self.printed.partition(".")[2])

    @property
    def is_second_hand(self) -> bool:
        """Whether somebody else quoted the number where it was read."""
        return "third-party" in self.seen

    @property
    def line(self) -> tuple[str, ...]:
        """What the numbers of one line of a paper's table have in common."""
        return (self.source, self.table, self.model, self.method, self.setting)

    @property
    def place(self) -> tuple[object, ...]:
        """What no two numbers have in common."""
        return (*self.line, self.where, self.column)


def read_reported(system: str, folders: Sequence[Path] = ()) -> tuple[ReportedNumber, ...]:
    """Return the numbers reported on `system`: evalrun's, those of plugins, and the user's own.

    They are in `papers/<system>.csv` of the trees. The user's take the place of others that stand
    at the same place; those of plugins do not. Raises DataError when there is no file, or naming
    the file, the row and the column of what is wrong, ConfigError for a folder without recipes.
    """
    trees = search_path(folders)
    found = [tree for tree in trees if _file(tree, system).is_file()]
    if not found:
        known = (path.stem for tree in trees for path in tree.folder.glob("papers/*.csv"))
        raise DataError(f"no reported numbers of {system!r}: {did_you_mean(system, known)}")
    numbers: dict[tuple[object, ...], ReportedNumber] = {}
    for tree in found:
        read = _read(_file(tree, system))
        numbers |= {k: n for k, n in read.items() if tree.own or k not in numbers}
    return tuple(numbers.values())


def _file(tree: Tree, system: str) -> Path:
    return tree.folder / "papers" / f"{system}.csv"


def parse_where(text: str) -> tuple[Condition, ...]:
    """Return conditions written as overrides are: `protocol=multi_turn kv.budget=null,4096`.

    Raises ValueError.
    """
    conditions: dict[str, tuple[str, ...]] = {}
    for word in text.split():
        found = _CONDITION.fullmatch(word)
        if found is None:
            raise ValueError(f"{word!r} is not dimension=value")
        if found[1] in conditions:
            raise ValueError(f"{found[1]} stands there twice; several values: {found[1]}=a,b")
        conditions[found[1]] = tuple(found[2].split(","))
    return tuple(conditions.items())


def _read(path: Path) -> dict[tuple[object, ...], ReportedNumber]:
    numbers: dict[tuple[object, ...], ReportedNumber] = {}
    for index, row in read_rows(path):
        number = _number(row, path, where(path, index))
        if number.place in numbers:
            raise DataError(f"{where(path, index)}: reported twice, with the same conditions")
        numbers[number.place] = number
    return numbers


def _number(row: Row, path: Path, place: str) -> ReportedNumber:
    _refuse_other_columns(row, place)
    cells = {name: str(row[name]).strip() for name in COLUMNS}
    for name in _NEEDED:
        if not cells[name]:
            raise DataError(f"{place}, column '{name}': empty")
    if cells["system"] != path.stem:
        raise DataError(
            f"{place}, column 'system': {cells['system']!r} in the file of {path.stem!r}"
        )
    printed = cells.pop("value")
    if printed and not _NUMBER.fullmatch(printed):
        raise DataError(
            f"{place}, column 'value': {printed!r} is not a number; leave it empty where the paper "
            "has none"
        )
    try:
        conditions = parse_where(cells.pop("where"))
    except ValueError as error:
        raise DataError(f"{place}, column 'where': {error}") from None
    return ReportedNumber(**cells, where=conditions, printed=printed)  # type: ignore[arg-type]


def _refuse_other_columns(row: Row, place: str) -> None:
    for name in row:
        if name not in COLUMNS:
            raise DataError(f"{place}: unknown column {name!r}; {did_you_mean(name, COLUMNS)}")
    for name in COLUMNS:
        if name not in row:
            raise DataError(f"{place}: missing column {name!r}; there are {', '.join(row)}")
