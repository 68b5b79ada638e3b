"""What runs on this machine, as tests of servers see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path


def with_argument(argument: str) -> set[int]:
    """Return the processes that have `argument` on their command line."""
    return {pid for pid in _running() if argument in arguments_of(pid)}


def arguments_of(pid: int) -> list[str]:
    """Return the command line of a process, empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def group_of(leader: int) -> set[int]:
    """Return the processes of a group that have not ended."""
    return {pid for pid in _running() if _stat(pid)[2:3] == [str(leader)]}


def parent_of(pid: int) -> int | None:
    """Return the parent of a process, None when it has ended."""
    stat = _stat(pid)
    return int(stat[1]) if len(stat) > 1 else None


def are_gone(pids: Iterable[int]) -> bool:
    """Return whether all have ended; some may wait for their parent to notice."""
    return all(_stat(pid)[0] in ("", "Z") for pid in pids)


def comes_true(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Return whether `condition` comes true in time."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _running() -> set[int]:
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {pid for pid in pids if _stat(pid)[0] not in ("", "Z")}


def _stat(pid: int) -> list[str]:
    """Return state, parent, group, ... of a process (proc(5)); one empty text when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return [""]
