"""One process at a time on a run folder."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..core.errors import RunHeldError, StoreError


@contextmanager
def held(folder: Path) -> Generator[None]:
    """Hold `folder` for this process; the system lets go of it however the process ends.

    Raises RunHeldError naming the process that holds it, StoreError when the folder cannot be
    written.
    """
    path = folder / ".lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "a process"
            raise RunHeldError(
                f"{folder} is held by {holder}; wait for it or stop it, then run again"
            ) from None
        with suppress(OSError):  # who holds it is a courtesy; a full disk must not matter here
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        yield
    finally:
        os.close(descriptor)
