"""Zebra puzzles: one word (first releases), or a list of answers."""

from __future__ import annotations

import re

from ..verdict import Verdict
from .reading import (
    NUMBER_WORDS,
    graded,
    official_box,
    share_score,
    solutions_or_typo,
    with_plain_boxes,
    without,
)

_DIGITS = {str(digit): NUMBER_WORDS[digit] for digit in range(1, 10)}
_MARKED = re.compile(r"\*\*\*(\w+)\*\*\*")
_WORD = re.compile(r"\b\w+\b")


def zebra_word(truth: str, reply: str) -> Verdict:
    """Return 1 if the last `***word***`, or without any the last word, is the truth; else 0.

    A digit is read as its word, and "movies" may be missing. Source: `zebra_puzzle/utils.py`, for
    questions released before 2024-11-25.
    """
    words = _MARKED.findall(reply) or _WORD.findall(reply)
    answer: str = words[-1] if words else ""
    readings = {answer.lower(), _DIGITS.get(answer, answer.lower()), f"{answer.lower()} movies"}
    return graded(truth.lower() in readings, answer or None)


def zebra_list(truth: str, reply: str) -> Verdict:
    """Return the mean of "all right" and the share of right items.

    An item is right if the truth stands in it. Of several solutions the last items count. Source:
    `zebra_puzzle/utils.py`, for questions released from 2024-11-25.
    """
    golden = [item.strip().lower().replace("-", " ") for item in truth.split(",")]
    answer = _items(reply, len(golden))
    if answer is None:
        return graded(0, None)
    given = [without(item.strip().lower().replace("-", " "), "position") for item in answer]
    right = sum(item in whole for item, whole in zip(golden, given, strict=False))
    return graded(share_score(right, len(golden)), ",".join(answer))


def _items(reply: str, count: int) -> list[str] | None:
    found = solutions_or_typo(reply)
    if len(found) > 1:
        return ",".join(found).split(",")[-count:]
    if found:
        return found[0].split(",")
    # An empty box is a box; only a missing one gives way to the last line.
    box = official_box(with_plain_boxes(reply))
    if box is not None:
        return without(box, "\\text{", "}", "\\").split(",")
    line = reply.strip().split("\n")[-1]
    return line.split(",") if line.count(",") == count - 1 else None
