"""Rules that look for strings in the reply: retrieval, questions on English books, ManyShot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..turns import TurnReply, Verdict
from .labels import as_iterated, as_list


def contains(reply: TurnReply) -> Verdict:
    """`accuracy` of kv, prefix_suffix, kv_hard and hashhop: the reply contains the label.

    The comparison knows no normalisation.
    """
    found = str(reply.turn.target) in reply.output
    return Verdict(scores={"accuracy": float(found)}, answer=reply.output.strip())


def official_recall(reply: TurnReply) -> Verdict:
    """`recall` of vt: share of the variables in the reply, any case, rounded to 2 decimals."""
    return _recall(reply, as_iterated(reply.turn.target), decimals=2)


def fixed_recall(reply: TurnReply) -> Verdict:
    """`recall` of vt, not rounded: one of three variables gives 1/3, not 0.33."""
    return _recall(reply, as_list(reply.turn.target), decimals=None)


def official_mention(reply: TurnReply) -> Verdict:
    """`accuracy` of qa_eng and many_shot: the reply contains any label, in any case.

    The labels of many_shot are bare strings, which the official code takes for lists: a reply that
    shares any character with the label is correct.
    """
    return _mention(reply, as_iterated)


def fixed_mention(reply: TurnReply) -> Verdict:
    """`accuracy` of qa_eng and many_shot, a bare string being one label."""
    return _mention(reply, as_list)


def _recall(reply: TurnReply, variables: list[str], *, decimals: int | None) -> Verdict:
    output = reply.output.lower()
    found = [name for name in variables if name.lower() in output]
    share = len(found) / len(variables)
    value = share if decimals is None else round(share, decimals)
    return Verdict(scores={"recall": value}, answer=found)


def _mention(reply: TurnReply, labels_of: Callable[[Any], list[str]]) -> Verdict:
    answer = reply.output.strip()
    output = answer.upper()
    correct = any(label.upper() in output for label in labels_of(reply.turn.target))
    return Verdict(scores={"accuracy": float(correct)}, answer=answer)
