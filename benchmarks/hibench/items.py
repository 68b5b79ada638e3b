"""Rows as questions, every field checked."""

from __future__ import annotations

from typing import Any

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require
from .cells import Cell
from .tasks import scenarios

# A row with this field is of a file of official responses: its prompt is ready.
TRUE_ANSWER = "TrueAnswer"
PROMPT = "UserPrompt"

_TIME_FIELDS = ("time complexity", "time")
_ANSWER = (str, int, bool, list)
_ANSWER_OR_NULL = (*_ANSWER, type(None))
# Of a node without any, the answer is the text "None", or null.
_MAY_BE_NONE = ("all_ancestor", "all_children")


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What one row asks.

    `fields` fill the templates of prompts.yaml, and `target` is the official `TrueAnswer`.
    `references` are the entries of an answer that has several, as the row lists them. `prompt` is
    the whole prompt, of rows that have it ready.
    """

    fields: dict[str, str]
    target: Any
    row_id: str | int | None = None
    references: tuple[str, ...] = ()
    prompt: str | None = None


def parse_item(cell: Cell, row: Row, place: str) -> Item:
    """Return a row of the cell's task. Raises DataError naming `place`."""
    if TRUE_ANSWER in row:
        target = require(row, TRUE_ANSWER, (*_ANSWER_OR_NULL, float), place)
        return Item(fields={}, target=_told(target), prompt=str(row.get(PROMPT, "")))
    match cell.task.scenario:
        case "normal" | "binary":
            return _tree_item(cell, row, place)
        case "json":
            return _json_item(cell, row, place)
        case "formula":
            return _formula_item(cell, row, place)
        case "code":
            return _code_item(cell, row, place)
        case _:
            return _paper_item(row, place)


def _tree_item(cell: Cell, row: Row, place: str) -> Item:
    subtask, scenario = cell.task.subtask, scenarios()[cell.task.scenario]
    if cell.mode is None:
        raise DataError(f"{place}: how are trees drawn? say benchmark.input_mode=edge or hierarchy")
    ending = f"_{cell.mode[0].upper()}"
    question = f"{subtask}_Q{ending if subtask in scenario.questions_by_mode else ''}"
    answer = f"{subtask}_A{ending if subtask in scenario.answers_by_mode else ''}"
    return Item(
        fields={
            "structure": require(row, f"{cell.mode}_presentation", str, place),
            "question": require(row, question, str, place),
        },
        target=_answer(row, answer, place),
        row_id=require(row, "id", int, place),
    )


def _answer(row: Row, field: str, place: str) -> Any:
    """Return an answer. Raises DataError for one that says nothing."""
    nullable = field.removesuffix("_A") in _MAY_BE_NONE
    answer = require(row, field, _ANSWER_OR_NULL if nullable else _ANSWER, place)
    if answer in ("", []):
        raise DataError(f"{place}: field {field!r} is empty")
    return _told(answer)


def _told(answer: Any) -> Any:
    """Return an answer; null as the official code, which compares texts, has it: `None`."""
    return str(answer) if answer is None else answer


def _json_item(cell: Cell, row: Row, place: str) -> Item:
    return Item(
        fields={
            "structure": cell.context or "",
            "question": require(row, "question", str, place),
        },
        target=_answer(row, "answer", place),
    )


def _formula_item(cell: Cell, row: Row, place: str) -> Item:
    first, _, second = cell.grid.get("notation", "").replace("Eq2", "2").partition("2")
    notations = {"notation": first or "given", "other_notation": second or "other"}
    if cell.task.subtask != "equivalent":
        formula = {"formula": require(row, "Formula", str, place)}
        return Item(fields={**notations, **formula}, target=_answer(row, "Result", place))
    pair = {
        "formula": require(row, "Original", str, place),
        "other_formula": require(row, "Perturbed", str, place),
    }
    target = _answer(row, "Is_Equivalent", place)
    if target not in ("True", "False"):
        raise DataError(f"{place}: Is_Equivalent should be True or False, found {target!r:.40}")
    return Item(fields={**notations, **pair}, target=target)


def _code_item(cell: Cell, row: Row, place: str) -> Item:
    number = require(row, "question_no", int, place)
    if cell.task.subtask == "SpaceComplexity":
        field = "space"
    else:
        # Both names stand in official files, sometimes in the same one.
        field = next((name for name in _TIME_FIELDS if name in row), _TIME_FIELDS[0])
    code = cell.source(number) if cell.source else ""
    if code is None:
        raise DataError(f"{place}: no source file of question {number} beside the answers")
    language = {"language": cell.grid.get("language", "")}
    return Item(fields={"code": code, **language}, target=_answer(row, field, place), row_id=number)


def _paper_item(row: Row, place: str) -> Item:
    answer = require(row, "answer", dict, place)
    references = require(answer, "references", list, f"{place}, field 'answer'")
    if not references or not all(isinstance(one, str) for one in references):
        raise DataError(f"{place}: answer.references should be a list of texts, and not empty")
    return Item(
        fields={"question": require(row, "question", str, place)},
        # So the official code writes it: its matcher looks for the key in the target, too.
        target=f"{{answer:{references}}}",
        row_id=require(row, "id", (str, int), place),
        references=tuple(references),
    )
