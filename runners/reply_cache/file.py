"""The file of the reply cache: a SQLite database that all processes of a user share."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from ...core.cache import cache_dir
from ...core.errors import StoreError
from .file_systems import is_networked

# To be raised when rows of this format would be misread, or when what a key covers changes in a way
# that the keys themselves do not show.
FORMAT = 1

_NAMES = "replies-*.sqlite"
# An index over rows in the order of their arrival: measured at 100,000 replies of 600 bytes, a row
# is found as fast as in a table ordered by key (WITHOUT ROWID), and written four times as fast.
_TABLE = "CREATE TABLE IF NOT EXISTS reply (key BLOB PRIMARY KEY, reply BLOB NOT NULL)"


def replies_folder() -> Path:
    """Return the folder of the reply cache."""
    return cache_dir() / "replies"


def reply_file(folder: Path) -> Path:
    """Return the file that holds replies in today's format; other versions use other files."""
    return folder / f"replies-{FORMAT}.sqlite"


def open_reply_file(path: Path, patience_s: float) -> sqlite3.Connection:
    """Return a connection to the file, which is made, for its owner alone, where there is none.

    Statements commit by themselves unless BEGIN precedes them, wait `patience_s` for other
    processes, and may come from any thread, one at a time. Raises OSError, sqlite3.Error.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Only a new file is opened here: closing it again would end the locks that this process has on
    # the file through SQLite.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(
        path, timeout=patience_s, isolation_level=None, check_same_thread=False
    )
    try:
        _set_journal(connection, path)
        _set_format(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether `error` only says that another process was at work for too long."""
    return isinstance(error, sqlite3.OperationalError) and "is locked" in str(error)


class Contents(msgspec.Struct, frozen=True):
    """What a cache holds: the number of replies in today's format, and the bytes of all files."""

    replies: int
    size: int


def contents(folder: Path) -> Contents:
    """Return what the cache in `folder` holds. Raises StoreError."""
    path = reply_file(folder)
    if not path.exists():
        return Contents(replies=0, size=_size(folder))
    try:
        with closing(open_reply_file(path, patience_s=5)) as connection:
            (replies,) = connection.execute("SELECT count(*) FROM reply").fetchone()
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: {error}; `evalrun cache --clear` removes it") from None
    return Contents(replies=replies, size=_size(folder))


def clear_replies(folder: Path) -> int:
    """Empty the cache in `folder`, of all formats, and return how many bytes that freed.

    Files that SQLite can read stay, emptied: a process that has one open may go on.
    Raises StoreError.
    """
    before = _size(folder)
    for path in folder.glob(_NAMES):
        try:
            _empty(path)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path}: {error}; end the runs that use it") from None
    return max(0, before - _size(folder))


def _empty(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("DELETE FROM reply")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        if is_busy(error):
            raise
        for damaged in _with_journals(path):
            damaged.unlink(missing_ok=True)


def _size(folder: Path) -> int:
    files = (file for path in folder.glob(_NAMES) for file in _with_journals(path))
    return sum(file.stat().st_size for file in files if file.exists())


def _with_journals(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal")]


def _set_journal(connection: sqlite3.Connection, path: Path) -> None:
    """Have a write-ahead log, which readers never wait for, unless other machines reach the file.

    Its index is memory shared by processes, so it must not be used over a network file system
    (https://www.sqlite.org/wal.html). A crash costs the last replies, not the file
    (https://www.sqlite.org/pragma.html#pragma_synchronous).
    """
    mode = "DELETE" if is_networked(path) else "WAL"
    # A process that opens the file at the same moment has seen to it.
    with suppress(sqlite3.OperationalError):
        connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute("PRAGMA synchronous=NORMAL")


def _set_format(connection: sqlite3.Connection) -> None:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found == FORMAT:
        return
    if found != 0:
        raise sqlite3.DatabaseError(f"its format is {found}, not {FORMAT}")
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA user_version={FORMAT}")
