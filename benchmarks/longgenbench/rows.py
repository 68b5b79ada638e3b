"""Official rows as questions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require
from .tasks import CSQA, GSM8K, MMLU, Dataset

MMLU_COLUMNS = ("question", "A", "B", "C", "D", "answer")

_DIGIT = re.compile(r"\d")


class Question(msgspec.Struct, frozen=True):
    """One question as it is shown, options included, and its golden answer.

    The answer is a number as the file writes it, or the letter of an option. `row` is the 0-based
    position in the official file.
    """

    text: str
    answer: str
    row: int


def parse_question(dataset: Dataset, row: Row, index: int, place: str) -> Question:
    """Return row `index` of `dataset`. Raises DataError naming `place`."""
    text, answer = _PARSERS[dataset.name](row, place)
    return Question(text, answer, index)


def _gsm8k(row: Row, place: str) -> tuple[str, str]:
    solution = require(row, "answer", str, place)
    _, mark, answer = solution.rpartition("####")
    if not mark or not _DIGIT.search(answer):
        raise DataError(f"{place}: field 'answer' should end in '#### <number>'")
    return require(row, "question", str, place), answer.strip()


def _mmlu(row: Row, place: str) -> tuple[str, str]:
    """Read a row of the csv files, or of the hub's parquet files with their own columns."""
    question = require(row, "question", str, place)
    if "choices" in row:
        options = require(row, "choices", list, place)
        index = require(row, "answer", int, place)
        answer = MMLU.letters[index : index + 1]
    else:
        options = [require(row, letter, str, place) for letter in MMLU.letters]
        answer = require(row, "answer", str, place).strip()
    return _multiple_choice(question, options, answer, MMLU, place)


def _csqa(row: Row, place: str) -> tuple[str, str]:
    question = require(row, "question", str, place)
    choices = require(row, "choices", dict, place)
    labels = require(choices, "label", list, place)
    if list(labels) != list(CSQA.letters):
        raise DataError(f"{place}: the labels of the choices should be A to E, found {labels}")
    answer = require(row, "answerKey", str, place)
    if not answer:
        raise DataError(f"{place}: no answerKey; the test split has none: use validation")
    return _multiple_choice(question, require(choices, "text", list, place), answer, CSQA, place)


def _multiple_choice(
    question: str, options: Sequence[Any], answer: str, dataset: Dataset, place: str
) -> tuple[str, str]:
    letters = dataset.letters
    if len(options) != len(letters) or not all(isinstance(option, str) for option in options):
        raise DataError(f"{place}: should have {len(letters)} options, each a text")
    if len(answer) != 1 or answer not in letters:
        raise DataError(f"{place}: the answer should be one of {letters}, found {answer!r:.40}")
    return shown(question, dict(zip(letters, options, strict=True))), answer


def shown(question: str, options: Mapping[str, str]) -> str:
    """Return a question with its options on one line behind it, nothing between them (official)."""
    return f"{question}\n" + "".join(f"({letter}) {text}" for letter, text in options.items())


_PARSERS = {GSM8K.name: _gsm8k, MMLU.name: _mmlu, CSQA.name: _csqa}
