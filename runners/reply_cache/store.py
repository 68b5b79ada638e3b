"""Replies by key, kept on disk for all runs of a user."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import msgspec

from ...core.exchange import Reply
from ..notices import Notices
from .file import replies_folder, reply_file
from .file_systems import is_networked
from .rows import ReplyRows

LARGEST_REPLY_BYTES = 8 << 20

_ERRORS = (OSError, sqlite3.Error)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Reply).decode


class ReplyStore:
    """The replies in `folder`, the user's own by default; one that is put is found from then on.

    Clients may share it, and event loops that follow each other. Nothing that happens to the file
    is raised: a notice says so once, and nothing is kept or found any more.
    """

    def __init__(self, notices: Notices, folder: Path | None = None) -> None:
        self._notices = notices
        self._path = reply_file(folder or replies_folder())
        # Each look at a file on a server is a few round trips, too long for an event loop.
        self._in_thread = is_networked(self._path)
        self._rows: ReplyRows | None = None
        try:
            self._rows = ReplyRows(self._path, waits=self._in_thread)
        except _ERRORS as error:
            self._say_off(error)

    async def get(self, key: bytes) -> Reply | None:
        """Return the reply that was put under `key`; None if none was, or it cannot be read."""
        rows = self._rows
        if rows is None:
            return None
        try:
            row = await asyncio.to_thread(rows.find, key) if self._in_thread else rows.find(key)
        except _ERRORS as error:
            self._turn_off(error)
            return None
        return None if row is None else _decoded(row)

    def put(self, key: bytes, reply: Reply) -> None:
        """Keep `reply` under `key`, unless it is too large; it is on disk a moment later."""
        if self._rows is None:
            return
        row = _encoded(reply)
        if row is None or len(row) > LARGEST_REPLY_BYTES:
            return
        try:
            self._rows.add(key, row)
        except _ERRORS as error:
            self._turn_off(error)

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        rows, self._rows = self._rows, None
        if rows is None:
            return
        try:
            rows.close()
        except _ERRORS as error:
            self._say_off(error)

    def _turn_off(self, error: Exception) -> None:
        rows, self._rows = self._rows, None
        # Reads that were under way when the store was turned off fail too; one notice is enough.
        if rows is not None:
            rows.abandon()
            self._say_off(error)

    def _say_off(self, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) else error
        remedy = f"set run.cache=false or remove {self._path}"
        self._notices.once("reply_cache", f"the reply cache is off: {reason}; {remedy}")


def _encoded(reply: Reply) -> bytes | None:
    """Return `reply` as a row; None for a text that is not Unicode, which no row can hold."""
    try:
        return _encode(reply)
    except UnicodeEncodeError:
        return None


def _decoded(row: bytes) -> Reply | None:
    """Return the reply of a row; None for what another version wrote and this one cannot read."""
    try:
        return _decode(row)
    except msgspec.DecodeError:
        return None
