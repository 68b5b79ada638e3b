"""The Python in a sandbox, and one start of it for all tests of a reply."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from ...core.errors import NotApplicableError
from ...core.sandbox import Command, Limits, Outcome, Sandbox, Setup, why_unavailable
from ..once import Once

# `done`: an output for every input, or every test passed. `error`: an exception. `crash`: the
# process ended, or broke off. `timeout`: a test was overdue. `forged`: the unit tests did not run
# as they are. `limit`: the sandbox ended it.
End = Literal["done", "error", "crash", "timeout", "forged", "limit"]

_PACKAGE = "harness"
_START = f"from {_PACKAGE}.main import main\nmain()\n"
_RUNNER = "runner"
# Beside the time of the code itself.
_START_S = 10.0
_MOST_TOLD = 300
_LIMITS = Limits(memory_bytes=4 << 30, processes=128, output_bytes=64 << 20)
_ENV = {"OMP_NUM_THREADS": "1", "TZ": "UTC", "TF_CPP_MIN_LOG_LEVEL": "3"}
_TRIAL = {"code": "print(input())", "function": None, "inputs": ["works"], "limit_s": _START_S}


class Ran(msgspec.Struct, frozen=True):
    """How code ended, and its `outputs` until then: as many as inputs if it is `done`.

    `missing` is the module that it could not import.
    """

    end: End
    outputs: tuple[str, ...] = ()
    detail: str = ""
    missing: str = ""


class _Told(msgspec.Struct, frozen=True):
    """What the harness writes to stdout."""

    ran: Ran
    proof: str


class Interpreter:
    """The program `python` in a sandbox: Python 3.9 or newer.

    `packages` are the modules that code may rely on: where one is not there, nothing is known of
    code that imports it.
    """

    def __init__(self, sandbox: Sandbox, python: str, packages: Collection[str] = ()) -> None:
        self._sandbox = sandbox
        self._python = python
        self._packages = packages
        self._usable: Once[str | None] = Once()

    async def run_inputs(
        self, code: str, function: str | None, inputs: list[str], *, test_s: float, wall_s: float
    ) -> Ran:
        """Run `code` on `inputs` until it fails; loading it and each of them may take `test_s`.

        Raises NotApplicableError where it cannot be run here.
        """
        job = {"code": code, "function": function, "inputs": inputs, "limit_s": test_s}
        return await self._done(job, wall_s)

    async def run_unit_tests(self, code: str, tests: str, *, limit_s: float) -> Ran:
        """Run the class `TestCases` in `tests` below `code`; each of the two may take `limit_s`.

        Raises NotApplicableError where it cannot be run here.
        """
        job = {"code": code, "tests": tests, "limit_s": limit_s}
        return await self._done(job, 2 * limit_s)

    async def _done(self, job: Mapping[str, Any], wall_s: float) -> Ran:
        reason = await self._usable.result("", self._why_unusable)
        if reason is not None:
            raise NotApplicableError(reason)
        ran = await self._ran(job, wall_s)
        if ran.missing in self._packages:
            raise NotApplicableError(
                f"{self._python} in the sandbox has no module {ran.missing!r}, which the code "
                "imports and the official environment has; install it there"
            )
        return ran

    async def _why_unusable(self) -> str | None:
        """Return why nothing can be run here; None if a program of ours prints what it should."""
        reason = await why_unavailable(self._sandbox, self._python)
        if reason is not None:
            return reason
        ran = await self._ran(_TRIAL, _START_S)
        if ran.outputs == ("works\n",):
            return None
        return f"{self._python} in the sandbox runs no tests ({ran.end}): {ran.detail}"

    async def _ran(self, job: Mapping[str, Any], wall_s: float) -> Ran:
        proof = secrets.token_hex()
        command = Command(
            argv=(self._python, "-I", "-B", f"../{_RUNNER}"),
            cwd="work",
            stdin=json.dumps({**job, "proof": proof}),
            env=_ENV,
        )
        limits = msgspec.structs.replace(_LIMITS, wall_s=wall_s + _START_S)
        outcome = await self._sandbox.run(command, Setup(files=_harness()), limits)
        return _read(outcome, proof)


def _read(outcome: Outcome, proof: str) -> Ran:
    """Return what the harness wrote, or why it could not.

    What does not repeat `proof` was written by the code: only the parent is told it. Raises
    NotApplicableError.
    """
    if outcome.status == "refused":
        raise NotApplicableError(outcome.detail or "the sandbox refused to run the code")
    if outcome.status not in ("ok", "exit", "signal"):
        return Ran("limit", detail=outcome.detail or outcome.status)
    crash = Ran("crash", detail=outcome.stderr.strip()[-_MOST_TOLD:] or outcome.detail or "")
    try:
        told = msgspec.convert(json.loads(outcome.stdout), _Told)
    except (ValueError, RecursionError):
        return crash
    return told.ran if outcome.status == "ok" and told.proof == proof else crash


@cache
def _harness() -> Mapping[str, str]:
    """Return the harness by its paths in a workspace, with what starts it."""
    sources = {
        f"{_RUNNER}/{_PACKAGE}/{file.name}": file.read_text(encoding="utf-8")
        for file in Path(__file__).with_name(_PACKAGE).glob("*.py")
    }
    return {**sources, f"{_RUNNER}/__main__.py": _START}
