"""The background process: takes jobs off the queue, each to a process of its own.

`python -m evalrun.runners.launch.local.server SWEEP DESCRIPTOR`, where the descriptor holds the
lock of the queue.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NoReturn

import msgspec

from ....core.errors import EvalrunError
from ..record import End, event, note, read_record
from ..sweep import SweepFolder
from .child import work
from .launcher import LocalOptions
from .queue import Entry, Queue

# What every job imports: a fork of a process that knows it starts in milliseconds. Nothing of it is
# heavy, starts a thread or touches a device.
_PRELOADED = ["evalrun.runners.launch.local.child", "uvloop"]
_POLL_S = 0.5
_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Running(msgspec.Struct, frozen=True):
    process: ForkServerProcess
    entry: Entry


class Server:
    """Does what waits in the queue, until nothing does."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOADED)
        self._running: dict[int, _Running] = {}
        self._waiting: deque[Entry] = deque()
        # Also those that could not tell so, on a full disk: they are not started over and over.
        self._started: set[str] = set()
        self._seen: tuple[int, ...] | None = None
        self._parallel = 1

    def work_off(self) -> None:
        """Return when nothing waits and nothing runs. Raises EvalrunError."""
        while True:
            self._look()
            while self._waiting and len(self._running) < self._parallel:
                self._start(self._waiting.popleft())
            if not self._running:
                return
            for sentinel in wait(list(self._running), timeout=_POLL_S):
                self._ended(self._running.pop(int(sentinel)))  # pyright: ignore[reportArgumentType]

    def stop(self) -> None:
        """Have all that runs end cleanly, and wait for it."""
        for running in self._running.values():
            running.process.terminate()
        for running in self._running.values():
            running.process.join()
            self._ended(running)

    def has_more(self) -> bool:
        """Whether something waits by now. Raises EvalrunError."""
        self._look()
        return bool(self._waiting)

    def _look(self) -> None:
        """Read the queue again if it changed."""
        version = self._queue.version()
        if version != self._seen:
            waiting = self._queue.to_start()
            self._waiting = deque(one for one in waiting if one.handle not in self._started)
            section = self._queue.sweep.read_head().launcher
            self._parallel = msgspec.convert(section, LocalOptions).parallel
            self._seen = version

    def _start(self, entry: Entry) -> None:
        self._started.add(entry.handle)
        arguments = (str(self._queue.sweep.path), entry.job, entry.handle)
        process = self._context.Process(target=work, args=arguments)
        process.start()
        self._running[process.sentinel] = _Running(process, entry)

    def _ended(self, running: _Running) -> None:
        """Tell for a job how it ended, if it could not."""
        entry, process = running.entry, running.process
        process.join()
        code = process.exitcode or 0
        folder = self._queue.sweep.job_folder(entry.job)
        try:
            told = [one for one in read_record(folder) if one.handle == entry.handle]
            if not told or told[-1].ending is None:
                note(folder, event(entry.handle, _untold_end(code), process.pid))
        except EvalrunError as error:
            _say(f"job {entry.job}: {error}")


def _untold_end(code: int) -> End:
    """Return the end of a job that a signal or a fault kept from telling it."""
    return End("interrupted" if -code in _ENDING_SIGNALS else "failed", code, _cause(code))


def _cause(code: int) -> str:
    if -code == signal.SIGKILL:
        return "killed by SIGKILL, as the system does when memory runs out"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code} and could not tell why; see its log"


def serve(sweep: SweepFolder, descriptor: int) -> None:
    """Do all that is queued. `descriptor` holds the lock of the queue.

    Whoever queues a job while the lock is held leaves it to us, so that there is another look after
    the lock was let go of. Raises EvalrunError.
    """
    queue = Queue(sweep)
    fcntl.fcntl(descriptor, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    queue.lock.sign(descriptor)
    held: int | None = descriptor
    server = Server(queue)
    while held is not None:
        try:
            server.work_off()
        finally:
            server.stop()
            os.close(held)
        held = queue.lock.take() if server.has_more() else None


def _stop_all(*_: object) -> NoReturn:
    for number in _ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    _say("stopped")
    raise SystemExit(1)


def _say(line: str) -> None:
    print(f"{time.strftime('%F %T')} {line}", file=sys.stderr, flush=True)  # noqa: T201 - its log


def main() -> int:
    """Serve the sweep that the arguments name."""
    for number in _ENDING_SIGNALS:
        signal.signal(number, _stop_all)
    try:
        serve(SweepFolder(Path(sys.argv[1])), int(sys.argv[2]))
    except EvalrunError as error:
        _say(f"evalrun: {error}")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
