"""One process and all that it starts: its output kept, its limits watched, its end known."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ...core.sandbox import Limits, OutcomeStatus

_POLL_S = 0.02
# What is written to a pipe after its program has ended belongs to a process that got away.
_LAST_WORDS_S = 2.0


class Breach(msgspec.Struct, frozen=True):
    """The limit that was exceeded, and by what."""

    status: OutcomeStatus
    detail: str


class Fate(msgspec.Struct, frozen=True):
    """Whether a program was run at all, and the limit for which the engine itself ended it."""

    was_started: bool
    breach: Breach | None = None


class Guard(Protocol):
    """What an engine knows of a program that it runs."""

    @property
    def cpu_s(self) -> float:
        """The processor time measured last, where waiting for what was launched tells less."""
        ...

    def breach(self) -> Breach | None:
        """Return the limit that is exceeded now, of those that nobody else watches."""
        ...

    async def fate(self) -> Fate:
        """Return what the engine says of the program, which has ended."""
        ...

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End the program and all that it started; `process` is what was launched for it."""
        ...


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """How a program is started from outside, and by what it is guarded.

    `descriptors` stay open in it.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    guard: Guard
    descriptors: tuple[int, ...] = ()
    cwd: Path | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended: `code` as `subprocess` gives it; `cpu_s` is of all its processes."""

    code: int
    stdout: bytes
    stderr: bytes
    is_cut: bool
    wall_s: float
    cpu_s: float
    breach: Breach | None


async def supervise(launch: Launch, stdin: bytes, limits: Limits, threads: Executor) -> Ended:
    """Run `launch` to its end, or to the first limit that it exceeds.

    One of `threads` waits for it. Cancelling kills it. Raises OSError if it cannot be started.
    """
    started = time.monotonic()
    process = _started(launch)
    async with (
        _reaped(process, launch.guard, threads) as waiting,
        _talking(process, stdin, limits.output_bytes) as (out, err),
    ):
        allowed = _Allowed(limits, started, (out, err))
        breach = await _watched(waiting, launch.guard, allowed)
        if breach:
            launch.guard.kill(process)
        _, status, used = await asyncio.shield(waiting)
        wall_s = time.monotonic() - started
        await asyncio.wait((out.closed, err.closed), timeout=_LAST_WORDS_S)
    return Ended(
        code=os.waitstatus_to_exitcode(status),
        stdout=bytes(out.kept),
        stderr=bytes(err.kept),
        is_cut=out.is_cut or err.is_cut,
        wall_s=round(wall_s, 3),
        cpu_s=round(max(used.ru_utime + used.ru_stime, launch.guard.cpu_s), 3),
        breach=breach,
    )


@asynccontextmanager
async def _reaped(
    process: subprocess.Popen[bytes], guard: Guard, threads: Executor
) -> AsyncGenerator[asyncio.Future[Any]]:
    """Yield what will be `os.wait4`'s answer; at the end of the context the process has ended."""
    # Waited for in a thread: wait4 is what tells the processor time of a single child.
    waiting = asyncio.get_running_loop().run_in_executor(threads, os.wait4, process.pid, 0)
    try:
        yield waiting
    finally:
        if not waiting.done():
            guard.kill(process)
        _, status, _ = await asyncio.shield(waiting)
        # Popen would wait for it once more.
        process.returncode = os.waitstatus_to_exitcode(status)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what was launched and what is still in its process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


class _Output(asyncio.Protocol):
    """What comes out of a pipe, up to a limit; the rest is read and dropped."""

    def __init__(self, most: int) -> None:
        self.kept = bytearray()
        self.is_cut = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._most = most

    def data_received(self, data: bytes) -> None:
        room = self._most - len(self.kept)
        self.kept += data[:room]
        self.is_cut = self.is_cut or len(data) > room

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        if not self.closed.done():
            self.closed.set_result(None)


class _Allowed(msgspec.Struct, frozen=True):
    """What any program is held to, whatever runs it."""

    limits: Limits
    started: float
    outputs: tuple[_Output, _Output]

    def breach(self) -> Breach | None:
        if time.monotonic() - self.started > self.limits.wall_s:
            return Breach("timeout", f"took longer than {self.limits.wall_s:g} s")
        if any(output.is_cut for output in self.outputs):
            most = self.limits.output_bytes
            return Breach("output", f"wrote more than {most} bytes to stdout or stderr")
        return None


def _started(launch: Launch) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the argv is built here, and run without a shell
        launch.argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(launch.env),
        cwd=launch.cwd,
        pass_fds=launch.descriptors,
        start_new_session=True,
    )


@asynccontextmanager
async def _talking(
    process: subprocess.Popen[bytes], stdin: bytes, most: int
) -> AsyncGenerator[tuple[_Output, _Output]]:
    """Send `stdin` and collect both outputs of `process`."""
    loop = asyncio.get_running_loop()
    into, _ = await loop.connect_write_pipe(asyncio.Protocol, process.stdin)
    into.write(stdin)
    # Once all is written, or nobody is left to read it.
    into.close()
    out, out_protocol = await loop.connect_read_pipe(lambda: _Output(most), process.stdout)
    err, err_protocol = await loop.connect_read_pipe(lambda: _Output(most), process.stderr)
    try:
        yield out_protocol, err_protocol
    finally:
        for transport in (out, err):
            transport.close()


async def _watched(waiting: asyncio.Future[Any], guard: Guard, allowed: _Allowed) -> Breach | None:
    """Return when the program has ended, or exceeds a limit."""
    while True:
        done, _ = await asyncio.wait({waiting}, timeout=_POLL_S)
        # Output of a program that ended at once counts as well.
        breach = allowed.breach() if done else allowed.breach() or guard.breach()
        if done or breach:
            return breach
