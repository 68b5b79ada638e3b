"""Data analysis without tables to read: names of columns, joins of columns, events."""

from __future__ import annotations

import re
from typing import Any, cast

from ...core.sample import Turn
from ..extraction.literals import NoLiteralError, parse_json, parse_literal
from ..extraction.marked import last_tagged
from ..turns import TurnReply
from ..verdict import Verdict
from .reading import ReplyError, eval_error, graded, official_box, without

_FENCES = ("python", "json", "")
_QUOTED = re.compile(r"\\text{['|\"](.*?)['|\"]}")
_EVENT_KEY = "user_id"
_EVENT_VALUE = "max_consecutive_growth_months"


def cta(truth: str, reply: str) -> Verdict:
    """Return 1 if the reply, or its last box, ends with the truth; else 0.

    Only word characters count, without case. Raises ReplyError for a box that is not closed.
    Source: `cta/utils.py`.
    """
    answer = reply
    if "\\boxed{" in reply:
        box = official_box(reply)
        if box is None:
            raise ReplyError("a box that is not closed")
        answer = without(box, "\\text{", "}", "\\")
    given, golden = _word_characters(answer), _word_characters(truth)
    return graded(given.endswith(golden), answer)


def tablejoin(truth: str, reply: str) -> Verdict:
    """Return F1 of the pairs of columns, with two decimals.

    A wrong partner is a false positive and a false negative. Raises ReplyError for a truth that is
    no dict. Source: `tablejoin/utils.py`.
    """
    golden = _dict_of_truth(truth)
    given = joined_columns(reply)
    if not given:
        return graded(0, None)
    right = sum(bool(golden.get(key)) and golden[key] == value for key, value in given.items())
    wrong = len(given) - right
    known = sum(bool(golden.get(key)) for key in given)
    missed = known - right + sum(not given.get(key) for key in golden)
    # As numpy rounds: the product, half to even.
    f1 = round(2 * right / (2 * right + wrong + missed) * 100) / 100
    return graded(f1, given)


def joined_columns(text: str) -> dict[Any, Any]:
    """Return the dict that `text` gives, without its empty values; an empty one without any.

    It is that of the innermost last solution, of a whole text, of the last fence, or of the last
    box. Raises ReplyError.
    """
    solution = last_tagged(text, "solution")
    if solution is not None:
        return joined_columns(solution.strip())
    try:
        found = parse_literal(text)
    except NoLiteralError:
        try:
            found = parse_literal(_marked(text).replace("null", "None"))
        except NoLiteralError:
            return {}
    if not isinstance(found, dict):
        return {}
    pairs = cast("dict[Any, Any]", found)
    return {key: value for key, value in pairs.items() if value is not None}


def consecutive_events(reply: TurnReply) -> Verdict:
    """Return the Jaccard index of the pairs of user and value, with four decimals.

    A wrong value counts on both sides. Source: `consecutive_events/utils.py`.
    """
    try:
        golden = _pairs_of_truth(reply.turn)
    except NoLiteralError:
        return graded(0, None)
    try:
        given = parse_json((last_tagged(reply.output, "solution", ignore_case=True) or "").strip())
    except NoLiteralError:
        return graded(0, None)
    if given is None:
        return graded(0, None)
    if not given or not golden:
        return graded(not given and not golden, given)
    try:
        return graded(_jaccard(golden, _pairs(given)), given)
    except TypeError as error:
        return eval_error(str(error), given)


def _word_characters(text: str) -> str:
    return re.sub(r"\W", "", text.lower().strip())


def _marked(text: str) -> str:
    """Return what stands in the last fence or box; else `text`. Raises ReplyError."""
    line = text.replace("\n", "")
    for language in _FENCES:
        fenced = re.findall(f"```{language}(.*?)```", line)
        if fenced:
            return fenced[-1]
    box = official_box(line) if "\\boxed" in text else None
    return text if box is None else _QUOTED.sub(r"'\1'", box).replace("\\", "")


def _dict_of_truth(truth: str) -> dict[Any, Any]:
    try:
        golden = parse_literal(truth)
    except NoLiteralError as error:
        raise ReplyError(f"the truth is {error}") from None
    if not isinstance(golden, dict):
        raise ReplyError("the truth is no dict")
    return cast("dict[Any, Any]", golden)


def _pairs_of_truth(turn: Turn) -> dict[Any, Any]:
    """Return the golden pairs. Raises NoLiteralError."""
    target: Any = turn.target
    rows: Any = parse_json(target) if isinstance(target, str) else target
    return {row[_EVENT_KEY]: row[_EVENT_VALUE] for row in rows or ()}


def _pairs(rows: Any) -> dict[Any, Any]:
    """Return the pairs of what a reply lists. Raises TypeError for what cannot be listed."""
    return {
        row[_EVENT_KEY]: row.get(_EVENT_VALUE)
        for row in rows
        if isinstance(row, dict) and _EVENT_KEY in row
    }


def _jaccard(golden: dict[Any, Any], given: dict[Any, Any]) -> float:
    right = sum(key in given and given[key] == value for key, value in golden.items())
    union = len(golden) + len(given) - right
    return round(right / union, 4) if union else 0.0
