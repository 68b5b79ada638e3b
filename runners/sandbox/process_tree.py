"""What the processes of a sandbox use together, read from the /proc of their own namespace."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_KIB = 1024


class TreeUse(msgspec.Struct, frozen=True):
    """Threads, memory that is no file's (bytes), and processor time (seconds) so far.

    Pages that several processes share after a fork count once for each in `memory_bytes`;
    `own_memory` counts them once.
    """

    tasks: int
    memory_bytes: int
    cpu_s: float


def tree_use(proc: Path) -> TreeUse:
    """Return what the processes listed in `proc` use; one that ends meanwhile counts nothing."""
    tasks, memory, cpu = 0, 0, 0.0
    for process in _processes(proc):
        status = _fields(process / "status")
        tasks += status.get("Threads", 0)
        memory += (status.get("RssAnon", 0) + status.get("RssShmem", 0)) * _KIB
        cpu += _cpu_s(process)
    return TreeUse(tasks, memory, cpu)


def own_memory(proc: Path) -> int:
    """Return the memory in bytes, each page counted once: exact, and slower to come by."""
    total = 0
    for process in _processes(proc):
        fields = _fields(process / "smaps_rollup")
        total += (fields.get("Pss_Anon", 0) + fields.get("Pss_Shmem", 0)) * _KIB
    return total


def _processes(proc: Path) -> list[Path]:
    try:
        return [entry for entry in proc.iterdir() if entry.name.isdecimal()]
    except OSError:
        return []


def _fields(file: Path) -> dict[str, int]:
    """Return the lines `Name: NUMBER ...` of a file in /proc."""
    fields: dict[str, int] = {}
    for line in _text(file).splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdecimal():
            fields[name] = int(words[0])
    return fields


def _cpu_s(process: Path) -> float:
    """Return the time of a process and of the children that it has waited for (proc(5), stat)."""
    # The name of the program, in parentheses, may hold anything.
    fields = _text(process / "stat").rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS_PER_S


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
