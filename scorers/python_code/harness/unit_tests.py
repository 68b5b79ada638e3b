"""The class `TestCases` of a row, run in the module of the code that it tests.

Source: `unsafe_execute` in `code_runner/eval/__init__.py` of LiveBench/LiveBench, commit b0fb577,
after BigCodeBench.

Tests and code share an interpreter, as officially, so a verdict is what the tested process says of
itself. Three things keep code from saying it in their place: a word that is sent only when the code
has been loaded, and that the verdict must repeat; the names of the tests, which the parent reads
from the row; and a look at unittest after the tests, which must be as it was. Code that was made
for this harness can still cheat: it finds the word in the interpreter's frames, or in the memory of
the parent, or returns objects that are equal to everything.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import sys
import unittest
from types import ModuleType
from typing import Any
from unittest import case, loader, result, suite

from .children import Answer, Ask, Request, Tell
from .failures import failure, shortened

_NAME = "__test__"
_CLASS = "TestCases"


def serve(job: Request, ask: Ask, tell: Tell) -> None:
    """Load `code` and the `tests` below it; then run the tests, and tell what became of them."""
    builtins.exit = builtins.quit = None  # type: ignore[assignment] - as officially
    before = _makings()
    with _streams():
        try:
            tests = _loaded(f"{job['code']}\n{job['tests']}")
        except BaseException as error:
            return tell(failure(error))
        tell({"output": ""})
        word = ask()["word"]
        outcome = _Outcome()
        tests.run(outcome)
    is_intact = before == _makings()
    return tell({**outcome.told(), "word": word, "intact": is_intact})


def test_names(tests: str) -> list[str]:
    """Return the names of the tests in the source `tests`. Raises SyntaxError."""
    classes = [one for one in ast.parse(tests).body if isinstance(one, ast.ClassDef)]
    return [
        method.name
        for one in classes
        if one.name == _CLASS
        for method in one.body
        if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef))
        and method.name.startswith("test")
    ]


class _Outcome(unittest.TestResult):
    """Which tests ran, which failed, and the first module that one of them lacked."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []
        self.missing = ""

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().startTest(test)
        self.ran.append(test.id().split(".")[-1])

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802 - unittest's name
        super().addError(test, err)
        self.missing = self.missing or failure(err[1]).get("missing", "")

    def told(self) -> Answer:
        issues = [*self.failures, *self.errors]
        failed = {test.id().split(".")[-1]: trace.strip().split("\n")[-1] for test, trace in issues}
        answer: Answer = {"ran": self.ran}
        if failed:
            answer["error"] = shortened("; ".join(f"{name}: {why}" for name, why in failed.items()))
        return {**answer, "missing": self.missing} if self.missing else answer


class _NoInput(io.StringIO):
    """A stdin that fails when it is read."""

    def _refuse(self, *_: Any) -> Any:
        raise OSError

    read = readline = readlines = _refuse

    def readable(self) -> bool:
        return False


def _loaded(source: str) -> unittest.TestSuite:
    module = ModuleType(_NAME)
    module.__dict__.update(
        {"__builtins__": builtins, "__file__": f"{_NAME}.py", "__package__": None, "__doc__": None}
    )
    module.__dict__.update(
        {"sys": sys, "os": sys.modules["os"], "environ": sys.modules["os"].environ}
    )
    program = compile(source, f"{_NAME}.py", "exec", dont_inherit=True)
    exec(program, module.__dict__)  # noqa: S102 - what this process in the sandbox is for
    sys.modules[_NAME] = module
    return unittest.TestLoader().loadTestsFromTestCase(getattr(module, _CLASS))


@contextlib.contextmanager
def _streams() -> Any:
    before = sys.stdin
    sys.stdin = _NoInput()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        sys.stdin = before


def _makings() -> dict[str, Any]:
    """Return what unittest decides by: functions of its modules and classes, with their code."""
    found: dict[str, Any] = {}
    for module in (case, loader, result, suite):
        for name, value in vars(module).items():
            if callable(value):
                found[f"{module.__name__}.{name}"] = (value, getattr(value, "__code__", None))
                members = vars(value).items() if isinstance(value, type) else ()
                found.update(
                    {
                        f"{module.__name__}.{name}.{member}": (one, getattr(one, "__code__", None))
                        for member, one in members
                        if callable(one)
                    }
                )
    return found
