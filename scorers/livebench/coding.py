"""Coding: the code of a reply passes all tests, or it does not.

Source: `LCB_generation_process_results` and `code_generation_process_results` in
`process_results/coding/utils.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from ...core.errors import DataError
from ...core.sandbox import Sandbox
from ..python_code.fences import fenced_code
from ..python_code.interpreter import Interpreter, Ran
from ..python_code.outputs import same_printed, same_returned
from ..turns import Rule, TurnReply
from ..verdict import Verdict

CASE_TASKS = ("LCB_generation", "coding_completion")
UNIT_TEST_TASKS = ("code_generation", "code_completion")

_TEST_S = 6.0
# What the official code adds to the time of the reference solution.
_MORE_S = 4.0

Grade = Callable[[TurnReply], Awaitable[Verdict]]


class Case(msgspec.Struct, frozen=True):
    """An input, and the output that it should have."""

    input: str
    output: str


class Cases(msgspec.Struct, frozen=True):
    """What a program should print, or a `function` return, for some inputs."""

    cases: tuple[Case, ...]
    prefix: str = ""
    function: str | None = None


class UnitTests(msgspec.Struct, frozen=True):
    """Tests in source code; code without the function `entry_point` goes below the `prompt`."""

    unit_tests: str
    entry_point: str
    prompt: str
    expected_s: float
    prefix: str = ""


def coding_rules(sandbox: Sandbox, python: str) -> Mapping[str, Rule]:
    """Return the rules of the tasks that are graded by running `python` in `sandbox`."""
    interpreter = Interpreter(sandbox, python, _packages())
    by_cases = Rule(("score",), _by_cases(interpreter), needs_target=False)
    by_tests = Rule(("score",), _by_unit_tests(interpreter), needs_target=False)
    return {**dict.fromkeys(CASE_TASKS, by_cases), **dict.fromkeys(UNIT_TEST_TASKS, by_tests)}


def _by_cases(interpreter: Interpreter) -> Grade:
    async def grade(reply: TurnReply) -> Verdict:
        wanted = _tests(reply, Cases)
        code = _completed(fenced_code(reply.output), wanted.prefix)
        count = len(wanted.cases)
        # The official limits: of each test, and of all together.
        ran = await interpreter.run_inputs(
            code,
            wanted.function,
            [case.input for case in wanted.cases],
            test_s=_TEST_S,
            wall_s=(_TEST_S + 1) * count + 5,
        )
        passed = _passed(ran, wanted)
        is_right = passed == count == len(ran.outputs) and ran.end == "done"
        return _verdict(ran, code, is_right=is_right, told=f"{passed} of {count} tests")

    return grade


def _by_unit_tests(interpreter: Interpreter) -> Grade:
    async def grade(reply: TurnReply) -> Verdict:
        wanted = _tests(reply, UnitTests)
        code = fenced_code(reply.output)
        if not code.startswith(wanted.prefix):
            code = _completed(code, wanted.prefix)
        elif f"def {wanted.entry_point}" not in code:
            code = f"{wanted.prompt}\n{code}"
        limit_s = wanted.expected_s + _MORE_S
        ran = await interpreter.run_unit_tests(code, wanted.unit_tests, limit_s=limit_s)
        return _verdict(ran, code, is_right=ran.end == "done", told="")

    return grade


def _completed(code: str, prefix: str) -> str:
    """Return `code` below the `prefix` that it should begin with, unless it does."""
    return code if code.startswith(prefix) else f"{prefix}\n{code}"


def _passed(ran: Ran, wanted: Cases) -> int:
    """Return how many outputs are right before the first that is not. Raises DataError."""
    same = same_returned if wanted.function else same_printed
    for number, (output, case) in enumerate(zip(ran.outputs, wanted.cases, strict=False)):
        try:
            if not same(output, case.output):
                return number
        except ValueError:
            raise DataError(f"the expected output of test {number + 1} is no JSON") from None
    return len(ran.outputs)


def _verdict(ran: Ran, code: str, *, is_right: bool, told: str) -> Verdict:
    """Return 1 or 0, the code, and what stopped it."""
    stopped = "" if ran.end == "done" else f"{ran.end}: {ran.detail}".rstrip(": ")
    why = "; ".join(part for part in (told, stopped) if part)
    return Verdict(
        scores={"score": float(is_right)}, answer=code, explanation=None if is_right else why
    )


def _tests(reply: TurnReply, kind: type[Any]) -> Any:
    """Return the tests of the row. Raises DataError."""
    try:
        return msgspec.convert(reply.turn.metadata.get("tests"), kind)
    except msgspec.ValidationError as error:
        raise DataError(f"the sample has no tests for its code: {error}") from None


@cache
def _packages() -> frozenset[str]:
    text = Path(__file__).with_name("packages.yaml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(text))
