"""Python run in the real bubblewrap."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sandboxes import real_bubblewrap

from evalrun.core.sandbox import Sandbox
from evalrun.scorers.python_code.interpreter import Interpreter, Ran


@pytest.fixture
def bubblewrap() -> Sandbox:
    return real_bubblewrap()


@pytest.fixture
def printed(bubblewrap: Sandbox) -> Callable[..., Ran]:
    """Return a function that runs a program on inputs, or calls a function of it."""

    def printed(
        code: str, *inputs: str, function: str | None = None, test_s: float = 6, wall_s: float = 60
    ) -> Ran:
        interpreter = Interpreter(bubblewrap, "python3", {"an_absent_package"})
        run = interpreter.run_inputs(
            code, function, [*(inputs or [""])], test_s=test_s, wall_s=wall_s
        )
        return asyncio.run(run)

    return printed


@pytest.fixture
def tested(bubblewrap: Sandbox) -> Callable[..., Ran]:
    """Return a function that runs unit tests on code."""

    def tested(code: str, tests: str, limit_s: float = 20) -> Ran:
        interpreter = Interpreter(bubblewrap, "python3", {"an_absent_package"})
        return asyncio.run(interpreter.run_unit_tests(code, tests, limit_s=limit_s))

    return tested
