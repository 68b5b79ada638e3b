"""Which answers to the open questions are right, by the stored answers and a planner.

Source of every rule: the evaluators in `acp_utils.py` of EleutherAI/lm-evaluation-harness, commit
4e7e0d47.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from ..planning.search import TIME_LIMIT
from .planner import Planner

Variant = Literal["official", "fixed"]

# Seconds that the official evaluators give the planner.
_REACH_S = 3
_OPTIMAL_S = 5
# Where the plan stands in the official question: what is before it, and behind.
_BEFORE_PLAN, _BEHIND_PLAN = 19, 147
_QUOTED = re.compile(r'"(.*)"', re.DOTALL)
_BETWEEN_STEPS = re.compile(r"(?<=\)) (?=\()")


class Golden(msgspec.Struct, frozen=True, kw_only=True):
    """What an open question is graded against; `answer` is as in the official row."""

    answer: Any
    question: str
    domain: str
    problem: str


class Effects(msgspec.Struct, frozen=True):
    """Facts that become true, and that become false."""

    pos: tuple[str, ...]
    neg: tuple[str, ...]


class Landmarks(msgspec.Struct, frozen=True):
    """Facts that are landmarks, and that are none."""

    yes: tuple[str, ...]
    no: tuple[str, ...] = ()


class NextSteps(msgspec.Struct, frozen=True):
    """Steps that bring the goal nearer, that do not, that may; and how far it is now."""

    yes: tuple[str, ...]
    no: tuple[str, ...]
    maybe: tuple[str, ...]
    opt: int | str


class Judgement(msgspec.Struct, frozen=True):
    """Whether an answer is right, and what else is to be said of it.

    `overlap` is the Jaccard index of two sets, where a list is asked for.
    """

    right: bool
    note: str | None = None
    overlap: float | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, as the readers of its task give it, with what it is held against."""

    given: Any
    golden: Golden
    variant: Variant
    planner: Planner


Judge = Callable[[Case], Awaitable[Judgement]]


async def _applicable(case: Case) -> Judgement:
    """Ask for all steps and no other; the share of steps in common is told, too."""
    given, golden = _lowered(case.given), _lowered(_texts(case.golden.answer))
    either = given | golden
    overlap = len(given & golden) / len(either) if either else 1.0
    return Judgement(given == golden, overlap=overlap)


async def _effects(case: Case) -> Judgement:
    """Ask for both lists, as sets."""
    golden = msgspec.convert(case.golden.answer, Effects)
    positive, negative = map(_lowered, case.given)
    return Judgement(positive == _lowered(golden.pos) and negative == _lowered(golden.neg))


async def _index(case: Case) -> Judgement:
    return Judgement(case.given == str(case.golden.answer))


async def _unreachable_fact(case: Case) -> Judgement:
    """Take a stored fact or one that is proved unreachable; "None" where none is stored."""
    fact = case.given.lower()
    stored = {f"({text.strip()})" for text in _lowered(_texts(case.golden.answer))}
    if not stored or fact in stored:
        return Judgement(fact in (stored or {"none"}))
    outcome = await case.planner.reach_fact(case.golden.domain, case.golden.problem, fact, _REACH_S)
    return Judgement(outcome.unsolvable, outcome.reason)


async def _unreachable_step(case: Case) -> Judgement:
    """Take a stored step or one that is proved unreachable; "None" where none is stored.

    `official` takes only those for unreachable that a planner is needed for, and compares stored
    ones with their capitals.
    """
    step, fixed = case.given.lower(), case.variant == "fixed"
    stored = _texts(case.golden.answer)
    stored = _lowered(stored) if fixed else set(stored)
    if not stored or step in stored:
        return Judgement(step in (stored or {"none"}))
    outcome = await case.planner.reach_step(case.golden.domain, case.golden.problem, step, _REACH_S)
    if outcome is None:
        return Judgement(right=False, note="no action of this problem")
    return Judgement(outcome.unsolvable and (fixed or not outcome.relaxed), outcome.reason)


async def _shorter_plan(case: Case) -> Judgement:
    """Take a shorter plan whose steps are steps of the plan, in the same order.

    `official` takes the plan from its place in the question, and compares steps with their
    capitals.
    """
    plan = _plan_of(case.golden.question, case.variant)
    given: Sequence[str] = case.given
    if case.variant == "fixed":
        plan, given = [step.lower() for step in plan], [step.lower() for step in given]
    if not 0 < len(given) < len(plan) or not _is_subsequence(given, plan):
        return Judgement(right=False)
    works = await case.planner.plan_works(case.golden.domain, case.golden.problem, tuple(given))
    return Judgement(bool(works), TIME_LIMIT.reason if works is None else None)


async def _landmark(case: Case) -> Judgement:
    """Take a stored landmark; "None" where none is stored."""
    stored = _lowered(msgspec.convert(case.golden.answer, Landmarks).yes)
    return Judgement(case.given.lower() in (stored or {"none"}))


async def _next_step(case: Case) -> Judgement:
    """Take a stored step, or one that may be right and with which an optimal plan begins."""
    golden = msgspec.convert(case.golden.answer, NextSteps)
    step = case.given.lower()
    if step in _lowered(golden.yes):
        return Judgement(right=True)
    if step in _lowered(golden.no) or step not in _lowered(golden.maybe):
        return Judgement(right=False)
    outcome = await case.planner.length_after(
        case.golden.domain, case.golden.problem, step, _OPTIMAL_S
    )
    if outcome is None or outcome.length is None:
        return Judgement(right=False, note=outcome.reason if outcome else None)
    return Judgement(outcome.length + 1 == int(golden.opt))


JUDGES: Mapping[str, Judge] = {
    "app": _applicable,
    "areach": _unreachable_step,
    "just": _shorter_plan,
    "land": _landmark,
    "nexta": _next_step,
    "prog": _effects,
    "reach": _unreachable_fact,
    "val": _index,
}


def _texts(answer: Any) -> tuple[str, ...]:
    return msgspec.convert(answer, tuple[str, ...])


def _lowered(texts: Iterable[str]) -> set[str]:
    return {text.lower() for text in texts}


def _plan_of(question: str, variant: Variant) -> list[str]:
    """Return the steps of the plan that a question is about."""
    quoted = _QUOTED.search(question)
    if variant == "official" or quoted is None:
        text = question[_BEFORE_PLAN:-_BEHIND_PLAN]
    else:
        text = quoted[1]
    return _BETWEEN_STEPS.split(text)


def _is_subsequence(part: Sequence[str], whole: Iterable[str]) -> bool:
    remaining = iter(whole)
    return all(step in remaining for step in part)
