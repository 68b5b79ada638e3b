"""What a job tells of itself: `record.jsonl` in its folder, a line at its start and its end."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Literal

import msgspec

from ...core.errors import DataError
from ...core.redact import redact_message
from ..log import append_lines, read_log
from ..status import now

Ending = Literal["complete", "failed_samples", "failed", "interrupted"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A start (`ending` is None) or an end of a job.

    `handle` is what the launcher calls the job, None where it never was submitted. `host` and `pid`
    are of the process that works on it.
    """

    at: str
    handle: str | None
    host: str
    pid: int
    ending: Ending | None = None
    exit_code: int | None = None
    reason: str | None = None


class End(msgspec.Struct, frozen=True):
    """How a job ended; `reason` is one line."""

    ending: Ending
    exit_code: int
    reason: str | None = None


def event(handle: str | None, end: End | None = None, pid: int | None = None) -> Event:
    """Return a start, or an end, of now: of this process, or of `pid` on this machine."""
    reason = " ".join(redact_message(end.reason).split()) if end and end.reason else None
    return Event(
        at=now(),
        handle=handle,
        host=socket.gethostname(),
        pid=os.getpid() if pid is None else pid,
        ending=end.ending if end else None,
        exit_code=end.exit_code if end else None,
        reason=reason,
    )


def note(folder: Path, event: Event) -> None:
    """Append an event to the record of the job in `folder`, durably. Raises StoreError."""
    append_lines(folder / "record.jsonl", [event])


def read_record(folder: Path) -> list[Event]:
    """Return all that a job told, in order. Raises DataError."""
    path = folder / "record.jsonl"
    try:
        return [event for _, event in read_log(path, Event)]
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
