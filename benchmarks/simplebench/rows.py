"""Official rows as questions: of the JSON file, or of its CSV twin."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from ...core.errors import DataError
from ...core.hashing import sha256_of
from ...core.rows import Row, require

LETTERS = "ABCDEF"

_OPTION = re.compile(r"^([A-F])\. (.*)$", re.MULTILINE)
_WRONG = ("option1", "option2", "option3", "option4", "option5")


class Question(msgspec.Struct, frozen=True):
    """A question with its options as it is shown, and the letter of the right one.

    `options` are their texts, where the question lists all six.
    """

    id: str | int
    text: str
    answer: str
    options: tuple[str, ...]


def parse_question(row: Row, place: str) -> Question:
    """Return the question of a row. Raises DataError naming `place`."""
    is_json = "prompt" in row or "answer" in row
    return _of_json(row, place) if is_json else _of_csv(row, place)


def _of_json(row: Row, place: str) -> Question:
    """Read {question_id, prompt, answer}, whose prompt lists the options itself."""
    text = require(row, "prompt", str, place)
    answer = require(row, "answer", str, place)
    if len(answer) != 1 or answer not in LETTERS:
        raise DataError(f"{place}: the answer should be one of {LETTERS}, found {answer!r:.40}")
    return Question(require(row, "question_id", (int, str), place), text, answer, _options(text))


def _of_csv(row: Row, place: str) -> Question:
    """Read {id, question_func, correct_answer, option1 ... option5}, which has no letters.

    The options get theirs in the order of a hash of their texts, so that the right one stands
    anywhere and always at the same place. They are not the letters of the JSON file.
    """
    correct = require(row, "correct_answer", str, place)
    texts = [correct, *(require(row, name, str, place) for name in _WRONG)]
    if len(set(texts)) < len(texts):
        raise DataError(f"{place}: two options are the same")
    options = tuple(sorted(texts, key=sha256_of))
    lines = [f"{letter}. {option}\n" for letter, option in zip(LETTERS, options, strict=True)]
    text = require(row, "question_func", str, place) + "\n" + "".join(lines)
    name = "questionid" if "questionid" in row else "id"
    return Question(require(row, name, str, place), text, LETTERS[options.index(correct)], options)


def _options(prompt: str) -> tuple[str, ...]:
    """Return the options that a prompt lists last, A to F; none where it lists others."""
    found: Sequence[tuple[str, str]] = _OPTION.findall(prompt)[-len(LETTERS) :]
    if [letter for letter, _ in found] != list(LETTERS):
        return ()
    return tuple(text.strip() for _, text in found)
