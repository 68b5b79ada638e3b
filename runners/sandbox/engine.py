"""What every engine has in common: workspaces in turn, commands in them, outcomes."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import msgspec

from ...core.interfaces import Problem
from ...core.sandbox import (
    EMPTY,
    STANDARD,
    Command,
    Limits,
    Outcome,
    OutcomeStatus,
    Setup,
    Workspace,
)
from . import files
from .supervision import Breach, Ended, Launch, supervise

# What shells answer for a program that cannot be executed.
_NOT_EXECUTABLE = 126
_OF_SIGNAL = range(129, 193)
_LIMIT_OF_SIGNAL: dict[int, Breach] = {
    signal.SIGXCPU: Breach("timeout", "took more processor time than it may"),
    signal.SIGXFSZ: Breach("disk", "wrote a larger file than it may"),
}


class Place(Protocol):
    """Where the commands of one workspace run, as an engine made it."""

    @property
    def root(self) -> int:
        """A descriptor of the workspace's folder."""
        ...

    @property
    def owner(self) -> int | None:
        """The user who runs the commands, where it is not the one who runs evalrun."""
        ...

    def launch(self, command: Command, limits: Limits) -> AbstractAsyncContextManager[Launch]:
        """Return how `command` is started; what that needs is held until the context ends."""
        ...

    def is_full(self) -> bool:
        """Whether the workspace holds all that it may."""
        ...


class Engine(Protocol):
    """What contains the commands."""

    @property
    def label(self) -> str:
        """The name in results."""
        ...

    def problems(self) -> Sequence[Problem]:
        """Say what is missing, without running anything in it."""
        ...

    def remedy(self, error: str) -> str:
        """Return what to do when a first command was refused with `error`."""
        ...

    def place(self, setup: Setup, limits: Limits) -> AbstractAsyncContextManager[Place]:
        """Make a place that holds `setup`. Raises ValueError, OSError, PlaceError."""
        ...


class PlaceError(Exception):
    """An engine could not make a place; the text says why."""


class EngineSandbox:
    """A sandbox of one engine."""

    def __init__(self, engine: Engine, processors: int) -> None:
        self._engine = engine
        self._gate = asyncio.Semaphore(processors)
        self._threads = ThreadPoolExecutor(processors, "sandbox")
        self._problems: Sequence[Problem] | None = None

    @property
    def label(self) -> str:
        """The name of the engine."""
        return self._engine.label

    def problems(self) -> Sequence[Problem]:
        """Say what keeps the engine from working here."""
        if self._problems is None:
            found = self._engine.problems() or self._trial()
            self._problems = [msgspec.structs.replace(one, here_only=True) for one in found]
        return self._problems

    def _trial(self) -> Sequence[Problem]:
        """Run `true` as any command is run; in a thread, for this one may have an event loop."""
        sandbox = EngineSandbox(self._engine, 1)
        with ThreadPoolExecutor(1) as thread:
            outcome = thread.submit(asyncio.run, sandbox.run(Command(argv=("true",)))).result()
        if outcome.status == "ok":
            return ()
        error = outcome.detail or outcome.stderr.strip() or f"`true` ended with {outcome.status}"
        what = f"sandbox={self.label} does not work here: {error}"
        return (Problem(what, self._engine.remedy(error)),)

    @asynccontextmanager
    async def open(
        self, setup: Setup = EMPTY, limits: Limits = STANDARD
    ) -> AsyncGenerator[Workspace]:
        """Make a workspace. One that cannot be made refuses every command, saying why."""
        async with self._gate, contextlib.AsyncExitStack() as stack:
            try:
                place = await stack.enter_async_context(self._engine.place(setup, limits))
            except (OSError, asyncio.TimeoutError, PlaceError) as error:
                yield _Refusing(f"no workspace: {error}")
            else:
                yield EngineWorkspace(place, limits, self._threads)

    async def run(
        self, command: Command, setup: Setup = EMPTY, limits: Limits = STANDARD
    ) -> Outcome:
        """Run `command` in a workspace of its own."""
        async with self.open(setup, limits) as workspace:
            return await workspace.run(command)


class EngineWorkspace:
    """A workspace at a place."""

    def __init__(self, place: Place, limits: Limits, threads: ThreadPoolExecutor) -> None:
        self._place = place
        self._limits = limits
        self._threads = threads
        self._turn = asyncio.Lock()
        self._is_fresh = True

    async def run(self, command: Command, limits: Limits | None = None) -> Outcome:
        """Run `command` when those before it have ended."""
        limits = msgspec.structs.replace(limits or self._limits, disk_bytes=self._limits.disk_bytes)
        async with self._turn:
            try:
                self._prepare(command)
            except OSError as error:
                return self._unprepared(error)
            self._is_fresh = False
            return await self._performed(command, limits)

    def _prepare(self, command: Command) -> None:
        root, owner = self._place.root, self._place.owner
        os.fchmod(root, 0o755)
        files.write_files(root, command.files, owner)
        files.make_folder(root, command.cwd, owner)

    def _unprepared(self, error: OSError) -> Outcome:
        """Tell what earlier commands did to the workspace from what this machine lacks."""
        detail = f"the workspace cannot be prepared: {error}"
        if error.errno == errno.ENOSPC:
            return Outcome(status="disk", detail=detail)
        if self._is_fresh:
            return Outcome(status="refused", detail=detail)
        return Outcome(status="exit", exit_code=_NOT_EXECUTABLE, detail=detail)

    async def _performed(self, command: Command, limits: Limits) -> Outcome:
        stdin = command.stdin.encode() if isinstance(command.stdin, str) else command.stdin
        try:
            async with self._place.launch(command, limits) as launch:
                ended = await supervise(launch, stdin, limits, self._threads)
                fate = await launch.guard.fate()
        except OSError as error:
            return Outcome(status="refused", detail=f"the sandbox cannot be started: {error}")
        if not ended.breach and not fate.was_started:
            return _refused(ended)
        return self._outcome(command, ended, ended.breach or fate.breach, limits)

    def _outcome(
        self, command: Command, ended: Ended, breach: Breach | None, limits: Limits
    ) -> Outcome:
        breach = breach or _LIMIT_OF_SIGNAL.get(_signal(ended.code))
        if not breach and ended.code != 0 and self._place.is_full():
            breach = Breach("disk", f"filled the {limits.disk_bytes} bytes that it may")
        most = limits.output_bytes
        found = {path: files.read_file(self._place.root, path, most) for path in command.collect}
        return Outcome(
            status=breach.status if breach else _status(ended.code),
            exit_code=None if ended.breach else _shell_code(ended.code),
            stdout=ended.stdout.decode(errors="replace"),
            stderr=ended.stderr.decode(errors="replace"),
            is_cut=ended.is_cut,
            wall_s=ended.wall_s,
            cpu_s=ended.cpu_s,
            files={path: content for path, content in found.items() if content is not None},
            detail=breach.detail if breach else _signal_name(ended.code),
        )


class _Refusing:
    """A workspace that is none."""

    def __init__(self, detail: str) -> None:
        self._detail = detail

    async def run(self, command: Command, limits: Limits | None = None) -> Outcome:  # noqa: ARG002
        """Refuse `command`."""
        return Outcome(status="refused", detail=self._detail)


def _refused(ended: Ended) -> Outcome:
    said = ended.stderr.decode(errors="replace").strip().splitlines()
    reason = said[-1] if said else f"the engine ended with code {ended.code}"
    return Outcome(status="refused", wall_s=ended.wall_s, detail=reason)


def _status(code: int) -> OutcomeStatus:
    if code == 0:
        return "ok"
    return "signal" if _signal(code) else "exit"


def _shell_code(code: int) -> int:
    return code if code >= 0 else 128 - code


def _signal(code: int) -> int:
    """Return the signal that a program died of, 0 for none."""
    if code < 0:
        return -code
    return code - 128 if code in _OF_SIGNAL else 0


def _signal_name(code: int) -> str | None:
    number = _signal(code)
    if not number:
        return None
    known = {one.value for one in signal.Signals}
    return f"died of {signal.Signals(number).name if number in known else f'signal {number}'}"
