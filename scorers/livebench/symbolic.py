"""What is graded in processes with limits: expressions, tables, and patterns that may hang."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..limited import LimitedCalls
from ..turns import TurnReply
from ..verdict import Verdict
from .equality import EqualityJudge
from .expressions import amps_grade, integral_grade
from .limits import limited
from .reading import Grading, ReplyError, eval_error, graded, text_of_target

Grade = Callable[[TurnReply], Awaitable[Verdict]]

_UNDECIDED = (
    "sympy does not show the answer to be equal, and no judge was asked (scorer=livebench_judged)"
)


def amps_hard(calls: LimitedCalls, judge: EqualityJudge | None) -> Grade:
    """Return what grades by sympy, and by `judge` where sympy shows no equality.

    Without a judge such answers are an `eval_error`, as in the official run without a key: they
    count 0. Source: `AMPS_Hard/utils.py`.
    """

    async def grade(reply: TurnReply) -> Verdict:
        target = reply.turn.target
        truth = str(target[-1]) if isinstance(target, list) else str(target)
        try:
            right, answer = await limited(calls, amps_grade, truth, reply.output)
        except ReplyError as error:
            return eval_error(str(error))
        if right is not None:
            return graded(right, answer)
        if judge is None:
            return eval_error(_UNDECIDED, answer)
        return await judge.grade(reply, truth, answer)

    return grade


def integrals(calls: LimitedCalls) -> Grade:
    """Return what grades the value of an integral by sympy."""

    async def grade(reply: TurnReply) -> Verdict:
        truth = text_of_target(reply.turn.target)
        try:
            right, answer = await limited(calls, integral_grade, truth, reply.output)
        except ReplyError as error:
            return eval_error(str(error))
        return graded(right, answer)

    return grade


def limited_text(calls: LimitedCalls, grading: Grading) -> Grade:
    """Return what grades by `grading` of the turn's target and the reply's text."""

    async def grade(reply: TurnReply) -> Verdict:
        try:
            truth = text_of_target(reply.turn.target)
            return await limited(calls, grading, truth, reply.output)
        except ReplyError as error:
            return eval_error(str(error))

    return grade


def tablereformat(calls: LimitedCalls, compare: Callable[[str, str, str], int]) -> Grade:
    """Return what grades tables by `compare`, one of the two versions."""

    async def grade(reply: TurnReply) -> Verdict:
        truth, question = text_of_target(reply.turn.target), str(reply.turn.query)
        try:
            right = await limited(calls, compare, question, truth, reply.output)
        except ReplyError as error:
            return eval_error(str(error))
        return graded(right, reply.output)

    return grade
