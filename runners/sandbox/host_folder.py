"""Workspaces that are folders of this machine, for engines that have none of their own."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from ...core.sandbox import Limits, Setup
from . import files
from .supervision import Breach

_PREFIX = "evalrun-sandbox-"
# Measuring walks the folder, so less often than a program is looked at.
_MEASURE_S = 0.25


class HostFolder:
    """A folder for commands, and one for their `/tmp`; `owner` as in `Place`."""

    def __init__(self, path: Path, root: int, owner: int | None, most: int) -> None:
        self.work = path / "work"
        self.tmp = path / "tmp"
        self.root = root
        self.owner = owner
        self._most = most

    def is_full(self) -> bool:
        """Whether both together hold more than they may."""
        return _size(self.work) + _size(self.tmp) > self._most

    def fullness(self) -> Callable[[], Breach | None]:
        """Return what tells, each time it is called, whether they are full; it looks now and then.

        Between two looks a program may write more than it may.
        """
        looked = time.monotonic()

        def breach() -> Breach | None:
            nonlocal looked
            if time.monotonic() - looked < _MEASURE_S:
                return None
            full = self.is_full()
            looked = time.monotonic()
            return Breach("disk", f"filled the {self._most} bytes that it may") if full else None

        return breach


@contextmanager
def host_folder(setup: Setup, limits: Limits, owner: int | None) -> Generator[HostFolder]:
    """Yield a fresh folder that holds `setup`, but for its mounts, and remove it afterwards.

    Those that a killed evalrun left are removed first. Raises ValueError, OSError.
    """
    _remove_stale(Path(tempfile.gettempdir()))
    path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    try:
        for name in ("work", "tmp"):
            (path / name).mkdir()
            if owner is not None:
                os.chown(path / name, owner, owner)
        files.copy_folders(path / "work", setup.folders, owner)
        root = os.open(path / "work", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            files.write_files(root, setup.files, owner)
            yield HostFolder(path, root, owner, limits.disk_bytes)
        finally:
            os.close(root)
    finally:
        _remove(path)


def _remove_stale(temporary: Path) -> None:
    """Remove this user's folders of processes that are no more."""
    for path in temporary.glob(f"{_PREFIX}*-*"):
        process = path.name.removeprefix(_PREFIX).partition("-")[0]
        if process.isdecimal() and not _is_alive(int(process)) and _is_ours(path):
            _remove(path)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_ours(path: Path) -> bool:
    try:
        state = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid()


def _remove(path: Path) -> None:
    """Remove a folder; what its commands made unreadable is made readable first."""
    for place, names, _ in os.walk(path):
        for name in names:
            inner = Path(place, name)
            if not inner.is_symlink():
                inner.chmod(stat.S_IRWXU)
    shutil.rmtree(path, ignore_errors=True)


def _size(folder: Path) -> int:
    """Return the bytes that the files below `folder` take on the disk."""
    total = 0
    for place, names, others in os.walk(folder):
        for name in (*names, *others):
            try:
                total += Path(place, name).lstat().st_blocks * 512
            except OSError:
                continue
    return total
