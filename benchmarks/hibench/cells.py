"""The grid of HiBench: a cell is what the official code keeps one result file of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from ...core.rows import Row
from .tasks import Mode, Task

Names = Literal["meaningful", "nonsense"]

# Tables may ask for any of these of every sample, as where all of a recipe's tables are filled.
_CONDITIONS = (
    "balance",
    "difficulty",
    "input_mode",
    "domain",
    "symbol",
    "value",
    "length",
    "notation",
)
_NOT_APPLICABLE = "-"

PlacedRows = Callable[[], Iterator[tuple[int, Row, str]]]
"""Gives (0-based position in its file, row, how messages name it) of the rows of a cell."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one task under the same conditions.

    `grid` names the conditions: difficulty, balance, domain and so on. `mode` is how trees are
    drawn. `rows` reads or makes the rows. `context` is what all of them are about: a JSON structure
    (None: it is not there). `source` gives the code that a row with this number is about.
    """

    task: Task
    name: str
    grid: dict[str, str]
    rows: PlacedRows
    part: str | None = None
    mode: Mode | None = None
    names: Names = "meaningful"
    context: str | None = None
    source: Callable[[int], str | None] | None = None
    synthetic: bool = False

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the cell's samples; those that do not apply are `-`."""
        known = {**self.grid, "input_mode": self.mode}
        return {
            "scenario": self.task.scenario,
            "subtask": self.task.subtask,
            **{name: known.get(name) or _NOT_APPLICABLE for name in _CONDITIONS},
            "names": self.names,
            "cell": self.name,
        }
