"""Answers to yes-or-no and multiple-choice questions, behind the marks that replies put there."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from ..extraction.labels import words_among
from ..options import chosen_option
from ..text import without_punctuation

LETTERS = "ABCD"
_WORDS = ("yes", "no")

_PUNCTUATION = str.maketrans("", "", string.punctuation)
# Marks of which any two characters stand at both ends: asterisks, as a rule.
_STARRED = ("Final Answer", "answer", "Answer")
_SAID = ("The answer is ", "the answer is ", "The answer: ", "The final answer: ")


def _behind(marks: Sequence[str]) -> list[str]:
    """Return patterns of what follows each of `marks` on its line, less the last character."""
    return [rf"(?<={mark}).*(?=.)" for mark in marks]


_STARRED_MARKS = [f"..{mark}..: " for mark in _STARRED]
_BOOL = re.compile("|".join([*_behind([*_SAID, *_STARRED_MARKS]), r"\b(?:Yes|No|yes|no)\b"]))
# Of the forms of a letter, those that come first take more characters with them.
_FORMS = [r"(?<=[answer is ])[A-D]", r"[A-D]\n", r"[A-D]\.", " [A-D] ", r"\[[A-D]\]", "[A-D]"]
_MCQ = re.compile("|".join([*_FORMS, *_behind(_STARRED_MARKS)]))
# The official filter takes the fields of `choices`, `text` and `label`, for two choices.
_FIELDS = {"text": "(A)", "label": "(B)"}
_FIELD = re.compile("|".join(_FIELDS))
_AFTER_COLON = re.compile(r":\s*([AB])")
_STATEMENT = re.compile(r"\banswer\b[\s*_\"']*(?:\bis\b|:)", re.IGNORECASE)


def official_bool(reply: str) -> str | None:
    """Return the first match in `reply`, to be compared; None where that is nothing.

    Source: task files `boolq_cot_2shot` of EleutherAI/lm-evaluation-harness, commit 4e7e0d47.
    """
    found = _BOOL.search(reply)
    return (found[0].strip() or None) if found else None


def official_letter(reply: str) -> str | None:
    """Return the last match in `reply`, to be compared; None without one.

    Where that is nothing, the last word "text" or "label" stands for A or B, and then the last of
    these letters behind a colon. Source: task files `mcq_cot_2shot` and `MultiChoiceRegexFilter`
    of EleutherAI/lm-evaluation-harness, commit 4e7e0d47.
    """
    matches = _MCQ.findall(reply)
    if matches and matches[-1].strip():
        return matches[-1].strip()
    fields = _FIELD.findall(without_punctuation(reply.lower()))
    if fields:
        return _FIELDS[fields[-1]]
    letters = _AFTER_COLON.findall(reply)
    return letters[-1] if letters else None


def compared(answer: str | None) -> str:
    """Return an answer as it is compared: in small letters, without ASCII punctuation."""
    return (answer or "[invalid]").lower().translate(_PUNCTUATION)


def fixed_bool(reply: str) -> str | None:
    """Return the first "yes" or "no" after the last statement of an answer, else the last one."""
    statements = list(_STATEMENT.finditer(reply))
    if statements:
        stated = words_among(reply[statements[-1].end() :], _WORDS)
        if stated:
            return stated[0]
    words = words_among(reply, _WORDS)
    return words[-1] if words else None


def fixed_letter(reply: str, choices: Sequence[str]) -> str | None:
    """Return the letter of the option that the reply chooses, however it is marked."""
    index = chosen_option(reply, choices)
    return None if index is None else LETTERS[index]
