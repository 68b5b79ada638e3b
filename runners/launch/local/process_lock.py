"""Locks that tell whether a process lives: the system lets go of them however it ends."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from pathlib import Path

import msgspec

from ....core.errors import StoreError

_POLL_S = 0.01


class Holder(msgspec.Struct, frozen=True):
    """Which process holds a lock."""

    host: str
    pid: int


class ProcessLock(msgspec.Struct, frozen=True):
    """A file that one process at a time holds, from `take` until it or its descriptor is gone."""

    path: Path

    def take(self, patience_s: float = 1.0) -> int | None:
        """Return a descriptor that holds the lock, None while another process does.

        Whoever looks at a lock holds it for a moment, hence the patience. Raises StoreError.
        """
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"cannot write {self.path}: {error.strerror}") from None
        deadline = time.monotonic() + patience_s
        while not _locked(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                os.close(descriptor)
                return None
            time.sleep(_POLL_S)
        self.sign(descriptor)
        return descriptor

    def sign(self, descriptor: int) -> None:
        """Say that this process has the lock of `descriptor`. Raises StoreError."""
        text = msgspec.json.encode(Holder(socket.gethostname(), os.getpid()))
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, text, 0)
        except OSError as error:
            raise StoreError(f"cannot write {self.path}: {error.strerror}") from None

    def holder(self) -> Holder | None:
        """Return which process holds the lock, if one does."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            if _locked(descriptor, fcntl.LOCK_SH):
                return None
            return msgspec.json.decode(os.pread(descriptor, 1000, 0), type=Holder)
        except msgspec.DecodeError:  # at the moment of signing
            return Holder(socket.gethostname(), 0)
        finally:
            os.close(descriptor)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
