"""Rows in the official format, checked field by field."""

from __future__ import annotations

import re
from typing import Any, cast

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require
from ...core.suggest import did_you_mean
from .tasks import Subtask, Task, canonical

LETTERS = "ABCD"

_ASKED_NUMBER = re.compile(r"The .+ is")


class OfficialTurn(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `multi_turns`.

    `options` is empty unless the turn is multiple choice. `name` is that of the function asked
    for, `asked_number` what a turn of scbench_mf wants: "the largest number of the list".
    """

    subtask: Subtask
    input: str
    answer: str | int | float | list[str]
    options: tuple[str, ...] = ()
    name: str | None = None
    asked_number: str = ""


class OfficialRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `context` is the text as models read it: a list of integers in Python's notation."""

    context: str
    turns: tuple[OfficialTurn, ...]
    id: str | int | None = None
    lang: str | None = None
    repo: str | None = None


def parse_row(row: Row, task: Task, place: str) -> OfficialRow:
    """Return `row` of `task` with every field checked. Raises DataError naming `place`."""
    turns = cast("list[Any]", require(row, "multi_turns", list, place))
    if not turns:
        raise DataError(f"{place}: 'multi_turns' is empty")
    row_id = row.get("id")
    return OfficialRow(
        context=_context(row, task, place),
        turns=tuple(
            _parse_turn(turn, task, f"{place}, turn {number}")
            for number, turn in enumerate(turns, start=1)
        ),
        id=row_id if isinstance(row_id, (str, int)) else None,
        lang=require(row, "lang", str, place) if task.about_code else None,
        repo=require(row, "repo", str, place) if task.about_code else None,
    )


def _context(row: Row, task: Task, place: str) -> str:
    # Older rows of the vt task call their context `input`; the official code falls back likewise.
    field = "input" if "context" not in row and "input" in row else "context"
    if not task.numeric_context:
        return require(row, field, str, place)
    numbers = cast("list[Any]", require(row, field, list, place))
    if not all(_is_integer(number) for number in numbers):
        raise DataError(f"{place}: field {field!r} should hold integers only")
    return str(numbers)


def _parse_turn(turn: Any, task: Task, place: str) -> OfficialTurn:
    if not isinstance(turn, dict):
        raise DataError(f"{place}: should be an object, found {type(turn).__name__}")
    fields = cast(Row, turn)
    subtask = _subtask(fields, task, place)
    return OfficialTurn(
        subtask=subtask,
        input=require(fields, "input", str, place),
        answer=_answer(fields, subtask, place),
        options=_options(fields, place) if subtask.label == "text_and_letter" else (),
        name=require(fields, "name", str, place) if subtask.names_function else None,
        asked_number=_asked_number(fields, place) if subtask.answer == "number" else "",
    )


def _subtask(turn: Row, task: Task, place: str) -> Subtask:
    if not task.mixed:
        return task.subtasks[0]
    named = require(turn, "task", str, place)
    for subtask in task.subtasks:
        if canonical(named) == subtask.name:
            return subtask
    near = did_you_mean(named, [subtask.name for subtask in task.subtasks])
    raise DataError(f"{place}: unknown subtask {named!r} in field 'task'; {near}")


def _answer(turn: Row, subtask: Subtask, place: str) -> Any:
    if subtask.answer == "text":
        return require(turn, "answer", str, place)
    if subtask.answer == "number":
        number = require(turn, "answer", (int, float), place)
        if isinstance(number, bool):
            raise DataError(f"{place}: field 'answer' should be a number, found bool")
        return number
    names = cast("list[Any]", require(turn, "answer", list, place))
    if not names or not all(isinstance(name, str) for name in names):
        raise DataError(f"{place}: field 'answer' should be a list of names")
    return names


def _options(turn: Row, place: str) -> tuple[str, ...]:
    options = cast("list[Any]", require(turn, "options", list, place))
    if len(options) != len(LETTERS) or not all(isinstance(option, str) for option in options):
        raise DataError(f"{place}: field 'options' should be a list of {len(LETTERS)} strings")
    if turn.get("answer") not in options:
        raise DataError(f"{place}: the answer {turn.get('answer')!r} is none of the options")
    return tuple(options)


def _asked_number(turn: Row, place: str) -> str:
    """Return the end of the input up to " is", as the official code cuts it out."""
    text: str = require(turn, "input", str, place)
    found = _ASKED_NUMBER.search(text)
    if found is None:
        raise DataError(f"{place}: field 'input' should say 'The ... is', found {text!r}")
    return found.group().lower()[: -len(" is")]


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
