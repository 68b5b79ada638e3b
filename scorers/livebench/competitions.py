"""Mathematics competitions: AMC and SMC with options, AIME with numbers."""

from __future__ import annotations

import re

from ..turns import TurnReply
from ..verdict import Verdict
from .reading import (
    ReplyError,
    eval_error,
    graded,
    official_box,
    solutions,
    text_of_target,
    with_plain_boxes,
    without,
)

_LETTERS = "ABCDE"
_OPTION = re.compile(r"\\textbf{\(([A-E])\)\s?}(.*?)(?:\\qquad|\$)")
# What the official code looks for where the question does not show the option's value.
_NO_VALUE = "FAILURE"


def amc(reply: TurnReply) -> Verdict:
    """Return 1 if the reply names the right letter, or ends with the value of its option; else 0.

    The first of these that holds decides: the last solution is the letter, repeated; the letter
    stands four times in a row; the last box is the letter; the value stands in the last
    characters; the last line is the letter, or has it in its first brackets. Source:
    `mathcontest_process_results` in `math_competitions/utils.py`.
    """
    letter = text_of_target(reply.turn.target)
    try:
        answer = _amc_answer(letter, str(reply.turn.query), reply.output)
    except ReplyError as error:
        return eval_error(str(error))
    return graded(answer is not None, answer)


def aime(truth: str, reply: str) -> Verdict:
    """Return 1 if the truth stands in the last 50 characters, or is the last solution; else 0.

    Only a truth of one digit can be the solution alone, repeated or not. Source:
    `aime_process_results` in `math_competitions/utils.py`.
    """
    right = _is_repeated(truth, reply) or truth in reply[-50:]
    return graded(right, truth if right else None)


def _amc_answer(letter: str, question: str, reply: str) -> str | None:
    """Return what in `reply` is right; None if nothing. Raises ReplyError."""
    if len(letter) != 1 or letter not in _LETTERS:
        raise ReplyError(f"the truth should be a letter from A to E, found {letter!r:.40}")
    if _is_repeated(letter, reply) or letter * 4 in reply:
        return letter
    reply = with_plain_boxes(reply)
    box = official_box(reply)
    if box is not None and without(box, "\\text{", "}", "\\").lower() == letter.lower():
        return letter
    value = _value_of_option(question, letter)
    if value in reply[-(20 + len(value)) :]:
        return value
    return letter if _is_last_line(letter, reply) else None


def _is_repeated(truth: str, reply: str) -> bool:
    """Tell whether the last solution is one character, repeated or not, that is `truth`."""
    found = solutions(reply)
    characters = set(found[-1]) if found else set()
    return len(characters) == 1 and characters.pop().lower() == truth.lower()


def _value_of_option(question: str, letter: str) -> str:
    values: dict[str, str] = {}
    for name, value in _OPTION.findall(question):
        values[name] = value.strip()
    return (values.get(letter) or _NO_VALUE).strip("$").strip("~")


def _is_last_line(letter: str, reply: str) -> bool:
    line = reply.strip().split("\n")[-1]
    if line.strip().replace("*", "").lower() == letter.lower():
        return True
    if "(" not in line or ")" not in line:
        return False
    return line.split("(")[1].split(")")[0].lower() == letter.lower()
