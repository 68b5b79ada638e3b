"""A process between evalrun and a server: the server never outlives evalrun, however that ends.

It is run as a script, `python guard.py GRACE_S COMMAND...`, as the leader of a process group,
and starts COMMAND in it. When its standard input closes, because evalrun says so or is no more, or
on SIGTERM, it ends the command; when the command has ended it ends all that is left of the group
(vLLM's engine and workers), and so itself. The standard library is all it needs.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from types import FrameType

_STDIN = 0


def main(grace_s: float, command: list[str]) -> None:
    """Run `command` until it ends or is to end; within `grace_s` it may end by itself."""
    signals = _signals()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - evalrun's own
    if _ends_by_itself(server, signals):
        print(_obituary(server.returncode), flush=True)  # noqa: T201 - into the log
    else:
        _end(server, grace_s)
    # The group lives on as long as a member does; this is its last act.
    os.killpg(0, signal.SIGKILL)


def _signals() -> int:
    """Return a file descriptor from which the numbers of SIGCHLD and SIGTERM can be read."""
    readable, writable = os.pipe()
    for end in (readable, writable):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(writable)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, _noted)
    return readable


def _noted(number: int, frame: FrameType | None) -> None:
    """Do nothing: a signal that has a handler is written to the wakeup file descriptor."""


def _ends_by_itself(server: subprocess.Popen[bytes], signals: int) -> bool:
    """Wait until the server has ended, or is to end."""
    while server.poll() is None:
        ready, _, _ = select.select([_STDIN, signals], [], [])
        if signals in ready and signal.SIGTERM in os.read(signals, 4096):
            return False
        if _STDIN in ready and not os.read(_STDIN, 1):
            return False
    return True


def _end(server: subprocess.Popen[bytes], grace_s: float) -> None:
    server.terminate()
    try:
        server.wait(grace_s)
    except subprocess.TimeoutExpired:
        return


def _obituary(code: int) -> str:
    if code < 0:
        return f"the server was ended by {signal.Signals(-code).name}"
    return f"the server ended with exit code {code}"


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
