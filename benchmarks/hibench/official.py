"""Official files as cells: which are there, and what their names say of the grid."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, read_rows, where
from .cells import Cell, Names, PlacedRows
from .tasks import Mode, Task

_LEVEL = "easy|medium|hard"
_SETTING = "_".join(f"{name}_(?P<{name}>{_LEVEL})" for name in ("symbol", "value", "length"))
_TREE = (
    rf"(?P<balance>balanced|unbalanced)-unweighted-(?P<difficulty>{_LEVEL})(?:-(?P<part>\d))?\.json"
)
_DOMAIN = r"university_(?:bullshit_)?structure_(?:small|(?:medium|large)_[12])"
_NOTATION = "(?:infix|prefix|postfix)"

# How the paths of official files end, by scenario; a file whose name fits no pattern is of an
# earlier version of the data. {subtask} is the subtask that the file has to be of.
_PATTERNS = {
    "normal": rf"Fundamental/normal/{_TREE}",
    "binary": rf"Fundamental/binary/{_TREE}",
    "json": rf"QA/{{subtask}}/{{subtask}}_(?P<domain>{_DOMAIN})\.json",
    "formula": rf"{{subtask}}/(?P<notation>{_NOTATION}(?:(?:Eq)?2{_NOTATION})?)_{_SETTING}\.csv",
    "code": r"(?P<language>c\+\+|python)Selected/answer\.json",
    "paper": r"{subtask}/(?P<split>dev|test)\.json",
}
_FOLDERS = {"normal": "Fundamental", "binary": "Fundamental", "json": "JSON"}
_SUFFIXES = {"c++": ".cpp", "python": ".py"}


class OfficialFile(msgspec.Struct, frozen=True):
    """A file with rows of `task`, what its name says of the grid, and which of several it is.

    `modes` are those in which its trees are shown; None: as is asked for.
    """

    task: Task
    path: Path
    grid: dict[str, str]
    part: str | None = None
    modes: tuple[Mode, ...] | None = None


class Reading(msgspec.Struct, frozen=True):
    """Which cells of official files are read, and how.

    `formula_rows` is how many rows of a formula file are. Without `needs_context` a structure or a
    source file may be missing.
    """

    modes: tuple[Mode, ...]
    names: tuple[Names, ...]
    formula_rows: int | None
    needs_context: bool = True


def files_of(task: Task, folder: Path) -> list[OfficialFile]:
    """Return the files of `task` below `folder`, sorted by path."""
    top = folder / _FOLDERS.get(task.scenario, task.scenario.capitalize())
    candidates = (path for path in sorted(top.rglob("*")) if path.is_file())
    found = (recognised(task, path) for path in candidates)
    return [file for file in found if file is not None]


def recognised(task: Task, path: Path) -> OfficialFile | None:
    """Return what the end of `path` says, if it is that of an official file of `task`."""
    pattern = _PATTERNS[task.scenario].replace("{subtask}", re.escape(task.subtask))
    match = re.search(rf"(?:^|/){pattern}$", path.as_posix())
    if match is None:
        return None
    grid = match.groupdict()
    return OfficialFile(task, path, part=grid.pop("part", None), grid=grid)


def cells_of(file: OfficialFile, reading: Reading) -> Iterator[Cell]:
    """Yield the cells of a file: two where trees are drawn in two ways. Raises DataError."""
    task, grid = file.task, file.grid
    names: Names = "nonsense" if "bullshit" in grid.get("domain", "") else "meaningful"
    if names not in reading.names:
        return
    limit = reading.formula_rows if task.scenario == "formula" else None
    parts = list(grid.values()) or [file.path.stem]
    for mode in _modes(file, reading):
        yield Cell(
            task=task,
            # Files of one difficulty make one cell, as in the official code.
            name="-".join([*parts, mode] if mode else parts),
            grid=grid,
            rows=_read(file.path, limit),
            part=file.part,
            mode=mode,
            names=names,
            context=_structure(file, reading) if "domain" in grid else None,
            source=_sources(file, reading) if task.scenario == "code" else None,
        )


def structure_path(file: OfficialFile) -> Path:
    """Return where the structure of a JSON domain lies: JSON/dataset, else beside JSON/QA."""
    top, name = file.path.parents[2], f"{file.grid['domain']}.json"
    candidates = (top / "dataset" / name, top / name)
    return next((path for path in candidates if path.is_file()), candidates[0])


def missing_context(file: OfficialFile) -> Path | None:
    """Return a structure that should lie beside the file, and does not."""
    if file.task.scenario != "json" or "domain" not in file.grid:
        return None
    path = structure_path(file)
    return None if path.is_file() else path


def contexts_of(file: OfficialFile) -> list[Path]:
    """Return the files that the rows are about: the JSON structure, or the sources."""
    if "domain" in file.grid:
        path = structure_path(file)
        return [path] if path.is_file() else []
    if "language" in file.grid:
        return sorted(file.path.parent.glob(f"*{_SUFFIXES[file.grid['language']]}"))
    return []


def _modes(file: OfficialFile, reading: Reading) -> Sequence[Mode | None]:
    if not file.task.modes:
        return (None,)
    return reading.modes if file.modes is None else file.modes


def _read(path: Path, limit: int | None) -> PlacedRows:
    def rows() -> Iterator[tuple[int, Row, str]]:
        index = -1
        for index, row in islice(read_rows(path), limit):
            yield index, row, where(path, index)
        if index < 0:
            raise DataError(f"{path}: no rows")

    return rows


def _structure(file: OfficialFile, reading: Reading) -> str | None:
    path = structure_path(file)
    if not path.is_file() and not reading.needs_context:
        return None
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}") from None
    # As Python prints it: so the official prompts show it.
    return str(content)


def _sources(file: OfficialFile, reading: Reading) -> Callable[[int], str | None]:
    suffix = _SUFFIXES.get(file.grid.get("language", ""), "")

    def source(number: int) -> str | None:
        path = file.path.with_name(f"{number}{suffix}")
        if path.is_file():
            return path.read_text(encoding="utf-8")
        return None if reading.needs_context else ""

    return source
