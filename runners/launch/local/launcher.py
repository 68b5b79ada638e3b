"""`launcher=local`: jobs in the background of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from ....core.errors import ConfigError, StoreError
from ....core.interfaces import Problem
from ....core.schema import Positive
from ..launcher import LauncherOptions, Standing
from ..sweep import Job, SweepFolder
from .process_lock import Holder
from .queue import Entry, Queue


class LocalOptions(LauncherOptions, frozen=True):
    """How jobs share this machine: `parallel` at a time."""

    parallel: Positive = 1


class LocalLauncher:
    """Queues jobs, and starts a background process that does them, unless one lives already.

    That process is no child of the terminal: it and its jobs go on when that is closed.
    """

    Options = LocalOptions
    elsewhere = False

    def __init__(self, options: LocalOptions) -> None:
        self.options = options

    def problems(self) -> Sequence[Problem]:
        """Nothing keeps jobs from this machine."""
        return ()

    def submit(self, sweep: SweepFolder, jobs: Sequence[Job]) -> Iterator[Mapping[int, str]]:
        """Queue jobs, yield their handles, and see that someone does them. Raises StoreError."""
        queue = Queue(sweep)
        yield queue.add(jobs)
        _start_server(queue)

    def standings(self, sweep: SweepFolder, handles: Collection[str]) -> Mapping[str, Standing]:
        """Return how jobs stand. What the background process left behind is not known."""
        queue = Queue(sweep)
        entries, cancelled = queue.entries(), queue.cancelled()
        lives = queue.lock.holder() is not None
        found: dict[str, Standing] = {}
        for handle in handles:
            entry = entries.get(handle)
            if entry is None:
                continue
            if queue.job_lock(entry.job).holder() is not None:
                found[handle] = Standing("running")
            elif handle in cancelled:
                found[handle] = Standing("cancelled")
            elif lives and not queue.was_started(entry):
                found[handle] = Standing("waiting", f"{self.options.parallel} at a time")
        return found

    def cancel(self, sweep: SweepFolder, handles: Collection[str]) -> None:
        """Keep jobs from being started, and stop those that run; asked again, kill them."""
        queue = Queue(sweep)
        entries, already = queue.entries(), queue.cancelled()
        queue.cancel([handle for handle in handles if handle not in already])
        for handle in handles:
            holder = _holder(queue, entries.get(handle))
            if holder is not None:
                _stop(holder, signal.SIGKILL if handle in already else signal.SIGTERM)


def _holder(queue: Queue, entry: Entry | None) -> Holder | None:
    return queue.job_lock(entry.job).holder() if entry else None


def _stop(holder: Holder, number: signal.Signals) -> None:
    """Send a signal to who works on a job. Raises ConfigError where that is another machine."""
    if holder.host != socket.gethostname():
        raise ConfigError(f"the job runs on {holder.host}: cancel it there")
    if holder.pid:
        with suppress(ProcessLookupError):
            os.kill(holder.pid, number)


def _start_server(queue: Queue) -> None:
    """Start a background process, unless one lives. Raises StoreError."""
    descriptor = queue.lock.take(patience_s=0.3)
    if descriptor is None:
        return
    command = [sys.executable, "-m", "evalrun.runners.launch.local.server"]
    try:
        with queue.log.open("ab") as log:
            # It starts with the lock in its hands, so that it is never seen to be missing, and in a
            # folder without modules, which Python would find first.
            subprocess.Popen(  # noqa: S603 - our own module
                [*command, str(queue.sweep.path), str(descriptor)],
                cwd=queue.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(descriptor,),
                start_new_session=True,
            )
    except OSError as error:
        raise StoreError(f"cannot start a background process: {error.strerror}") from None
    finally:
        os.close(descriptor)
