"""Programs that read and print, and functions that are called: loaded once, run case after case.

Source: `testing_util.py` of LiveBench/LiveBench, commit b0fb577, a copy of LiveCodeBench's. What it
does to code, and so what code may rely on, is done here: the names that are imported before it, the
program as a function, standard streams that are replaced in memory, and functions that are gone.
"""

from __future__ import annotations

import ast
import builtins
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any, TextIO

from .children import Answer, Ask, Request, Tell
from .failures import failure
from .values import plain

# Imported before the code, in this order: first everything in each, then the modules themselves.
_MODULES = (
    *("string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random"),
    *("statistics", "itertools", "functools", "operator", "io", "sys", "json"),
)
_PRELUDE = "\n".join(
    [
        *(f"from {name} import *" for name in (*_MODULES, "builtins", "typing")),
        *(f"import {name}" for name in _MODULES),
        "sys.setrecursionlimit(50000)",
    ]
)
_DIGITS = 50_000

# What the official code takes away before it runs anything.
_GONE: dict[Any, str] = {
    builtins: "quit help",
    os: "kill system putenv remove removedirs rmdir fchdir setuid fork forkpty killpg rename "
    "renames truncate replace unlink fchmod fchown chmod chown chroot lchflags lchmod lchown "
    "getcwd chdir",
    shutil: "rmtree move chown",
    subprocess: "Popen",
}
# What the official process has imported by then, and what imports NumPy, which it has, too.
_LOADED = ("multiprocessing", "numpy", "pandas", "sympy", "matplotlib.pyplot", "scipy", "sklearn")
BLOCKED = ("ipdb", "joblib", "resource", "psutil", "tkinter")

_PROGRAM = "wrapped_function"


def serve(job: Request, ask: Ask, tell: Tell) -> None:
    """Load the `code` of a job; then answer each `input` with an `output`.

    With a `function`, an input is a JSON value a line, for its arguments, and an output is the JSON
    of what it returns. An answer with `error` tells why there is no output.
    """
    _load_before(job["code"])
    _take_away()
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - until the process ends
    run = _loaded(job["code"], job["function"], tell)
    while run:
        given = ask()["input"]
        try:
            output = run(given)
        except Exception as error:
            return tell(failure(error, BLOCKED))
        tell({"output": output})
    return None


def _loaded(code: str, function: str | None, tell: Tell) -> Callable[[str], str] | None:
    """Return what runs an input; None, having told why, where the code cannot be loaded."""
    try:
        run = _caller(code, function) if function else _program(code, sys.stdin)
    except Exception as error:
        tell(failure(error, BLOCKED))
        return None
    loaded: Answer = {"output": ""}
    tell(loaded)
    return run


def _caller(code: str, name: str) -> Callable[[str], str]:
    method = getattr(_executed(f"{_PRELUDE}\n\n{code}"), name)

    def call(given: str) -> str:
        value = method(*[json.loads(line) for line in given.split("\n")])
        # As officially, one tuple counts as the list that it should be, and inner ones do not.
        return json.dumps(plain(list(value) if isinstance(value, tuple) else value))

    return call


def _program(code: str, real: TextIO | Any) -> Callable[[str], str]:
    method = getattr(_executed(_as_function(_unguarded(code))), _PROGRAM)

    def run(given: str) -> str:
        # Names that code took from `sys` when it was loaded lead to the real stream.
        _redirect(real, given)
        written = io.StringIO()
        streams = sys.stdin, sys.stdout
        sys.stdin, sys.stdout = io.StringIO(given), written
        try:
            method()
        except SystemExit:
            pass
        finally:
            sys.stdin, sys.stdout = streams
        return written.getvalue()

    return run


def _redirect(stream: Any, given: str) -> None:
    """Have the methods of `stream` read `given`, as the official code's do: lines without ends."""
    lines = iter(given.split("\n"))

    def read(*_: Any) -> str:
        return given

    def read_line(*_: Any) -> str:
        return next(lines)

    def read_lines(*_: Any) -> list[str]:
        return given.split("\n")

    stream.read, stream.readline, stream.readlines = read, read_line, read_lines


def _executed(source: str) -> Any:
    """Run `source` as a module. Return it, or an object of the class `Solution` it speaks of."""
    module = ModuleType("tmp_sol", "")
    # Without `dont_inherit` the code would be compiled with this module's `__future__` imports.
    program = compile(source, "<string>", "exec", dont_inherit=True)
    exec(program, module.__dict__)  # noqa: S102 - what this process in the sandbox is for
    return module.Solution() if "class Solution" in source else module


def _unguarded(code: str) -> str:
    """Return `code` with the body of a last `if __name__ == '__main__'` in its place."""
    try:
        *before, last = ast.parse(code).body
        if isinstance(last, ast.If) and ast.unparse(last.test).strip() == "__name__ == '__main__'":
            return f"{_unparsed(before)}\n{_unparsed(last.body)}"
    except Exception:  # noqa: S110 - code that is not Python fails when it is run
        pass
    return code


def _as_function(code: str) -> str:
    """Return source with the statements of `code` in a function, and its imports above.

    Raises SyntaxError, RecursionError.
    """
    statements = ast.parse(code).body
    imports = [one for one in statements if isinstance(one, (ast.Import, ast.ImportFrom))]
    others = [one for one in statements if not isinstance(one, (ast.Import, ast.ImportFrom))]
    function = ast.parse(f"def {_PROGRAM}(): pass").body[0]
    assert isinstance(function, ast.FunctionDef)  # noqa: S101 - for the type checker
    function.body = others
    return f"{_PRELUDE}\n{_unparsed(imports)}\n{ast.unparse(function)}"


def _unparsed(statements: Sequence[ast.stmt]) -> str:
    return ast.unparse(ast.Module(body=[*statements], type_ignores=[]))


def _load_before(code: str) -> None:
    """Import what `code` seems to: the official process has, and it could not be done any more."""
    for name in _LOADED:
        if name in code:
            with suppress(ImportError):
                import_module(name)


def _take_away() -> None:
    for place, names in _GONE.items():
        for name in names.split():
            setattr(place, name, None)
    sys.modules.update(dict.fromkeys(BLOCKED))  # type: ignore[arg-type] - None forbids an import
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(_DIGITS)
