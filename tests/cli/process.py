"""What the kernel knows of a process: its memory, its sockets. Linux only."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import msgspec

_CLOSE_WAIT = "08"


class Look(msgspec.Struct, frozen=True):
    """A process at one moment: resident bytes, sockets, and those its peer has closed already."""

    rss: int
    sockets: int
    close_wait: int


class Watch:
    """Looks at a process from a thread of its own, each `pause_s`, until it has ended."""

    def __init__(self, process: subprocess.Popen[str], pause_s: float = 0.5) -> None:
        self.looks: list[Look] = []
        self._process = process
        self._pause_s = pause_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while self._process.poll() is None and not self._ended.wait(self._pause_s):
            try:
                self.looks.append(look_at(self._process.pid))
            except (OSError, StopIteration):
                return


def look_at(pid: int) -> Look:
    """Return how process `pid` stands. Raises OSError when it is gone."""
    folder = Path(f"/proc/{pid}")
    status = (folder / "status").read_text().splitlines()
    rss = next(line for line in status if line.startswith("VmRSS:"))
    inodes = _sockets(folder)
    connections = (line.split() for line in (folder / "net" / "tcp").read_text().splitlines()[1:])
    closed = sum(line[3] == _CLOSE_WAIT and line[9] in inodes for line in connections)
    return Look(int(rss.split()[1]) * 1024, len(inodes), closed)


def _sockets(folder: Path) -> set[str]:
    """Return the inodes of the sockets of a process."""
    found: set[str] = set()
    for descriptor in (folder / "fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:  # closed meanwhile
            continue
        if target.startswith("socket:["):
            found.add(target[len("socket:[") : -1])
    return found
