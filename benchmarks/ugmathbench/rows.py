"""A row of UGMathBench: a problem in randomised versions, each with answers, types and options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require
from ...core.suggest import did_you_mean

# The names of the official files.
SUBJECTS = (
    "Arithmetic",
    "Algebra",
    "Set_theory_and_logic",
    "Trigonometry",
    "Combinatorics",
    "Geometry",
    "Calculus_-_single_variable",
    "Calculus_-_multivariable",
    "Linear_algebra",
    "Number_theory",
    "Financial_mathematics",
    "Probability",
    "Statistics",
    "Complex_analysis",
    "Differential_equations",
    "Abstract_algebra",
)
ANSWER_TYPES = ("NV", "EX", "EQ", "INT", "TF", "MCS", "MCM", "OL", "UOL", "OE")


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a problem; the lists are in the order of its placeholders [ANS].

    `options` are those of a choice. Official rows have an entry a placeholder in each list, except
    for damaged ones, which have none in some.
    """

    number: int
    problem: str
    answers: tuple[str, ...]
    answer_types: tuple[str, ...]
    options: tuple[tuple[str, ...], ...]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What all versions of a problem have in common."""

    id: str
    subject: str
    topic: str
    subtopic: str
    level: str


def parse_record(row: Row, place: str) -> Record:
    """Return what a row says of its problem. Raises DataError naming `place`."""
    level = require(row, "level", (str, int), place)
    return Record(
        id=require(row, "id", str, place),
        subject=require(row, "subject", str, place),
        topic=require(row, "topic", str, place),
        subtopic=require(row, "subtopic", str, place),
        level=str(level),
    )


def parse_versions(row: Row, wanted: Sequence[int], place: str) -> Iterator[Version]:
    """Yield the `wanted` versions of a row. Raises DataError naming `place`."""
    for number in wanted:
        yield Version(
            number=number,
            problem=require(row, f"problem_v{number}", str, place),
            answers=_texts(row, f"answer_v{number}", place),
            answer_types=_types(row, f"answer_type_v{number}", place),
            options=_options(row, f"options_v{number}", place),
        )


def task_of(row: Row) -> str | None:
    """Return the subject that a row's official id names: `Trigonometry_0072` is Trigonometry's."""
    subject = str(row.get("id", "")).rpartition("_")[0]
    return subject if subject in SUBJECTS else None


def _types(row: Row, field: str, place: str) -> tuple[str, ...]:
    types = _texts(row, field, place)
    for kind in types:
        if kind not in ANSWER_TYPES:
            near = did_you_mean(kind, ANSWER_TYPES)
            raise DataError(f"{place}: field {field!r} has the unknown type {kind!r}; {near}")
    return types


def _options(row: Row, field: str, place: str) -> tuple[tuple[str, ...], ...]:
    lists = cast("list[Any]", require(row, field, list, place))
    if not all(isinstance(options, list) for options in lists):
        raise DataError(f"{place}: field {field!r} should be a list of lists of texts")
    return tuple(tuple(str(option) for option in options) for options in lists)


def _texts(row: Row, field: str, place: str) -> tuple[str, ...]:
    texts = cast("list[Any]", require(row, field, list, place))
    if not all(isinstance(text, str) for text in texts):
        raise DataError(f"{place}: field {field!r} should be a list of texts")
    return tuple(texts)
