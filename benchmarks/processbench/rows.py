"""A row of ProcessBench: a problem, a solution in steps, and where it goes wrong."""

from __future__ import annotations

from typing import Any, Literal, cast

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require

TASKS = ("gsm8k", "math", "olympiadbench", "omnimath")
NO_ERROR = -1

Side = Literal["error", "correct"]


class Solution(msgspec.Struct, frozen=True, kw_only=True):
    """A solution of `problem` as paragraphs; `label` is the 0-based first wrong one, or -1."""

    id: str
    problem: str
    steps: tuple[str, ...]
    label: int
    generator: str
    final_answer_correct: bool

    @property
    def side(self) -> Side:
        """Which of the two accuracies of a subset the solution counts in."""
        return "correct" if self.label == NO_ERROR else "error"


def parse_solution(row: Row, place: str) -> Solution:
    """Return a row of an official file. Raises DataError naming `place`."""
    steps = cast("list[Any]", require(row, "steps", list, place))
    if not steps or not all(isinstance(step, str) for step in steps):
        raise DataError(f"{place}: field 'steps' should list the steps of a solution, each a text")
    label = require(row, "label", int, place)
    if not NO_ERROR <= label < len(steps):
        last = len(steps) - 1
        raise DataError(f"{place}: field 'label' should be -1 to {last}, found {label}")
    return Solution(
        id=require(row, "id", str, place),
        problem=require(row, "problem", str, place),
        steps=tuple(steps),
        label=label,
        generator=require(row, "generator", str, place),
        final_answer_correct=require(row, "final_answer_correct", bool, place),
    )


def task_of(row: Row) -> str | None:
    """Return the subset that a row's official id names: `gsm8k-0` is of gsm8k."""
    task = str(row.get("id", "")).rpartition("-")[0]
    return task if task in TASKS else None
