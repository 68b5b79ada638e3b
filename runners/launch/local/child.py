"""What a job's own process does: the job, with its output in its log."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from ....core.errors import EXIT_FAILED, EXIT_INTERRUPTED, EvalrunError
from ..job import perform_job
from ..record import End, event, note
from ..sweep import SweepFolder
from .queue import Queue


def work(path: str, index: int, handle: str) -> NoReturn:
    """Do job `index` of the sweep at `path`, and exit with its code.

    Nothing is done when it was cancelled meanwhile, or another process works on it.
    """
    sweep = SweepFolder(Path(path))
    try:
        _print_to(sweep.job_log(index))
        code = _worked(Queue(sweep), index, handle)
    except EvalrunError as error:
        print(f"evalrun: {error}", file=sys.stderr)  # noqa: T201 - the job's log
        code = error.exit_code
    sys.exit(code)


def _worked(queue: Queue, index: int, handle: str) -> int:
    lock = queue.job_lock(index)
    # Held until this process ends.
    if lock.take() is None:
        holder = lock.holder()
        who = f"process {holder.pid}" if holder else "another process"
        end = End("failed", EXIT_FAILED, f"{who} works on this job")
        return _refused(queue, index, handle, end)
    # Whoever cancels first says so, and then looks for who holds the lock: one of us sees it.
    if handle in queue.cancelled():
        return _refused(queue, index, handle, End("interrupted", EXIT_INTERRUPTED, "cancelled"))
    return perform_job(queue.sweep, index, handle)


def _refused(queue: Queue, index: int, handle: str, end: End) -> int:
    note(queue.sweep.job_folder(index), event(handle, end))
    return end.exit_code


def _print_to(log: Path) -> None:
    """Append what this process prints to `log`, line by line: a killed job has told all it could.

    Where that cannot be written it goes to the log of the background process.
    """
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        print(f"cannot write {log}: {error.strerror}", file=sys.stderr)  # noqa: T201 - see above
        return
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.close(descriptor)
    for text in (sys.stdout, sys.stderr):
        text.reconfigure(line_buffering=True)  # pyright: ignore[reportAttributeAccessIssue]
