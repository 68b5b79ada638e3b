"""One process at a time on a folder."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from ..core.errors import RunHeldError, StoreError
from ..core.lease import Pace, lease

# What a file system says that keeps no locks for the machines that share it.
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})
# A lease tells of a wait once it is clear that its holder is alive.
_PACE = Pace(notice_s=70.0)
_BRIEF = ", for a moment"
_LOOK_S = 0.05
# A moment is as long as it takes to read and write the rows of a large run.
_MOMENT_S = 600.0


class _HeldBy(Exception):  # noqa: N818 - it is no error until somebody decides so
    """Another process holds a lock; the text says which."""


@contextmanager
def held(
    folder: Path, who: str = "", *, briefly: bool = False, patience_s: float = _MOMENT_S
) -> Generator[None]:
    """Hold `folder` for this process; the system lets go of it however the process ends.

    `who` follows what the process is called: ", shard 3/16". Others who hold it `briefly` are
    waited for, at most for `patience_s`. Raises RunHeldError naming the process that holds it,
    StoreError when the folder cannot be written.
    """
    deadline = time.monotonic() + patience_s
    seen = ""
    with ExitStack() as lock:
        while True:
            try:
                _take(folder, who + (_BRIEF if briefly else ""), lock)
                break
            except _HeldBy as other:
                holder = str(other)
            # A lock that was taken just now still names who held it before: a second look tells.
            if time.monotonic() > deadline or (holder == seen and not holder.endswith(_BRIEF)):
                raise held_by(folder, holder)
            seen = holder
            time.sleep(_LOOK_S)
        yield


def claimed(folder: Path, who: str) -> ExitStack:
    """Return a lock on `folder`, which is held until it is closed.

    Raises RunHeldError at once if another process holds it, StoreError.
    """
    lock = ExitStack()
    try:
        _take(folder, who, lock)
    except _HeldBy as other:
        raise held_by(folder, str(other)) from None
    return lock


def holder_of(folder: Path) -> str | None:
    """Return who holds `folder`, None if nobody does. Raises StoreError.

    It is held while this looks, so only whoever keeps others from taking it should ask.
    """
    with ExitStack() as lock:
        try:
            _take(folder, "", lock)
        except _HeldBy as other:
            return str(other)
    return None


def held_by(folder: Path, holder: str) -> RunHeldError:
    """Return the error that says who holds `folder`."""
    return RunHeldError(
        f"{folder} is held by {holder.removesuffix(_BRIEF)}; wait for it or stop it, then run again"
    )


def _take(folder: Path, who: str, lock: ExitStack) -> None:
    """Lock `folder` until `lock` is closed. Raises _HeldBy, StoreError."""
    path = folder / ".lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from None
    with ExitStack() as taken:
        taken.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _HeldBy(_read(descriptor)) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise StoreError(f"cannot lock {path}: {error.strerror}") from None
            _take_lease(folder / ".lease", who, taken)
        else:
            _write(descriptor, f"process {os.getpid()} on {socket.gethostname()}{who}")
        lock.push(taken.pop_all())


def _take_lease(path: Path, who: str, lock: ExitStack) -> None:
    """Hold a lease until `lock` is closed; a dead holder is waited for, a living one refused."""

    def refuse(line: str) -> NoReturn:
        raise _HeldBy(line.removeprefix("waiting for "))

    try:
        lock.enter_context(lease(path, what=f"works there{who}", pace=_PACE, tell=refuse))
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from None


def _read(descriptor: int) -> str:
    return os.pread(descriptor, 400, 0).decode(errors="replace").strip() or "a process"


def _write(descriptor: int, holder: str) -> None:
    with suppress(OSError):  # who holds it is a courtesy; a full disk must not matter here
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode(), 0)
