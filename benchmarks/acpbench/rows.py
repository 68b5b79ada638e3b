"""Rows of official files as questions."""

from __future__ import annotations

import ast
from typing import Any, Literal, cast

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require
from .tasks import Form

_LETTERS = ("A", "B", "C", "D")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question on a `context` in words; `domain` and `problem` are the same in PDDL, if known."""

    id: str | int
    context: str
    text: str
    answer: Any
    choices: tuple[str, ...] = ()
    domain: str = ""
    problem: str = ""


class _Effects(msgspec.Struct):
    pos: list[str]
    neg: list[str]


class _Landmarks(msgspec.Struct):
    yes: list[str]
    no: list[str]


class _NextSteps(msgspec.Struct):
    yes: list[str]
    no: list[str]
    maybe: list[str]
    opt: int | str


_OPEN_ANSWERS: dict[str, Any] = {
    "app": list[str],
    "areach": list[str],
    "just": list[list[str]],
    "land": _Landmarks,
    "nexta": _NextSteps,
    "prog": _Effects,
    "reach": list[str],
    "val": int,
}
_CLOSED_ANSWERS: dict[Form, Any] = {
    "bool": Literal["yes", "no"],
    "mcq": Literal["A", "B", "C", "D"],
}


def parse_closed(row: Row, form: Form, place: str) -> Question:
    """Return a yes-or-no or multiple-choice row. Raises DataError naming `place`."""
    choices = _choices(require(row, "choices", dict, place), place) if form == "mcq" else ()
    answer = require(row, "answer", str, place)
    return Question(
        id=require(row, "id", (str, int), place),
        context=require(row, "context", str, place),
        text=require(row, "question", str, place),
        answer=_checked(answer, _CLOSED_ANSWERS[form], place),
        choices=choices,
    )


def parse_open(row: Row, task: str, place: str) -> Question:
    """Return a row that asks for more; its answer may be a Python literal in a text.

    Raises DataError naming `place`.
    """
    answer = require(row, "answer", (str, list, dict, int), place)
    return Question(
        id=require(row, "id", (str, int), place),
        context=require(row, "context", str, place),
        text=require(row, "question", str, place),
        answer=_checked(_value(answer, place), _OPEN_ANSWERS[task], place),
        domain=require(row, "PDDL_domain", str, place),
        problem=require(row, "PDDL_problem", str, place),
    )


def _choices(choices: dict[str, Any], place: str) -> tuple[str, ...]:
    texts = cast("list[Any]", require(choices, "text", list, f"{place}, field 'choices'"))
    if len(texts) != len(_LETTERS) or not all(isinstance(text, str) for text in texts):
        raise DataError(f"{place}: field 'choices' should hold four texts")
    return tuple(texts)


def _value(answer: Any, place: str) -> Any:
    if not isinstance(answer, str):
        return answer
    try:
        return ast.literal_eval(answer)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise DataError(f"{place}: field 'answer' is no Python literal: {answer!r:.80}") from None


def _checked(answer: Any, kind: Any, place: str) -> Any:
    """Return `answer`, which should be of `kind`."""
    try:
        msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise DataError(f"{place}: field 'answer': {error}") from None
    return answer
