"""Connections: words to be put in groups of four."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..verdict import Verdict
from .reading import CLOSED, SOLUTION, ReplyError, graded, official_box, solutions, without

_BOLD = re.compile(r"\*\*(.*?)\*\*")
_GROUP = 4


def connections_bold(truth: str, reply: str) -> Verdict:
    """Return the share of golden groups that the best bold text has, inside groups of four.

    Source: `connections/utils.py`, for questions released before 2024-11-25.
    """
    golden = groups(truth.split(","))
    shares = {
        text: _found(golden, groups(text.split(","))) / len(golden)
        for text in reversed(_BOLD.findall(reply.replace("\n", "")))
    }
    if not shares:
        return graded(0, None)
    best = max(shares, key=lambda text: shares[text])
    return graded(shares[best], best)


def connections_solution(truth: str, reply: str) -> Verdict:
    """Return the number of groups in the solution that are golden ones, as a share of these.

    Of several solutions the last words count, as many as there are. Source: `connections/utils.py`,
    for questions released from 2024-11-25.
    """
    words = truth.split(",")
    answers = [text.replace("\n", "") for text in _answers(reply)]
    if not answers:
        return graded(0, None)
    given = ",".join(answers).split(",")
    given = given[-len(words) :] if len(answers) > 1 else given
    golden = groups(words)
    right = sum(group in golden for group in groups(given))
    return graded(right / len(golden), ",".join(given))


def groups(words: Iterable[str]) -> list[set[str]]:
    """Return `words`, spaces and case aside, as sets of four different ones, in order."""
    made: list[set[str]] = [set()]
    for word in words:
        if len(made[-1]) == _GROUP:
            made.append(set())
        made[-1].add(word.strip().lower())
    return made


def _found(golden: list[set[str]], given: list[set[str]]) -> int:
    return sum(any(group <= other for other in given) for group in golden)


def _answers(reply: str) -> list[str]:
    """Return the solutions, closing tags typed for opening ones or not, or else the last box.

    Raises ReplyError for a box that is not closed.
    """
    one_line = reply.replace("\n", "")
    for opening in (SOLUTION, CLOSED):
        found = solutions(reply, opening) or solutions(one_line, opening)
        if found:
            return found
    if "\\boxed" not in reply:
        return []
    box = official_box(reply)
    if box is None:
        raise ReplyError("a box that is not closed")
    return [without(box, "\\text{", "}", "\\")]
