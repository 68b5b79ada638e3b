"""Whether an answer passes: it solves its query, or the query cannot be solved."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Literal

import msgspec

from .answers import Answer
from .judge import ANSWER_IN_FULL, ANSWER_STATUS, TASK_STATUS, Judge

AnswerStatus = Literal["Solved", "Unsolved", "Unsure"]
TaskStatus = Literal["Solvable", "Unsolvable", "Unsure"]

_GAVE_UP = "give_up_and_restart"
_POINTS = {"Solved": 1.0, "Unsure": 0.5, "Unsolved": 0.0}


class Vote(msgspec.Struct, frozen=True):
    """What one repeat of the judgement says of an answer."""

    passed: bool
    answer: AnswerStatus
    task: TaskStatus


class Passes(msgspec.Struct, frozen=True):
    """All votes on an answer, and the label that stands for them where one is needed.

    The label breaks ties by a coin, as the CSV files of ToolEval do.
    """

    votes: tuple[Vote, ...]
    label: bool

    @property
    def passed(self) -> bool:
        """Whether it counts for the pass rate, which ties do (`eval_pass_rate.py`)."""
        passed = sum(vote.passed for vote in self.votes)
        return passed >= len(self.votes) - passed

    @property
    def solved(self) -> float:
        """How far it is solved: 1, or 0.5 where that is unsure; the mean of the repeats.

        The solvable pass rate of StableToolBench.
        """
        return sum(_POINTS[vote.answer] for vote in self.votes) / len(self.votes)


async def judge_passes(answer: Answer, judge: Judge, repeats: int, seed: str) -> Passes:
    """Return `repeats` votes on `answer`, one after another. Raises NoVerdictError."""
    votes = [await _vote(answer, judge, f"{seed}/{repeat}") for repeat in range(repeats)]
    return Passes(tuple(votes), _label(votes, f"{seed}/label"))


async def status_of(
    query: str, final_answer: str, judged: object, judge: Judge, repeat: str
) -> AnswerStatus:
    """Return whether an answer solves `query` (`check_is_solved`).

    Nothing and giving up do not, unasked. Where the answer alone does not tell, all of it, `judged`
    as JSON, is shown.
    """
    if not final_answer or _GAVE_UP in final_answer:
        return "Unsolved"
    parts = {"QUERY": query, "ANSWER": final_answer}
    status: AnswerStatus = await judge.ask(ANSWER_STATUS, parts, repeat)
    if status == "Unsure":
        whole = {"QUERY": query, "ANSWER": json.dumps(judged)}
        status = await judge.ask(ANSWER_IN_FULL, whole, repeat)
    return status


async def _vote(answer: Answer, judge: Judge, repeat: str) -> Vote:
    if not answer.has_finished:
        return Vote(passed=False, answer="Unsolved", task="Solvable")
    query, judged = answer.query, answer.judged()
    status = await status_of(query, answer.final_answer, judged, judge, repeat)
    if status == "Solved":
        return Vote(passed=True, answer=status, task="Solvable")
    task = {"query": answer.query, "available_tools": answer.tools}
    solvable: TaskStatus = await judge.ask(TASK_STATUS, {"TASK": json.dumps(task)}, repeat)
    return Vote(_passes(status, solvable, repeat), status, solvable)


def _passes(answer: AnswerStatus, task: TaskStatus, repeat: str) -> bool:
    """Return whether an answer that does not solve its query passes (`is_passed`).

    It does where the query cannot be solved, and does not where both are sure; else a coin says.
    """
    if task == "Unsolvable":
        return True
    if answer == "Unsolved" and task == "Solvable":
        return False
    return coin(f"{repeat}/unsure")


def _label(votes: Sequence[Vote], seed: str) -> bool:
    passed = sum(vote.passed for vote in votes)
    failed = len(votes) - passed
    return coin(seed) if passed == failed else passed > failed


def coin(seed: str) -> bool:
    """Return one of two sides, always the same for a seed."""
    return random.Random(seed).random() < 0.5  # noqa: S311 - a draw, no secret
