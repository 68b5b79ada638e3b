"""What a command costs: wall-clock time, processor time and memory of it and all its children.

Linux alone: memory is read from /proc. The command has a terminal of its own, so it shows what it
shows people, and one core, so it competes with nothing that is measured beside it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

_POLL_S = 0.05
_KEPT = 1000


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """A finished command. Times `started` and `ended` are those of `time.monotonic`.

    `cpu_s` is user and system time. `peak_mb` is the highest sum of the command's own peak and the
    resident memory of its children, looked at every 50 ms. `output` is the end of what it wrote to
    the terminal.
    """

    started: float
    ended: float
    cpu_s: float
    peak_mb: float
    exit_code: int
    output: str

    @property
    def wall_s(self) -> float:
        return self.ended - self.started


def measure(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    core: int | None = None,
) -> Cost:
    """Run `command` in `folder` and return what it cost; `core` is the only one it may use."""
    ours, theirs = _terminal()
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    watch = _Watch(process.pid, ours)
    _, status, usage = os.wait4(process.pid, 0)
    ended = time.monotonic()
    process.returncode = os.waitstatus_to_exitcode(status)
    peak, output = watch.end()
    return Cost(
        started=started,
        ended=ended,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=peak / 1e6,
        exit_code=process.returncode,
        output=output,
    )


def cores() -> tuple[int | None, int | None]:
    """Return a core for the server and one for what is measured; None where there is one only."""
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)


def _terminal() -> tuple[int, int]:
    """Return both ends of a terminal of 40 lines of 120 characters."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    return ours, theirs


class _Watch:
    """Samples the memory of a process tree and reads what it writes, each in a thread."""

    def __init__(self, pid: int, terminal: int) -> None:
        self._pid = pid
        self._terminal = terminal
        self._peak = 0
        self._output = b""
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._sample, self._read)]
        for thread in self._threads:
            thread.start()

    def end(self) -> tuple[int, str]:
        """Return the peak in bytes and the end of the output."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        os.close(self._terminal)
        return self._peak, self._output.decode(errors="replace")

    def _sample(self) -> None:
        while not self._ended.wait(_POLL_S):
            command, *children = _tree(self._pid)
            now = _memory(command, "VmHWM") + sum(_memory(child, "VmRSS") for child in children)
            self._peak = max(self._peak, now)

    def _read(self) -> None:
        while data := _read_terminal(self._terminal):
            self._output = (self._output + data)[-_KEPT:]


def _read_terminal(descriptor: int) -> bytes:
    """Return what was written; nothing once nobody can write any more."""
    try:
        return os.read(descriptor, 65536)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b""


def _tree(pid: int) -> list[int]:
    """Return the process and its descendants."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:  # it has ended
                continue
    return found


def _memory(pid: int, field: str) -> int:
    """Return bytes of resident memory: VmRSS, now; VmHWM, the peak. 0 if the process has ended.

    The peak that wait4 tells would be no less than what this program had when it started the other.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
