"""Rows of LiveBench as samples."""

from __future__ import annotations

import math
from typing import Any, cast

from ...core.content import Message
from ...core.errors import DataError
from ...core.rows import Row, require
from ...core.sample import Sample, Turn
from ..official_rows import PlacedRow
from .coding import tests_of
from .releases import released

_INSTRUCTIONS = "instruction_following"
_CODING = "coding"
_TEMPERATURE = "required_temperature"


def sample_of(placed: PlacedRow, max_tokens: int) -> Sample:
    """Return the question of a row. Raises DataError naming its file and place."""
    row, place = placed.row, placed.place
    question_id = str(require(row, "question_id", (str, int), place))
    system = row.get("system_prompt")
    return Sample(
        id=question_id,
        task=require(row, "task", str, place),
        messages=(Message("system", system),) if system else (),
        turns=(
            Turn(
                query=_question(row, place),
                target=_target(row, place),
                max_tokens=max_tokens,
                temperature=_temperature(row, place),
                metadata=_grading(row, place),
            ),
        ),
        row=placed.index,
        row_id=question_id,
        labels=_labels(row, place),
        metadata=_origin(row),
    )


def _question(row: Row, place: str) -> str:
    turns = require(row, "turns", list, place)
    if len(turns) != 1 or not isinstance(turns[0], str):
        raise DataError(f"{place}: field 'turns' should list one text, found {turns!r:.60}")
    return turns[0]


def _target(row: Row, place: str) -> Any:
    """Return the golden answer, the instructions to follow, or None where tests decide."""
    if row["category"] == _INSTRUCTIONS:
        return _instructions(row, place)
    if row["category"].endswith(_CODING):
        return None
    return require(row, "ground_truth", (str, list, dict), place)


def _grading(row: Row, place: str) -> dict[str, Any]:
    """Return what decides how a reply is graded, beside its target."""
    tests = tests_of(row, place)
    return {"released": released(row, place), **({"tests": tests} if tests else {})}


def _instructions(row: Row, place: str) -> list[dict[str, Any]]:
    """Return the instructions, with those of their arguments that have a value."""
    names = require(row, "instruction_id_list", list, place)
    arguments = require(row, "kwargs", list, place)
    if len(names) != len(arguments) or not names:
        raise DataError(f"{place}: 'instruction_id_list' and 'kwargs' should be equally long")
    return [
        {"id": name, "arguments": {k: v for k, v in (given or {}).items() if v is not None}}
        for name, given in zip(names, cast("list[Any]", arguments), strict=True)
    ]


def _temperature(row: Row, place: str) -> float | None:
    """Return the temperature that a row requires for its reply; None without one."""
    value = row.get(_TEMPERATURE)
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:
        raise DataError(
            f"{place}: field {_TEMPERATURE!r} should be a number from 0 on, found {value!r:.40}"
        )
    return float(value)


def _labels(row: Row, place: str) -> dict[str, str]:
    category = require(row, "category", str, place)
    subtask = row.get("subtask")
    return {"category": category, "subtask": str(subtask)} if subtask else {"category": category}


def _origin(row: Row) -> dict[str, Any]:
    """Return what else tables and readers may ask of a row."""
    fields = ("level", "livebench_removal_date", _TEMPERATURE)
    return {field: str(row[field]) for field in fields if row.get(field) not in (None, "")}
