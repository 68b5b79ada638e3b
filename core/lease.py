"""A lock on file systems that machines share, where `flock` may do nothing.

A lease is a folder with one file in it, called after whoever holds it. Three operations decide, all
of which a file server performs whole or not at all, NFS among them:

- a folder with that file, made aside, is renamed to the lease's path: this fails where a folder
  with something in it is there already, so one of many comers gets it;
- the holder rewrites its file, with a counter, from a thread of its own;
- who sees the file unchanged for `Pace.expiry_s` *of its own clock* renames it to a name of its
  own. The old name is that of the holder who is believed dead, so of many waiters one succeeds, and
  a lease that changed hands meanwhile is left alone. No two clocks are compared.

Two hold a lease at once only if a holder stands still for longer than `Pace.expiry_s` while a
waiter does not (a stopped process, a machine that lost the server), and then goes on working
without asking `Lease.is_held`. So what a lease guards should end in one rename, which is right
whoever does it.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec


class Pace(msgspec.Struct, frozen=True):
    """How often a lease is renewed and looked at, in seconds.

    A holder is believed dead after `expiry_s` without a beat, which should be several times
    `beat_s`. A waiter looks each `poll_s`, and says so once it has waited for `notice_s`.
    """

    beat_s: float = 10.0
    expiry_s: float = 60.0
    poll_s: float = 1.0
    notice_s: float = 2.0


USUAL = Pace()


class Holder(msgspec.Struct, frozen=True):
    """What the file of a lease says: who holds it, to do what, and how often it was renewed."""

    who: str
    what: str
    beat: int = 0


class Lease:
    """A lease that is held, and renewed until `release`."""

    def __init__(self, file: Path, what: str, pace: Pace) -> None:
        self._file = file
        self._holder = Holder(f"process {os.getpid()} on {socket.gethostname()}", what)
        self._released = threading.Event()
        self._heart = threading.Thread(
            target=self._beat, args=(pace.beat_s,), name="evalrun-lease", daemon=True
        )

    def is_held(self) -> bool:
        """Look whether the lease is still this process's: after it stood still it may not be."""
        return self._file.exists()

    def begin(self) -> None:
        """Say who holds the lease, and renew it from now on."""
        self._renew(self._holder)
        self._heart.start()

    def release(self) -> None:
        """Let go of the lease, unless another process took it over."""
        self._released.set()
        if self._heart.is_alive():
            self._heart.join()
        folder = self._file.parent
        gone = _aside(folder)
        # A file that is open elsewhere may stay for a while where it is unlinked: not in the lease.
        with suppress(OSError):
            self._file.rename(gone)
            gone.unlink()
            folder.rmdir()

    def _beat(self, beat_s: float) -> None:
        beats = 0
        while not self._released.wait(beat_s):
            beats += 1
            holder = msgspec.structs.replace(self._holder, beat=beats)
            try:
                self._renew(holder)
            except FileNotFoundError:
                return
            except OSError:  # a server that is away for a moment; the next beat may arrive
                continue

    def _renew(self, holder: Holder) -> None:
        """Rewrite the file in its place; one that another process took over is not made anew."""
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CLOEXEC)
        try:
            text = msgspec.json.encode(holder)
            os.pwrite(descriptor, text, 0)
            os.ftruncate(descriptor, len(text))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def to_stderr(line: str) -> None:
    """Tell a person something, away from what a program reads."""
    sys.stderr.write(f"{line}\n")


@contextmanager
def lease(
    path: Path, *, what: str, pace: Pace = USUAL, tell: Callable[[str], None] = to_stderr
) -> Generator[Lease]:
    """Hold the lease at `path` for this process, after all who hold it before; then it is gone.

    `what` is what the holder does, for others to read: "converts SmolLM2". A wait is told to
    `tell`. A thread that holds a lease must not ask for it again. Raises OSError when the lease
    cannot be written.
    """
    held = _acquired(path.absolute(), what, pace, tell)
    try:
        held.begin()
        yield held
    finally:
        held.release()


def _acquired(path: Path, what: str, pace: Pace, tell: Callable[[str], None]) -> Lease:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path / uuid.uuid4().hex
    watch = _Watch(path, tell, pace)
    while True:
        there = _look(path)
        if there is None:
            if _placed(file):
                return Lease(file, what, pace)
        elif watch.is_dead(there) and _taken(path / there[0], file):
            return Lease(file, what, pace)
        time.sleep(pace.poll_s)


# The name of a holder's file, and what it says.
_Seen = tuple[str, bytes]


class _Watch:
    """What one waiter saw of a lease, by its own clock."""

    def __init__(self, path: Path, tell: Callable[[str], None], pace: Pace) -> None:
        self._path = path
        self._tell = tell
        self._pace = pace
        self._seen: _Seen | None = None
        self._quiet_s = self._waited_s = 0.0
        self._looked = time.monotonic()
        self._told = ""

    def is_dead(self, there: _Seen) -> bool:
        """Tell whether the holder did not move for as long as a living one never does."""
        now = time.monotonic()
        # While this process or the server stood still, the holder could not be seen to live.
        passed, self._looked = min(now - self._looked, self._pace.beat_s), now
        self._waited_s += passed
        self._quiet_s = self._quiet_s + passed if there == self._seen else 0.0
        self._seen = there
        self._tell_once(there)
        return self._quiet_s > self._pace.expiry_s

    def _tell_once(self, there: _Seen) -> None:
        name, text = there
        if text and self._waited_s >= self._pace.notice_s and self._told != name:
            self._told = name
            self._tell(f"waiting for {_said(text)} ({self._path})")


def _look(path: Path) -> _Seen | None:
    """Return the holder's file and what it says, None when the lease seems free.

    Raises PermissionError for a lease that this user cannot read.
    """
    try:
        file = next((file for file in path.iterdir() if not file.name.startswith(".")), None)
        return None if file is None else (file.name, file.read_bytes())
    except PermissionError:
        raise
    except OSError:  # released, taken over or renewed at this moment: one more look will tell
        return None


def _placed(file: Path) -> bool:
    """Put a lease with `file` in it where none is, and tell whether that was so."""
    made = _aside(file.parent)
    made.mkdir()
    try:
        (made / file.name).touch()
        made.rename(file.parent)
    except OSError as error:
        # What a server did may look like a failure when its answer was lost and asked for again.
        if file.exists():
            return True
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    else:
        return True
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _taken(old: Path, new: Path) -> bool:
    """Take the file of a dead holder, and tell whether this process was the one who got it."""
    try:
        old.rename(new)
    except PermissionError:
        raise
    except OSError:
        return new.exists()
    return True


def _aside(path: Path) -> Path:
    """Return a path of its own beside `path`."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")


def _said(text: bytes) -> str:
    try:
        holder = msgspec.json.decode(text, type=Holder)
    except msgspec.MsgspecError:
        return "another process"
    return f"{holder.who}, which {holder.what}"
