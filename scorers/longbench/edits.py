"""The rule of lcc and repobench-p: how like the right line of code the reply's is.

The official code takes `ratio` of the package fuzzywuzzy, whose value depends on what else is
installed. Both values are had here without that package.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher
from functools import cache
from typing import Literal

from ...core.errors import MissingExtraError
from ..text import texts_of
from ..turns import TurnReply, Verdict

EditRatio = Literal["difflib", "levenshtein"]
Similarity = Callable[[str, str], float]

_NOT_CODE = ("`", "#", "//")


def edit_similarity(ratio: EditRatio) -> Callable[[TurnReply], Verdict]:
    """Return `edit_similarity`: that of the first line of code and the nearest answer.

    The line is the first that has no backtick, # or // in it, newlines at the start left out; an
    empty one if all have. The similarity is a whole number of percent. Source: `code_sim_score`.
    """

    def grade(reply: TurnReply) -> Verdict:
        line = code_line(reply.output)
        answers = texts_of(reply.turn.target)
        best = max(percent(line, answer, similarity_of(ratio)) for answer in answers)
        return Verdict(scores={"edit_similarity": best / 100}, answer=line)

    return grade


def code_line(output: str) -> str:
    """Return the line of a reply that is compared."""
    lines = output.lstrip("\n").split("\n")
    return next((line for line in lines if not any(sign in line for sign in _NOT_CODE)), "")


def percent(line: str, answer: str, similarity: Similarity) -> int:
    """Return `similarity` as fuzzywuzzy 0.18 rounds it: equal texts 100, an empty one 0."""
    if line == answer:
        return 100
    return round(100 * similarity(line, answer)) if line and answer else 0


@cache
def similarity_of(ratio: EditRatio) -> Similarity:
    """Return the similarity of two texts, in [0, 1]. Raises MissingExtraError.

    - `difflib`: Ratcliff and Obershelp's matching blocks. fuzzywuzzy alone computes it.
    - `levenshtein`: 1 - insertions and deletions / sum of the lengths. fuzzywuzzy computes it where
      python-Levenshtein is installed.
    """
    if ratio == "difflib":
        return lambda line, answer: SequenceMatcher(None, line, answer).ratio()
    try:
        from rapidfuzz.distance import Indel
    except ImportError:
        raise MissingExtraError("scorer.edit_ratio=levenshtein", "longbench") from None
    return Indel.normalized_similarity
