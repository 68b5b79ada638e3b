"""Instruction following: the share of instructions that a reply follows, strictly checked."""

from __future__ import annotations

from typing import Any

from ...core.errors import DataError
from ..extraction.marked import tagged
from ..instructions import UncheckableReplyError, follows
from ..turns import TurnReply
from ..verdict import Verdict
from .reading import eval_error, graded, share_score


def followed_instructions(reply: TurnReply) -> Verdict:
    """Return the mean of "all followed" and the share of instructions followed.

    The turn's target lists the instructions, each `{"id": ..., "arguments": {...}}`; the answer
    tells which were followed. Raises DataError, MissingExtraError. Source: `score_results` and the
    strict mode in `instruction_following`.
    """
    return _graded(reply.turn.target, reply.output)


def followed_in_solution(reply: TurnReply) -> Verdict:
    """Return the same for the first solution of the reply, if it has one.

    For questions from 2025-11-25. Raises DataError, MissingExtraError. Source:
    `ifbench_process_results`.
    """
    solutions = tagged(reply.output, "solution")
    return _graded(reply.turn.target, solutions[0] if solutions else reply.output)


def _graded(target: Any, text: str) -> Verdict:
    text = text.strip()
    try:
        kept = [follows(wanted["id"], wanted["arguments"], text) for wanted in _wanted(target)]
    except UncheckableReplyError as error:
        return eval_error(str(error))
    return graded(share_score(sum(kept), len(kept)), kept)


def _wanted(target: Any) -> list[dict[str, Any]]:
    if not isinstance(target, list) or not target:
        raise DataError("the target should list instructions")
    return target
