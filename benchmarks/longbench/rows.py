"""Rows in the official format, checked field by field."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require
from .datasets import Dataset


class OfficialRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `length` counts the words of input, context and answers, as the data set says."""

    context: str
    input: str
    answers: list[str]
    length: int
    language: str
    all_classes: list[str]
    id: str | None


def dataset_of(row: Row, place: str) -> str:
    """Return the name of the dataset that `row` is of. Raises DataError naming `place`."""
    return require(row, "dataset", str, place)


def parse_row(row: Row, dataset: Dataset, place: str) -> OfficialRow:
    """Return `row` of `dataset` with every field checked. Raises DataError naming `place`."""
    if dataset_of(row, place) != dataset.name:
        raise DataError(f"{place}: a row of {row['dataset']!r}, not of {dataset.name!r}")
    row_id = row.get("_id")
    return OfficialRow(
        context=require(row, "context", str, place),
        input=require(row, "input", str, place),
        answers=_texts(row, "answers", place),
        length=require(row, "length", int, place),
        language=require(row, "language", str, place),
        all_classes=_texts(row, "all_classes", place) if dataset.classified else [],
        id=row_id if isinstance(row_id, str) else None,
    )


def _texts(row: Row, field: str, place: str) -> list[str]:
    texts = cast("list[Any]", require(row, field, list, place))
    if not texts or not all(isinstance(text, str) for text in texts):
        raise DataError(f"{place}: field {field!r} should be a list of texts, and not empty")
    return texts
