"""What SLURM runs for a job: it watches over the job's own process, and has it queued again.

This process is submitit's. SLURM warns it by SIGUSR2 before its time is up, and sends SIGTERM when
it takes the node away.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ....core.errors import EXIT_INTERRUPTED, EXIT_OK, EvalrunError
from ..launcher import Standing
from ..record import read_record
from ..sweep import SweepFolder
from .commands import slurm
from .verdict import forget_verdict, last_line, write_verdict

if TYPE_CHECKING:
    from submitit.helpers import DelayedSubmission

# How often a process that was told to end is looked at, and how much of the grace time is left for
# queueing the job again.
_LOOK_S = 0.1
_REQUEUE_SHARE = 0.2
_SIGNALS = {signal.SIGTERM, signal.SIGUSR2}
# SIGTERM before Python has set a handler.
_STOPPED = (EXIT_INTERRUPTED, -signal.SIGTERM)


class Supervisor:
    """Does job `index` of a sweep in a process of its own; pickled by submitit, so small.

    The process has `grace_s` to end after SLURM's warning.
    """

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._pid: int | None = None
        self._told_to_end = False

    def __call__(self, sweep: str, index: int) -> None:
        """Do the job, and end as it ends: SLURM's COMPLETED is a run that finished.

        That holds for one with failed samples too: the job did its work, and the table counts them.
        Raises SystemExit with the exit code of any other end.
        """
        from submitit import JobEnvironment
        from submitit.core.utils import UncompletedJobError

        folder, handle = SweepFolder(Path(sweep)), JobEnvironment().job_id
        forget_verdict(folder.path, handle)
        process = self._started(folder, index, handle)
        try:
            code = process.wait()
            if code in _STOPPED and self._told_to_end:
                _give_way()
        except UncompletedJobError:
            # submitit's answer to a warning once too often; it breaks into the wait.
            reason = "its time was up, and launcher.max_num_timeout allows no more"
            write_verdict(folder.path, handle, Standing("timeout", reason))
            raise
        _conclude(folder, index, handle, code)

    def checkpoint(self, sweep: str, index: int) -> DelayedSubmission:
        """Have the process end in time, and return the job as it is to be queued again.

        submitit calls this while the process is waited for. Rows are durable: nothing is carried.
        """
        from submitit.helpers import DelayedSubmission

        if self._pid is not None:
            _end(self._pid, self._grace_s)
        return DelayedSubmission(Supervisor(self._grace_s), sweep, index)

    def _started(self, sweep: SweepFolder, index: int, handle: str) -> subprocess.Popen[bytes]:
        """Start the process; no signal comes between its start and its being known."""
        module = "evalrun.runners.launch.job"
        command = [sys.executable, "-m", module, str(sweep.path), str(index), "--handle", handle]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            with sweep.job_log(index).open("ab") as log:
                process = subprocess.Popen(  # noqa: S603 - our own module
                    command,
                    cwd=sweep.path,  # modules of the user's folder shadow none of Python's
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    preexec_fn=_deaf_to_warnings,  # noqa: PLW1509 - this process has one thread
                )
            self._pid = process.pid
            signal.signal(signal.SIGTERM, self._pass_on)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return process

    def _pass_on(self, *_: object) -> None:
        """Tell the process to end: some clusters send SIGTERM to this process alone."""
        self._told_to_end = True
        if self._pid is not None:
            _signal(self._pid)


def _deaf_to_warnings() -> None:
    """Have a new process ignore SIGUSR2: SLURM warns every process of a job, this one as well."""
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _end(pid: int, grace_s: float) -> None:
    """Have a process end cleanly, or kill it. It is not reaped: that is for who waits for it."""
    _signal(pid)
    deadline = time.monotonic() + grace_s * (1 - _REQUEUE_SHARE)
    while not _has_ended(pid):
        if time.monotonic() > deadline:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            return
        time.sleep(_LOOK_S)


def _signal(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def _has_ended(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # reaped already
        return True


def _is_running() -> bool:
    """Whether SLURM takes this job for running; where it cannot be asked, it is not."""
    try:
        shown = slurm("scontrol", "show", "job", os.environ["SLURM_JOB_ID"])
    except EvalrunError:
        return False
    return "JobState=RUNNING" in shown


def _give_way() -> None:
    """After SIGTERM, queue the job again where SLURM still takes it for running.

    Then the job is preempted, and in its grace time. One that was cancelled or queued again is
    known as such by now. Raises SystemExit.
    """
    if _is_running():
        # submitit's own way: it counts, keeps the job and calls `scontrol requeue`.
        os.kill(os.getpid(), signal.SIGUSR2)
    raise SystemExit(EXIT_INTERRUPTED)


def _conclude(sweep: SweepFolder, index: int, handle: str, code: int) -> None:
    """Return where the run has finished, else end with its exit code.

    A process that could not tell its end itself has its cause written down.
    """
    record = read_record(sweep.job_folder(index))
    ending = record[-1].ending if record else None
    if code == EXIT_OK or ending == "failed_samples":
        return
    if ending is None:
        write_verdict(sweep.path, handle, _cause(code, sweep.job_log(index)))
    raise SystemExit(code if code > 0 else 128 - code)


def _cause(code: int, log: Path) -> Standing:
    """Say how a process ended that did not do its job: its last words, or what killed it."""
    if code == -signal.SIGKILL:
        return Standing("ended", "killed by SIGKILL, as where memory runs out")
    if code < 0:
        return Standing("ended", f"killed by {signal.Signals(-code).name}")
    said = last_line(log) or "it said nothing"
    return Standing("ended", f"exit code {code}: {said}")
