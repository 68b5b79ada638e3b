"""How the jobs of a sweep stand: by what they told, what the launcher knows, and what they did."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from ...core.errors import DataError, EvalrunError
from .launcher import Standing
from .record import Event, read_record
from .registry import launcher_of
from .sweep import JobHead, SweepFolder

State = Literal[
    "complete",
    "failed_samples",
    "running",
    "waiting",
    "failed",
    "interrupted",
    "timeout",
    "out_of_memory",
    "node_failed",
    "cancelled",
    "lost",
    "not_submitted",
]
STATES: tuple[State, ...] = State.__args__
# A job in one of these has an end to come.
UNDER_WAY = frozenset[State]({"running", "waiting"})
_FINAL = frozenset({"complete", "failed_samples", "failed"})


class JobState(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands. `reason` is why it waits or how it ended, in a line.

    `handle` is of its latest submission, `started_at` of its latest start.
    """

    job: JobHead
    state: State
    reason: str | None = None
    handle: str | None = None
    started_at: str | None = None


class Standings(msgspec.Struct, frozen=True):
    """The states of all jobs by their index, and why the launcher could not be asked, if so."""

    jobs: tuple[JobState, ...]
    trouble: str | None = None


def read_states(sweep: SweepFolder) -> Standings:
    """Return how all jobs of a sweep stand. Raises ConfigError, DataError."""
    section, jobs = sweep.read_head().launcher, sweep.read_jobs()
    handles = {index: one.handle for index, one in sweep.read_submissions().items()}
    told = {job.index: _told(sweep, job, handles.get(job.index)) for job in jobs}
    unsettled = [job for job in jobs if not _is_settled(job, told[job.index])]
    unknown = [handles[job.index] for job in unsettled if job.index in handles]
    known: Mapping[str, Standing] = {}
    trouble = None
    try:
        if unknown:
            known = launcher_of(section).standings(sweep, unknown)
    except EvalrunError as error:
        trouble = str(error)
        known = _guessed(told, handles)
    # What ended before the launcher was asked has told so by now, but perhaps not before.
    told |= {job.index: _told(sweep, job, handles.get(job.index)) for job in unsettled}
    states = (_state(job, handles.get(job.index), told[job.index], known) for job in jobs)
    return Standings(tuple(states), trouble)


def _state(
    job: JobHead, handle: str | None, events: Sequence[Event], known: Mapping[str, Standing]
) -> JobState:
    state, reason = decided(job, handle, events, known.get(handle) if handle else None)
    starts = [event.at for event in events if event.ending is None]
    return JobState(
        job=job,
        state=state,
        reason=reason,
        handle=handle,
        started_at=starts[-1] if starts else None,
    )


def _guessed(
    told: Mapping[int, Sequence[Event]], handles: Mapping[int, str]
) -> dict[str, Standing]:
    """Return what jobs may be doing of which the launcher does not tell."""
    reason = "the launcher does not answer"
    guessed: dict[str, Standing] = {}
    for index, handle in handles.items():
        last = told[index][-1] if told[index] else None
        if last is None or last.ending is None:
            guessed[handle] = Standing("running" if last else "waiting", reason)
    return guessed


def _told(sweep: SweepFolder, job: JobHead, handle: str | None) -> Sequence[Event]:
    """Return what a job told since its latest submission, or from a terminal (`sweep run`).

    What cannot be read counts as a failure: the others shall be seen all the same.
    """
    if job.complete:
        return ()
    try:
        events = read_record(sweep.job_folder(job.index))
    except DataError as error:
        return [Event(at="", handle=handle, host="", pid=0, ending="failed", reason=str(error))]
    return [event for event in events if event.handle in (handle, None)]


def _is_settled(job: JobHead, events: Sequence[Event]) -> bool:
    """Whether a job's own word says how it stands, and will stand."""
    return job.complete or (bool(events) and events[-1].ending in _FINAL)


def decided(
    job: JobHead, handle: str | None, events: Sequence[Event], standing: Standing | None
) -> tuple[State, str | None]:
    """Return the state of a job and the reason.

    What a job tells of its end is so, even while the launcher still lists it. An interruption may
    be one that the launcher knows the reason of, or that it mends itself by another start.
    """
    if job.complete:
        return "complete", "was before"
    last = events[-1] if events else None
    if last is not None and last.ending in _FINAL:
        return last.ending, last.reason
    if last is not None and _is_in_foreground(last):
        return "running", "in the foreground"
    if standing is not None and standing.state != "ended":
        return standing.state, standing.reason or (last.reason if last else None)
    return _unknown_to_launcher(handle, last, standing.reason if standing else None)


def _unknown_to_launcher(
    handle: str | None, last: Event | None, reason: str | None
) -> tuple[State, str | None]:
    """Return the state of a job of which the launcher knows no more than, perhaps, a reason."""
    if last is not None and last.ending is not None:
        return last.ending, last.reason
    if last is not None:
        return "lost", reason or f"killed: process {last.pid} on {last.host} told of no end"
    if handle is None:
        return "not_submitted", None
    return "lost", reason or "never started"


def _is_in_foreground(event: Event) -> bool:
    """Whether a job was started from a terminal of this machine, and its process is there."""
    return event.handle is None and event.ending is None and _lives(event)


def _lives(event: Event) -> bool:
    """Whether the process of an event is there, if it is of this machine."""
    if event.host != socket.gethostname():
        return False
    try:
        os.kill(event.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
