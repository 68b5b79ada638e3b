"""Programs, functions and unit tests in a sandbox, as the official code runs them."""

from __future__ import annotations

import asyncio

import pytest

from evalrun.core.errors import NotApplicableError
from evalrun.core.sandbox import Sandbox
from evalrun.scorers.python_code.interpreter import Interpreter

SUM = "a, b = map(int, {}.split())\nprint(a + b)"


@pytest.mark.parametrize(
    "read",
    [
        "input()",
        "__import__('sys').stdin.read()",
        "sys.stdin.readline()",
        "next(sys.stdin)",
        "sys.stdin.readlines()[0]",
    ],
)
def test_a_program_reads_each_input_and_prints(printed, read: str) -> None:
    ran = printed(SUM.format(read), "1 2", "-3 3")
    assert (ran.end, ran.outputs) == ("done", ("3\n", "0\n"))


def test_names_taken_from_sys_read_the_input_as_well(printed) -> None:
    code = f"from sys import stdin\ninput = stdin.readline\n{SUM.format('input()')}"
    assert printed(code, "1 2", "2 2").outputs == ("3\n", "4\n")


@pytest.mark.parametrize(
    ("code", "end"),
    [
        # There are no bytes below the stream, and no file behind it.
        (SUM.format("sys.stdin.buffer.read()"), "error"),
        (SUM.format("open(0).read()"), "error"),
        ("print(1", "error"),
        ("raise ValueError", "error"),
        ("import os\nos.getcwd()", "error"),
        ("import resource", "error"),
        ("from __future__ import annotations\nprint(3)", "error"),
        # What speaks of a class Solution is looked for one, which is in a function here.
        ("class Solution: pass\nprint(3)", "error"),
        ("import os\nos._exit(0)", "crash"),
        ("import ctypes\nctypes.string_at(0)", "crash"),
        ("raise KeyboardInterrupt", "crash"),
    ],
)
def test_what_fails_officially_fails(printed, code: str, end: str) -> None:
    ran = printed(code, "1 2")
    assert (ran.end, ran.outputs) == (end, ())


@pytest.mark.parametrize("end", ["exit()", "import sys\nsys.exit(1)", "raise SystemExit"])
def test_a_program_may_end_itself(printed, end: str) -> None:
    assert printed(f"print(3)\n{end}").outputs == ("3\n",)


@pytest.mark.parametrize(
    "code",
    [
        "if __name__ == '__main__':\n    print(3)",
        "def main():\n    print(3)\nif __name__ == '__main__':\n    main()\nelse:\n    print(4)",
        "print(reduce(add, [1, 2]))",
        "@dataclass\nclass A:\n    n: int\nfrom dataclasses import dataclass\nprint(A(3).n)",
    ],
)
def test_a_program_is_run_as_a_function_below_its_imports(printed, code: str) -> None:
    assert printed(code).outputs == ("3\n",)


def test_what_is_written_past_the_stream_is_no_output(printed) -> None:
    code = "from sys import stdout\nimport os\nstdout.write('3')\nos.write(1, b'3')"
    assert printed(code).outputs == ("",)


@pytest.mark.parametrize(
    "code",
    [
        "def add(a, b): return a + b",
        "class Solution:\n    def add(self, a: List[int], b: int) -> int:\n        return a + b",
        "add = lambda a, b: (a + b)",
    ],
)
def test_a_function_is_called_with_a_json_value_a_line(printed, code: str) -> None:
    assert printed(code, "1\n2", '"a"\n"b"', function="add").outputs == ("3", '"ab"')


def test_an_outer_tuple_is_a_list_and_an_inner_one_is_not(printed) -> None:
    ran = printed("def f(n): return (n, (n,))", "1", function="f")
    assert ran.outputs == ("[1, NaN]",)


def test_a_module_is_loaded_once_for_all_calls(printed) -> None:
    code = "seen = []\ndef f(n):\n    seen.append(n)\n    return len(seen)"
    assert printed(code, "1", "1", function="f").outputs == ("1", "2")


@pytest.mark.parametrize("code", ["def g(): pass", "exit()", "f = 3", "def f(): pass"])
def test_a_function_that_cannot_be_called_fails(printed, code: str) -> None:
    assert printed(code, "1", function="f").end in ("error", "crash")


def test_the_first_failure_ends_it(printed) -> None:
    ran = printed("print(1 // int(input()))", "1", "0", "1")
    assert (ran.end, ran.outputs) == ("error", ("1\n",))
    assert "ZeroDivisionError" in ran.detail


def test_each_test_has_its_time(printed) -> None:
    ran = printed("import time\ntime.sleep(float(input()))", "0.1", "30", test_s=1.5)
    assert (ran.end, ran.outputs) == ("timeout", ("",))


TESTS = """
import unittest
from unittest.mock import patch

class TestCases(unittest.TestCase):
    def test_one(self):
        self.assertEqual(f(1), 2)
    @patch("__test__.f", return_value=5)
    def test_patched(self, _):
        self.assertEqual(f(1), 5)
"""


def test_unit_tests_are_run_in_the_module_of_the_code(tested) -> None:
    assert tested("def f(n): return n + 1", TESTS).end == "done"
    ran = tested("def f(n): return n", TESTS)
    assert (ran.end, ran.detail) == ("error", "test_one: AssertionError: 1 != 2")


@pytest.mark.parametrize("code", ["def f(n): return input()", "def f(n): exit()", "def f(n) n"])
def test_there_is_no_input_and_no_exit_in_unit_tests(tested, code: str) -> None:
    assert tested(code, TESTS).end == "error"


def test_unit_tests_have_their_time(tested) -> None:
    assert tested("def f(n):\n    while True: pass", TESTS, limit_s=1.5).end == "timeout"


def test_code_that_needs_a_package_that_is_not_there_has_no_verdict(printed, tested) -> None:
    needed = "import an_absent_package.inner\nprint(3)"
    with pytest.raises(NotApplicableError, match="an_absent_package"):
        printed(needed)
    with pytest.raises(NotApplicableError, match="an_absent_package"):
        tested(f"{needed}\ndef f(n): return 2", TESTS)
    with pytest.raises(NotApplicableError, match="an_absent_package"):
        tested("def f(n):\n    import an_absent_package", TESTS)


def test_a_module_that_nobody_has_is_an_error_of_the_code(printed) -> None:
    ran = printed("import no_such_module\nprint(3)")
    assert (ran.end, ran.missing) == ("error", "no_such_module")


@pytest.mark.parametrize(
    ("python", "reason"),
    [("python9.9", "not installed in the sandbox: python9.9"), ("true", "runs no tests")],
)
def test_without_python_there_is_no_verdict(bubblewrap: Sandbox, python: str, reason: str) -> None:
    run = Interpreter(bubblewrap, python).run_inputs("", None, [""], test_s=1, wall_s=1)
    with pytest.raises(NotApplicableError, match=reason):
        asyncio.run(run)
