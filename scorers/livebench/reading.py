"""How the official scorers find an answer in a reply: tags, boxes, and what they trip over."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ..turns import TurnReply
from ..verdict import Verdict

SOLUTION = "<solution>"
CLOSED = "</solution>"

NUMBER_WORDS: list[str] = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty",
)

_BOX = "\\boxed"
_FRAME = "\\fbox"
_LONG_BOX = "\\boxed "


class ReplyError(ValueError):
    """The official scorer fails on such a reply, and counts 0 for it as an `eval_error`."""


Grading = Callable[[str, str], Verdict]


def graded(score: float, answer: Any) -> Verdict:
    """Return a verdict; a reply without answer (None) is unparsed."""
    return Verdict(scores={"score": float(score)}, answer=answer, parsed=answer is not None)


def eval_error(reason: str, answer: Any = None) -> Verdict:
    """Return what the official run records where its scorer fails: 0, and the reason."""
    return Verdict(
        scores={"score": 0.0}, answer=answer, explanation=f"eval_error: {reason}", parsed=False
    )


def by_text(grading: Grading) -> Callable[[TurnReply], Verdict]:
    """Return a rule's function: `grading` of the turn's target and the reply's text."""

    def grade(reply: TurnReply) -> Verdict:
        try:
            return grading(text_of_target(reply.turn.target), reply.output)
        except ReplyError as error:
            return eval_error(str(error))

    return grade


def text_of_target(target: Any) -> str:
    """Return the golden answer as text: one that is not, as JSON."""
    return target if isinstance(target, str) else json.dumps(target)


def solutions(text: str, opening: str = SOLUTION) -> list[str]:
    """Return what stands between `opening` and the next `</solution>` on the same line, in order.

    `opening` is `</solution>` itself where models write the closing tag twice.
    """
    found: list[str] = []
    position = 0
    while (start := text.find(opening, position)) >= 0:
        begin = start + len(opening)
        end = text.find(CLOSED, begin)
        if end < 0:
            break
        line_end = text.find("\n", begin, end)
        if line_end >= 0:
            position = line_end
        else:
            found.append(text[begin:end])
            position = end + len(CLOSED)
    return found


def solutions_or_typo(text: str) -> list[str]:
    """Return the solutions of `text`; without any, those opened by a closing tag."""
    return solutions(text) or solutions(text, CLOSED)


def with_plain_boxes(text: str) -> str:
    r"""Return `text` with `\\fbox{`, the backslash doubled, as a box like others."""
    return text.replace("\\\\fbox{", "\\\\boxed{")


def official_box(text: str) -> str | None:
    r"""Return what stands in the last box of `text` as the official code reads it; None without.

    Where `\boxed` is followed by a space anywhere, it is what follows the last of these up to a
    dollar sign. Otherwise it is the balanced braces behind the last `\boxed`, or behind the last
    `\fbox` of a text without, dollar signs left out. Raises ReplyError when something stands
    between the command and its brace. Source: `last_boxed_only_string` and `remove_boxed` in
    `process_results/util.py`.
    """
    if _LONG_BOX in text:
        return text.rpartition(_LONG_BOX)[2].partition("$")[0]
    start = text.rfind(_BOX)
    if start < 0:
        start = text.rfind(_FRAME)
    end = _balanced_end(text, start) if start >= 0 else None
    if end is None:
        return None
    box = text[start:end].replace("$", "").replace("fbox", "boxed")
    if box.startswith(_LONG_BOX):
        return box.removeprefix(_LONG_BOX)
    if _LONG_BOX in box or not box.startswith(_BOX + "{"):
        raise ReplyError("a box without a brace behind its command")
    return box[len(_BOX) + 1 : -1]


def _balanced_end(text: str, start: int) -> int | None:
    """Return the place behind the brace that closes all opened since `start`."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] == "{":
            depth += 1
        elif text[place] == "}":
            depth -= 1
            if depth == 0:
                return place + 1
    return None


def share_score(right: int, total: int) -> float:
    """Return the mean of "all right" and the share of what is right."""
    return ((right == total) + right / total) / 2


def without(text: str, *parts: str) -> str:
    """Return `text` with each of `parts` deleted, one after the other."""
    for part in parts:
        text = text.replace(part, "")
    return text
