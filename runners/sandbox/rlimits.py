"""Limits that the kernel keeps for each process, set by `prlimit` (util-linux) before a program."""

from __future__ import annotations

import math
import resource

from ...core.sandbox import Limits

_OPEN_FILES = 4096
# Private writable memory, touched or not, that one process may map, in multiples of its limit: a
# Java machine maps more than it touches. What is touched is measured for all processes together.
_MAPPED = 2


def prlimit(limits: Limits, *, processes: bool) -> tuple[str, ...]:
    """Return the words that go before a program.

    `processes` counts those of the same user: only where a sandbox has users of its own.
    """
    seconds = None if limits.cpu_s is None else math.ceil(limits.cpu_s)
    # SIGXCPU, which tells the limit from other ends, and a second later SIGKILL.
    cpu = () if seconds is None else (f"--cpu={seconds}:{seconds + 1}",)
    count = (f"--nproc={limits.processes}",) if processes else ()
    return (
        "prlimit",
        f"--data={limits.memory_bytes * _MAPPED}",
        f"--fsize={limits.disk_bytes}",
        f"--nofile={_open_files()}",
        "--core=0",
        *cpu,
        *count,
        "--",
    )


def _open_files() -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
