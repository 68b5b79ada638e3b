"""One job of a sweep, done in this process; what launchers start.

`python -m evalrun.runners.launch.job SWEEP INDEX [--handle H]`
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from ...core.config import Config
from ...core.errors import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_OK,
    ConfigError,
    EvalrunError,
)
from ...core.redact import redact_message
from ..batch import run_all
from ..console import Console
from ..prepared import Finished, Prepared
from ..secret_variables import mask_keys_of
from ..tables.table import Table
from .record import End, event, note
from .scratch import staged
from .states import read_states
from .sweep import SweepFolder

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def perform_job(sweep: SweepFolder, index: int, handle: str | None) -> int:
    """Do one job as the command line would do its run, and return its exit code.

    Its start and its end are noted in the job's record, with `handle`, what the launcher calls it.
    SIGTERM and SIGINT end it cleanly at any moment: what is finished is kept. Once the end is noted
    they are ignored, since the process has nothing left to do but to exit with that code. Raises
    StoreError when the record cannot be written: nobody could tell then how the job ended.
    """
    folder = sweep.job_folder(index)
    _listen(_interrupt)
    try:
        note(folder, event(handle))
        end = _done(sweep, index)
        _listen(signal.SIG_IGN)
    except KeyboardInterrupt:
        end = End("interrupted", EXIT_INTERRUPTED, "interrupted; a retry resumes it")
    note(folder, event(handle, end))
    return end.exit_code


def perform_here(sweep: SweepFolder, index: int) -> int:
    """Do one job in the foreground, whatever became of it, and return its exit code.

    Raises ConfigError for a job that is not there, or runs.
    """
    sweep.read_job(index)
    state = read_states(sweep).jobs[index].state
    if state == "running":
        raise ConfigError(f"job {index} is running; `evalrun sweep cancel --jobs {index}` stops it")
    return perform_job(sweep, index, None)


def _done(sweep: SweepFolder, index: int) -> End:
    """Do the job; whatever goes wrong is said, and becomes its end."""
    try:
        config = _ready(sweep, index)
        return _run(config)
    except EvalrunError as error:
        reason = str(error)
        _say(f"evalrun: {reason}")
        return End("failed", error.exit_code, reason)
    except Exception as error:  # the last resort, so that no secret reaches a traceback
        _say(traceback.format_exc())
        return End("failed", EXIT_FAILED, f"a fault of evalrun: {type(error).__name__}: {error}")


def _ready(sweep: SweepFolder, index: int) -> Config:
    """Go where the command was typed, and return what is to be run there, copied to scratch."""
    config, head = sweep.read_job(index).read_config(), sweep.read_head()
    mask_keys_of(config)
    try:
        os.chdir(head.cwd)
    except OSError as error:
        raise ConfigError(f"{head.cwd}, where the sweep was submitted: {error.strerror}") from None
    if scratch := head.launcher.get("scratch"):
        os.environ.update(staged(config, scratch, tell=_say))
    return config


def _run(config: Config) -> End:
    """Perform the run of `config`, telling of it on stdout and stderr."""
    console = Console(several=False, quiet=False)
    reasons: list[str] = []

    def ended(run: Prepared, outcome: Finished | EvalrunError) -> None:
        console.ended(run, outcome)
        reasons.append(_reason(outcome))

    def checked(found: Table | EvalrunError) -> None:
        console.checked(found)
        if isinstance(found, EvalrunError):
            reasons.append(str(found))

    code = run_all([config], quiet=False, begun=console.begun, ended=ended, checked=checked)
    console.conclude(())
    return _end_of(code, [reason for reason in reasons if reason])


def _reason(outcome: Finished | EvalrunError) -> str:
    """Return what stopped a run, or nothing."""
    return str(outcome) if isinstance(outcome, EvalrunError) else outcome.reason or ""


def _end_of(code: int, reasons: Sequence[str]) -> End:
    reason = "; ".join(reasons) or None
    if code == EXIT_OK:
        return End("complete", code)
    if code == EXIT_INTERRUPTED:
        return End("interrupted", code, reason)
    if code == EXIT_FAILED and reason is None:
        return End("failed_samples", code)
    return End("failed", code, reason)


def _interrupt(*_: object) -> NoReturn:
    """Raise what Ctrl-C raises. While a run asks, its own handlers stand before this one."""
    _listen(signal.SIG_IGN)  # whoever is told twice shall not be stopped on the way out
    raise KeyboardInterrupt


def _listen(handler: Callable[..., NoReturn] | signal.Handlers) -> None:
    """Have `handler` called by signals that end a process."""
    for number in _SIGNALS:
        signal.signal(number, handler)


def _say(text: str) -> None:
    print(redact_message(text), file=sys.stderr, flush=True)  # noqa: T201 - the job's log


def main(arguments: Sequence[str] | None = None) -> int:
    """Do the job that the arguments name, and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evalrun.runners.launch.job", description="Do one job of a sweep."
    )
    parser.add_argument("sweep", type=Path, help="the sweep folder")
    parser.add_argument("index", type=int, help="which of its jobs")
    parser.add_argument("--handle", help="what the launcher calls the job")
    told = parser.parse_args(arguments)
    try:
        return perform_job(SweepFolder(told.sweep.absolute()), told.index, told.handle)
    except EvalrunError as error:
        _say(f"evalrun: {error}")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
