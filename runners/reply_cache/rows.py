"""Rows of the reply file: read one by one, written by a thread in batches."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, suppress
from itertools import chain, islice
from pathlib import Path

from .file import is_busy, open_reply_file

GATHER_S = 0.2
MOST_WAITING_BYTES = 64 << 20

# How long a thread waits for another process. Whoever shares a thread with an event loop does not.
_PATIENCE_S = 5.0
# With every statement SQLite lets other threads run, and gets its turn again only after a while if
# one of them is busy: so a statement writes many rows. Old versions take at most 999 values.
_ROWS_PER_STATEMENT = 256


class ReplyRows:
    """The rows of the file `path`; a row that was added is found, written or not.

    `waits` says that `find` may wait for other processes. Raises OSError, sqlite3.Error.
    """

    def __init__(self, path: Path, *, waits: bool) -> None:
        self._writer = BatchWriter(path)
        self._lock = threading.Lock()
        try:
            self._reader = open_reply_file(path, _PATIENCE_S)
        except BaseException:
            self._writer.stop()
            raise
        if not waits:
            self._reader.execute("PRAGMA busy_timeout=0")

    def find(self, key: bytes) -> bytes | None:
        """Return the row of `key`; None if there is none, or another process holds the file.

        Raises sqlite3.Error.
        """
        # A row leaves the writer when it is in the file, so the writer is asked first.
        row = self._writer.find(key)
        if row is not None:
            return row
        try:
            with self._lock:
                found = self._reader.execute("SELECT reply FROM reply WHERE key = ?", (key,))
                return next((row for (row,) in found), None)
        except sqlite3.OperationalError as error:
            if is_busy(error):
                return None
            raise

    def add(self, key: bytes, row: bytes) -> None:
        """Add or replace the row of `key` a moment later. Raises what went wrong since."""
        self._writer.add(key, row)

    def close(self) -> None:
        """Write what was added. Raises what went wrong."""
        self._close_reader()
        self._writer.close()

    def abandon(self) -> None:
        """Let go of a file that cannot be used, without waiting."""
        self._writer.stop()
        with suppress(sqlite3.Error):
            self._close_reader()

    def _close_reader(self) -> None:
        with self._lock:
            self._reader.close()


class BatchWriter:
    """Writes rows in a thread of its own: those of `GATHER_S` seconds in one transaction.

    Rows beyond `MOST_WAITING_BYTES` are lost, and so is a batch for which another process does not
    make way. Raises OSError, sqlite3.Error.
    """

    def __init__(self, path: Path) -> None:
        self._connection = open_reply_file(path, _PATIENCE_S)
        self._news = threading.Condition()
        self._waiting: dict[bytes, bytes] = {}
        self._waiting_bytes = 0
        self._writing: dict[bytes, bytes] = {}
        self._ends = False
        self._error: sqlite3.Error | None = None
        self._thread = threading.Thread(target=self._run, name="reply cache", daemon=True)
        self._thread.start()

    def find(self, key: bytes) -> bytes | None:
        """Return a row that is not yet in the file."""
        return self._waiting.get(key) or self._writing.get(key)

    def add(self, key: bytes, row: bytes) -> None:
        """Have a row written. Raises the error that ended the thread."""
        if self._error is not None:
            raise self._error
        with self._news:
            if self._waiting_bytes + len(row) > MOST_WAITING_BYTES:
                return
            self._waiting[key] = row
            self._waiting_bytes += len(row)
            if len(self._waiting) == 1:
                self._news.notify()

    def stop(self) -> None:
        """Have the thread end when it has written what waits."""
        with self._news:
            self._ends = True
            self._news.notify()

    def close(self) -> None:
        """Write what waits. Raises the error that ended the thread."""
        self.stop()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with closing(self._connection):
                while self._gather():
                    self._write()
        except sqlite3.Error as error:
            self._error = error

    def _gather(self) -> bool:
        """Wait for the rows of a batch; return False when there are none and will be none."""
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._ends)
            self._news.wait_for(lambda: self._ends, GATHER_S)
            self._writing, self._waiting = self._waiting, {}
            self._waiting_bytes = 0
            return bool(self._writing)

    def _write(self) -> None:
        rows = iter(self._writing.items())
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                while some := list(islice(rows, _ROWS_PER_STATEMENT)):
                    places = ", ".join(["(?, ?)"] * len(some))
                    self._connection.execute(
                        f"INSERT OR REPLACE INTO reply VALUES {places}",  # noqa: S608 - only places
                        list(chain.from_iterable(some)),
                    )
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
        self._writing = {}
