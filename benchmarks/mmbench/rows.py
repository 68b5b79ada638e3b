"""A row of MMBench: one pass over a question, its options in one of their orders."""

from __future__ import annotations

import re
from string import ascii_uppercase

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require

# Passes over a question stand so far apart: pass k of question i is row i + k * 1,000,000.
_STRIDE = 1_000_000
# An image that is no longer than this is the index of the row that holds it.
_LONGEST_REFERENCE = 64
# Cells that the official code takes for missing, as pandas does (`read_csv`, na_values).
_MISSING = frozenset(
    [
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"),
        *("1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    ]
)


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """One pass over the question `group`, without its image.

    `position` is the 0-based row of the file, `image_of` the index of the row that holds the image.
    `options` are texts by letter; `answer` is None where it is kept from us. `ability` is the
    second level of the taxonomy as the data write it, `category` the third.
    """

    index: int
    group: int
    position: int
    image_of: int
    hint: str | None
    question: str
    options: dict[str, str]
    answer: str | None
    category: str | None
    ability: str | None
    split: str | None

    @property
    def is_base(self) -> bool:
        """Whether this is the row that stands for its question."""
        return self.index == self.group


def parse_pass(row: Row, position: int, place: str) -> Pass:
    """Return a row of an official file. Raises DataError naming `place`."""
    index = _number(row, "index", place)
    group = _number(row, "g_index", place) if _cell(row, "g_index") else index % _STRIDE
    options = {
        letter: text for letter in ascii_uppercase if (text := _cell(row, letter)) is not None
    }
    if not options:
        raise DataError(f"{place}: no option has a text")
    answer = _cell(row, "answer")
    if answer is not None and not re.fullmatch("[A-Z]", answer):
        raise DataError(f"{place}: field 'answer' should be a capital letter, found {answer!r:.20}")
    return Pass(
        index=index,
        group=group,
        position=position,
        image_of=_image_of(row, index, place),
        hint=_cell(row, "hint"),
        question=require(row, "question", str, place),
        options=options,
        answer=answer,
        category=_cell(row, "category"),
        ability=_cell(row, "l2-category"),
        split=_cell(row, "split"),
    )


def index_of(row: Row) -> int:
    """Return the official index of a row that was parsed before."""
    return int(row["index"])


def _image_of(row: Row, index: int, place: str) -> int:
    """Return the index of the row that holds the image: this one, or one it refers to."""
    image = require(row, "image", str, place)
    if not 0 < len(image) <= _LONGEST_REFERENCE:
        return index
    return _number(row, "image", place)


def _cell(row: Row, field: str) -> str | None:
    text = row.get(field)
    return None if text is None or text in _MISSING else str(text)


def _number(row: Row, field: str, place: str) -> int:
    text = require(row, field, str, place)
    try:
        return int(text)
    except ValueError:
        raise DataError(
            f"{place}: field {field!r} should be a number, found {text!r:.40}"
        ) from None
