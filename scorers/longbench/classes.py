"""The rule of trec: which class the reply names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ...core.errors import DataError
from ..text import texts_of
from ..turns import TurnReply, Verdict

Sieve = Callable[[list[str], str], list[str]]


def official_classes(reply: TurnReply) -> Verdict:
    """`accuracy` of trec: 1/n if the answer is one of the n classes left, else 0.

    Classes whose name occurs in the reply are left, less those whose name is a proper part of the
    answer. The official loop removes them from the list that it walks through, and so skips the one
    behind each that it removes: it may stay. Source: `classification_score`.
    """
    return _graded(reply, _official_sieve)


def fixed_classes(reply: TurnReply) -> Verdict:
    """`accuracy` of trec, with every class removed whose name is a proper part of the answer."""
    return _graded(reply, _fixed_sieve)


def _graded(reply: TurnReply, sieve: Sieve) -> Verdict:
    named = [name for name in _all_classes(reply) if name in reply.output]
    left = {answer: sieve(named, answer) for answer in texts_of(reply.turn.target)}
    best = max(1 / len(names) if answer in names else 0.0 for answer, names in left.items())
    return Verdict(scores={"accuracy": best}, answer=named, parsed=bool(named))


def _official_sieve(named: list[str], answer: str) -> list[str]:
    left, place = named.copy(), 0
    while place < len(left):
        if _is_part(left[place], answer):
            left.remove(left[place])
        place += 1
    return left


def _fixed_sieve(named: list[str], answer: str) -> list[str]:
    return [name for name in named if not _is_part(name, answer)]


def _is_part(name: str, answer: str) -> bool:
    return name in answer and name != answer


def _all_classes(reply: TurnReply) -> list[str]:
    classes: Any = reply.turn.metadata.get("all_classes")
    if not isinstance(classes, list) or not classes:
        raise DataError("a turn of trec should carry the names of its classes in 'all_classes'")
    return cast("list[str]", classes)
