"""What replies to the open questions answer: steps, facts, lists of them, or a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .grammar import read_atom, read_atoms, read_index, read_two_lists

Reader = Callable[[str], Any]

_NONE = re.compile(r"\bnone\b", re.IGNORECASE)
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_WHOLE_NUMBER = re.compile(r"(?<![\w.])-?\d{1,9}(?!\d|\.\d)")
_SIMPLIFIED = "simplified plan:"
_EFFECTS = ("positive effects", "negative effects")


def headings_as_brackets(reply: str) -> str:
    """Return `reply` with the headings of its effects made brackets, if it has both and none.

    Source: `clean_answer` of EleutherAI/lm-evaluation-harness, commit 4e7e0d47.
    """
    lowered = reply.lower()
    if "[" in reply or not all(heading in lowered for heading in _EFFECTS):
        return reply
    positive, negative = _EFFECTS
    plain = lowered.replace("*", "")
    return plain.replace(positive, "[").replace(negative, "] [") + "]"


def behind_simplified_plan(reply: str) -> str:
    """Return what follows the first "simplified plan:", up to the next; without it, all.

    Source: `clean_answer` of EleutherAI/lm-evaluation-harness, commit 4e7e0d47.
    """
    lowered = reply.lower()
    if _SIMPLIFIED not in lowered:
        return reply
    return lowered.replace("*", "").split(_SIMPLIFIED)[1]


def official_effects(reply: str) -> tuple[list[str], list[str]] | None:
    """Return two lists; the second is empty where it is the first one again, as officially."""
    lists = read_two_lists(headings_as_brackets(reply))
    if lists is None or lists[0] != lists[1]:
        return lists
    return lists[0], []


def fixed_effects(reply: str) -> tuple[list[str], list[str]] | None:
    """Return the first two lists in brackets; a single one is the first. None without any."""
    found = [read_atoms(inside) or [] for inside in _BRACKETS.findall(headings_as_brackets(reply))]
    return (found[0], found[1] if len(found) > 1 else []) if found else None


def fixed_index(reply: str) -> str | None:
    """Return the first whole number, with its sign and without leading zeros."""
    found = _WHOLE_NUMBER.search(reply)
    return str(int(found[0])) if found else None


def _fact(reply: str) -> str | None:
    return read_atom(reply, or_none=True)


def _fact_or_any_none(reply: str) -> str | None:
    return read_atom(_NONE.sub("None", reply), or_none=True)


def _step(reply: str) -> str | None:
    return read_atom(reply, or_none=False)


def _plan(reply: str) -> list[str] | None:
    return read_atoms(behind_simplified_plan(reply))


OFFICIAL: Mapping[str, Reader] = {
    "app": read_atoms,
    "areach": _fact,
    "just": _plan,
    "land": _fact,
    "nexta": _step,
    "prog": official_effects,
    "reach": _fact,
    "val": read_index,
}
FIXED: Mapping[str, Reader] = {
    **OFFICIAL,
    "areach": _fact_or_any_none,
    "land": _fact_or_any_none,
    "prog": fixed_effects,
    "reach": _fact_or_any_none,
    "val": fixed_index,
}
