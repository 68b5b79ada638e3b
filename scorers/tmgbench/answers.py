"""Lists of pairs of actions that a reply assigns to `answer`."""

from __future__ import annotations

import re

_QUOTE = r"[\"'`]?"
_PAIR = rf"[(\[] ?{_QUOTE}([AB])([12]){_QUOTE} ?, ?{_QUOTE}([AB])([12]){_QUOTE} ?,? ?[)\]]"
_PAIRS = re.compile(_PAIR)
_ASSIGNED = re.compile(r"\banswer(?:_?([0-9]{1,3}))? ?= ?(?=\[)", re.IGNORECASE)
_LIST = re.compile(rf"\[ ?(?:{_PAIR}(?: ?, ?{_PAIR})* ?,? ?)?\]")

Answer = frozenset[int]
"""Outcomes: 1 is (A1, B1), 2 is (A1, B2), 3 is (A2, B1), 4 is (A2, B2)."""


def last_answer(reply: str) -> Answer | None:
    """Return the outcomes of the last `answer = [...]`; None where it holds anything but pairs.

    A pair has an action of each player, in either order; a pair that comes twice counts once.
    """
    text = _squeezed(reply)
    assigned = list(_ASSIGNED.finditer(text))
    return _listed(text, assigned[-1].end()) if assigned else None


def numbered_answers(reply: str, count: int) -> tuple[Answer | None, ...]:
    """Return the outcomes of `answer_1` to `answer_<count>`, of each the last one.

    Where no answer has a number and there are `count` of them, they are in order.
    """
    text = _squeezed(reply)
    found = [(match[1], _listed(text, match.end())) for match in _ASSIGNED.finditer(text)]
    by_number = {int(number): answer for number, answer in found if number is not None}
    if not by_number and len(found) == count:
        return tuple(answer for _, answer in found)
    return tuple(by_number.get(number) for number in range(1, count + 1))


def _listed(text: str, begin: int) -> Answer | None:
    """Return the outcomes of the list that stands at `begin`."""
    listed = _LIST.match(text, begin)
    if listed is None:
        return None
    outcomes: set[int] = set()
    for match in _PAIRS.finditer(listed[0]):
        actions = {match[1]: int(match[2]), match[3]: int(match[4])}
        if actions.keys() != {"A", "B"}:
            return None
        outcomes.add(2 * (actions["A"] - 1) + actions["B"])
    return frozenset(outcomes)


def _squeezed(text: str) -> str:
    """Return `text` with each run of white space as one space."""
    return re.sub(r"\s+", " ", text)
