"""What runs in a sandbox: commands that somebody who is not trusted wrote, and what became of them.

Paths inside are relative to `WORKSPACE`, the only folder that is kept from one command of a
workspace to the next beside `/tmp`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from .interfaces import Problem

WORKSPACE = "/sandbox"

# `ok`: ended with code 0. `exit`: with another. `signal`: it died of one. The others name the limit
# that ended it, and `refused` says that it was not started: nothing is known of the code.
OutcomeStatus = Literal[
    "ok",
    "exit",
    "signal",
    "timeout",
    "memory",
    "processes",
    "disk",
    "output",
    "refused",
]

_MIB = 1 << 20


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a command, with all processes that it starts, may use.

    `cpu_s` are seconds of processor time, summed over processes; None allows `wall_s` on every
    processor. `memory_bytes` is what the processes hold in memory. `processes` counts threads too.
    `disk_bytes` is what the workspace and `/tmp` hold together, so also the largest file;
    `output_bytes` bounds stdout and stderr, each.
    """

    wall_s: float = 60.0
    cpu_s: float | None = None
    memory_bytes: int = 1024 * _MIB
    processes: int = 256
    disk_bytes: int = 512 * _MIB
    output_bytes: int = 4 * _MIB


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace holds before its first command.

    `folders` are copied: a path inside to a folder of this machine. `files` are written: a path
    inside to their content. `mounts` can only be read, and cost no copy: an absolute path inside to
    a folder or file of this machine.
    """

    folders: Mapping[str, Path] = {}
    files: Mapping[str, str | bytes] = {}
    mounts: Mapping[str, Path] = {}


EMPTY = Setup()
STANDARD = Limits()


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One program to run.

    `cwd` is a path inside, `env` all that the program finds in its environment beside PATH, HOME,
    TMPDIR and LANG. `files` are written before it starts, as in `Setup`. `collect` names files to
    bring back.
    """

    argv: tuple[str, ...]
    cwd: str = "."
    stdin: str | bytes = b""
    env: Mapping[str, str] = {}
    files: Mapping[str, str | bytes] = {}
    collect: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command.

    `exit_code` is 128 + n for a program that died of signal n, and None if it was ended or not
    started. `stdout` and `stderr` are cut to the limit (`is_cut`). `cpu_s` sums all processes.
    `files` holds those of `Command.collect` that are regular files in the workspace and no larger
    than `Limits.output_bytes`. `detail` says why for every status but `ok` and `exit`.
    """

    status: OutcomeStatus
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    is_cut: bool = False
    wall_s: float = 0.0
    cpu_s: float = 0.0
    files: Mapping[str, bytes] = {}
    detail: str | None = None


class Workspace(Protocol):
    """A fresh folder in which commands run one after another: compile, then test."""

    async def run(self, command: Command, limits: Limits | None = None) -> Outcome:
        """Run `command`; nothing that it started outlives it.

        `limits` replace the workspace's own, but for `disk_bytes`, which holds for its whole life.
        Whatever the command does becomes an outcome. Raises ValueError for a path that leads out.
        """
        ...


class Sandbox(Protocol):
    """A place for model-written code."""

    @property
    def label(self) -> str:
        """What contains the code: `bubblewrap`, `docker`, ..., `unsandboxed`."""
        ...

    def problems(self) -> Sequence[Problem]:
        """Say what keeps commands from running here; it is looked up once."""
        ...

    def open(
        self, setup: Setup = EMPTY, limits: Limits = STANDARD
    ) -> AbstractAsyncContextManager[Workspace]:
        """Make a workspace; at its end it is gone, with everything in it.

        As many workspaces are open at a time as there are processors; others wait.
        """
        ...

    async def run(
        self, command: Command, setup: Setup = EMPTY, limits: Limits = STANDARD
    ) -> Outcome:
        """Run `command` in a workspace of its own."""
        ...


_PRINT_MISSING = 'for name; do command -v "$name" >/dev/null || echo "$name"; done'


async def why_unavailable(sandbox: Sandbox, *programs: str, setup: Setup = EMPTY) -> str | None:
    """Return why nothing can be graded here: no sandbox, or no `programs` in it; None if all is.

    It is the reason of a verdict `not_applicable`. No code under test runs for it.
    """
    problems = sandbox.problems()
    if problems:
        return str(problems[0])
    look = Command(argv=("sh", "-c", _PRINT_MISSING, "sh", *programs))
    outcome = await sandbox.run(look, setup)
    if outcome.status not in ("ok", "exit"):
        return f"the sandbox does not work: {outcome.detail}"
    missing = outcome.stdout.split()
    return f"not installed in the sandbox: {', '.join(missing)}" if missing else None
