"""Guesses with their labels: of the official lists, or of an archived log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, read_rows, require
from .languages import LANGUAGES, Language, language_of

_LIST = ".list"
# Of a line: guess, title and label.
_CELLS = 3


class Case(msgspec.Struct, frozen=True):
    """A guess, the title of its story, and what people judged it to be.

    `sample` is its number in a log, from 1 on; lists have none.
    """

    guess: str
    title: str
    label: str
    sample: int | None = None


def read_cases(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield (0-based position, row) of an official file. Raises DataError.

    Of a `cases.list`, the position is that of the line, and a row has the fields of a `Case`.
    Lines that are not three cells with a known label are left out, as the official script leaves
    them; `skipped_lines` names them. Other files are read as rows: archived logs have theirs under
    `cases`.
    """
    if path.suffix != _LIST:
        yield from read_rows(path)
        return
    lines = _lines(path)
    language = _language(lines)
    for index, line in enumerate(lines):
        case = _case(line, language)
        if case is not None:
            yield index, msgspec.to_builtins(case)


def skipped_lines(path: Path) -> list[int]:
    """Return the 1-based numbers of the lines of a list that are no case. Raises DataError."""
    if path.suffix != _LIST:
        return []
    lines = _lines(path)
    language = _language(lines)
    return [
        number
        for number, line in enumerate(lines, start=1)
        if line and _case(line, language) is None
    ]


def parse_case(row: Row, place: str) -> Case:
    """Return the case of a row of a list or of a log. Raises DataError naming `place`."""
    if "label" in row:
        return msgspec.convert(row, Case)
    label = require(row, "ground_truth", str, place)
    if language_of(label) is None:
        known = ", ".join(label for one in LANGUAGES.values() for label in one.labels)
        raise DataError(f"{place}: the label should be one of {known}, found {label!r:.40}")
    return Case(
        guess=require(row, "input", str, place),
        title=require(row, "story_title", str, place),
        label=label,
        sample=require(row, "sample", int, place) if "sample" in row else None,
    )


def task_of(row: Row) -> str | None:
    """Return the language that a row is in, told by its label."""
    label = row.get("label", row.get("ground_truth"))
    return language_of(label) if isinstance(label, str) else None


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}") from None
    return [line.strip() for line in text.split("\n")]


def _language(lines: list[str]) -> Language:
    """Return the language of a list: that in which most of its lines are cases."""
    counts = {
        language.name: sum(_case(line, language) is not None for line in lines)
        for language in LANGUAGES.values()
    }
    return LANGUAGES[max(counts, key=lambda name: counts[name])]


def _case(line: str, language: Language) -> Case | None:
    cells = language.cells(line)
    if len(cells) != _CELLS or cells[2] not in language.labels:
        return None
    guess, title, label = cells
    return Case(guess, title, label)
