"""Instruction following: the share of instructions that a reply follows, strictly checked."""

from __future__ import annotations

from typing import Any

from ...core.errors import DataError
from ..turns import TurnReply
from ..verdict import Verdict
from .instructions import follows
from .reading import graded, share_score


def followed_instructions(reply: TurnReply) -> Verdict:
    """Return the mean of "all followed" and the share of instructions followed.

    The turn's target lists the instructions, each `{"id": ..., "arguments": {...}}`; the answer
    tells which were followed. Raises DataError, MissingExtraError. Source: `score_results` and the
    strict mode in `instruction_following`.
    """
    text = reply.output.strip()
    kept = {
        place: follows(wanted["id"], wanted["arguments"], text)
        for place, wanted in enumerate(_instructions(reply.turn.target))
    }
    return graded(share_score(sum(kept.values()), len(kept)), list(kept.values()))


def _instructions(target: Any) -> list[dict[str, Any]]:
    if not isinstance(target, list) or not target:
        raise DataError("the target should list instructions")
    return target
