"""Rows of GSM8K, MATH and MMLU as questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require

LETTERS = "ABCD"

# The separator of a GSM8K solution and its final answer.
_FINAL = "####"


class Question(msgspec.Struct, frozen=True):
    """What is asked: the template, what is put in, the target, and the options if there are any.

    Targets of GSM8K and MATH are official solutions: how an answer is taken out of them is part of
    the scoring.
    """

    template: str
    fields: Mapping[str, str]
    target: str
    choices: tuple[str, ...] = ()
    subtask: str | None = None


def parse_gsm8k(row: Row, place: str) -> Question:
    """Read {question, answer}, whose answer ends with "#### number". Raises DataError."""
    answer = require(row, "answer", str, place)
    if not answer.partition(_FINAL)[2].strip():
        raise DataError(f"{place}: field 'answer' has no final answer behind {_FINAL!r}")
    return Question("mathematics", {"question": require(row, "question", str, place)}, answer)


def parse_math(row: Row, place: str) -> Question:
    """Read {problem, level, type, solution}. Raises DataError."""
    solution = require(row, "solution", str, place)
    if not solution.strip():
        raise DataError(f"{place}: field 'solution' is empty")
    fields = {"question": require(row, "problem", str, place)}
    subject = row.get("type")
    return Question(
        "mathematics", fields, solution, subtask=None if subject is None else str(subject)
    )


def parse_mmlu(row: Row, place: str) -> Question:
    """Read {question, subject, choices, answer}: four options, and the place of the right one."""
    choices = require(row, "choices", list, place)
    if len(choices) != len(LETTERS):
        raise DataError(f"{place}: field 'choices' should have 4 entries, found {len(choices)}")
    texts = tuple(str(choice) for choice in cast("list[Any]", choices))
    answer = require(row, "answer", int, place)
    if not 0 <= answer < len(LETTERS):
        raise DataError(f"{place}: field 'answer' should be 0 to 3, found {answer}")
    fields = {"question": require(row, "question", str, place)}
    fields |= dict(zip(LETTERS.lower(), texts, strict=True))
    return Question("multiple_choice", fields, LETTERS[answer], texts)


PARSERS: Mapping[str, Callable[[Row, str], Question]] = {
    "gsm8k": parse_gsm8k,
    "math": parse_math,
    "mmlu": parse_mmlu,
}


def task_of(row: Row) -> str | None:
    """Return the task that a row is of, by its fields."""
    if "choices" in row:
        return "mmlu"
    if "solution" in row:
        return "math"
    return "gsm8k" if "question" in row else None
