"""The queue of a sweep's jobs on this machine: files, so that it outlives every process."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from ....core.errors import DataError, StoreError
from ...log import append_lines, read_log
from ..record import read_record
from ..sweep import Job, SweepFolder
from .process_lock import ProcessLock


class Entry(msgspec.Struct, frozen=True):
    """A job that waits its turn, or had it."""

    handle: str
    job: int


class Cancelled(msgspec.Struct, frozen=True):
    """A job that is not to be started, or to be stopped."""

    handle: str


class Queue(msgspec.Struct, frozen=True):
    """The jobs that were submitted to this machine, in order, in `<sweep>/local/`."""

    sweep: SweepFolder

    @property
    def folder(self) -> Path:
        """Where the files of the queue lie."""
        return self.sweep.path / "local"

    @property
    def lock(self) -> ProcessLock:
        """What the background process holds while it takes jobs off the queue."""
        return ProcessLock(self.folder / ".lock")

    @property
    def log(self) -> Path:
        """What the background process says of itself."""
        return self.folder / "log.txt"

    def job_lock(self, job: int) -> ProcessLock:
        """Return what the process that works on a job holds."""
        return ProcessLock(self.sweep.job_folder(job) / ".lock")

    def add(self, jobs: Sequence[Job]) -> dict[int, str]:
        """Put jobs at the end of the queue, and return their handles by index. Raises StoreError.

        Only one process at a time may call this.
        """
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot create {self.folder}: {error.strerror}") from None
        first = sum(1 for _ in read_log(self._entries, Entry))
        handles = {job.index: f"local-{first + place}" for place, job in enumerate(jobs)}
        append_lines(self._entries, [Entry(handle, index) for index, handle in handles.items()])
        return handles

    def cancel(self, handles: Collection[str]) -> None:
        """Have jobs never started. Raises StoreError."""
        append_lines(self._cancelled, [Cancelled(handle) for handle in handles])

    def cancelled(self) -> set[str]:
        """Return the handles of what was cancelled. Raises DataError."""
        return {row.handle for _, row in read_log(self._cancelled, Cancelled)}

    def entries(self) -> dict[str, Entry]:
        """Return all that was ever queued by handle, in order. Raises DataError."""
        return {row.handle: row for _, row in read_log(self._entries, Entry)}

    def to_start(self) -> list[Entry]:
        """Return what waits, in order: not cancelled, not queued anew, never started."""
        latest = {entry.job: entry for entry in self.entries().values()}
        cancelled = self.cancelled()
        return [
            entry
            for entry in sorted(latest.values(), key=lambda entry: _place(entry.handle))
            if entry.handle not in cancelled and not self.was_started(entry)
        ]

    def was_started(self, entry: Entry) -> bool:
        """Whether the job told of itself since it was queued; unreadable, it may have."""
        try:
            events = read_record(self.sweep.job_folder(entry.job))
        except DataError:
            return True
        return any(event.handle == entry.handle for event in events)

    def version(self) -> tuple[int, ...]:
        """Return what changes whenever something is queued or cancelled."""
        return tuple(_size(path) for path in (self._entries, self._cancelled))

    @property
    def _entries(self) -> Path:
        return self.folder / "queue.jsonl"

    @property
    def _cancelled(self) -> Path:
        return self.folder / "cancelled.jsonl"


def _place(handle: str) -> int:
    return int(handle.rpartition("-")[2])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
