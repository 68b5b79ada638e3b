"""Answers between solution tags that are a word, a place on a grid, or a grid."""

from __future__ import annotations

import json
import re

from ..extraction.marked import last_tagged, tagged
from ..verdict import Verdict
from .reading import ReplyError, graded

_LEADS = ("Answer:", "answer:", "The answer is", "the answer is")
_PUNCTUATION = re.compile(r"[.,!?;:]")
_IN_BRACKETS = re.compile(r"\(\s*(-?\d+)\s*,\s*(-?\d+)\s*\)")
_BARE = re.compile(r"(-?\d+)\s*,\s*(-?\d+)")


def theory_of_mind(truth: str, reply: str) -> Verdict:
    """Return 1 if the last solution, or without one the last line, holds the truth; else 0.

    Source: `theory_of_mind/utils.py`.
    """
    answer = last_tagged(reply, "solution", ignore_case=True)
    if answer is None:
        answer = _between_closing_tags(reply)
    if answer is None:
        answer = _last_line(reply)
    answer = _PUNCTUATION.sub("", answer.strip().lower()).strip()
    return graded(truth.strip().lower() in answer, answer)


def logic_with_navigation(truth: str, reply: str) -> Verdict:
    """Return 1 if the last solution holds the place `[x, y]`; else 0.

    The first pair in brackets counts, else the first pair. Source:
    `logic_with_navigation/utils.py`.
    """
    golden = _place(truth)
    text = last_tagged(reply, "solution", ignore_case=True) or ""
    pair = _IN_BRACKETS.search(text) or _BARE.search(text)
    if pair is None:
        return graded(0, None)
    try:
        answer = [int(pair[1]), int(pair[2])]
    except ValueError:
        return graded(0, None)
    return graded(answer == golden, answer)


def sudoku(truth: str, reply: str) -> Verdict:
    """Return 1 if the first solution is the grid, white space aside; else 0.

    Source: `sudoku/utils.py`.
    """
    found = tagged(reply, "solution", ignore_case=True)
    answer = "".join(found[0].split()) if found else ""
    return graded(answer == "".join(truth.split()), answer or None)


def _between_closing_tags(reply: str) -> str | None:
    parts = re.split("</solution>", reply, flags=re.IGNORECASE)
    # Between the first and second closing tag, the third and fourth, and so on.
    between = parts[1:-1:2]
    return between[-1] if between else None


def _last_line(reply: str) -> str:
    line = reply.strip().split("\n")[-1].strip()
    for lead in _LEADS:
        if line.startswith(lead):
            line = line[len(lead) :].strip()
    return line


def _place(truth: str) -> list[int]:
    try:
        x, y = json.loads(truth)[:2]
    except (ValueError, TypeError):
        raise ReplyError(f"the truth is no place on a grid: {truth:.80}") from None
    return [x, y]
