"""Files put into a workspace and brought back from it, though what ran there may have set traps.

A workspace holds whatever links its commands made. They point into the sandbox for what runs
inside, and at this machine for evalrun: so none is ever followed, at any step of a path.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ...core.sandbox import WORKSPACE

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a pipe that nobody writes to would hang.
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def steps(path: str) -> tuple[str, ...]:
    """Return the names from the workspace to `path`. Raises ValueError if it leads out."""
    inside = PurePosixPath(WORKSPACE, path)
    if ".." in inside.parts or not inside.is_relative_to(WORKSPACE) or "\0" in path:
        raise ValueError(f"{path!r} is not a path in the workspace")
    return inside.relative_to(WORKSPACE).parts


def write_files(root: int, files: Mapping[str, str | bytes], owner: int | None) -> None:
    """Write `files` into the folder open as `root`, in place of what is there.

    They belong to user `owner` if one is given. Raises ValueError, OSError.
    """
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        *folders, name = steps(path) or ("",)
        with _opened(root, folders, owner) as folder:
            _remove_file(folder, name)
            descriptor = os.open(name, _NEW, 0o644, dir_fd=folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                if owner is not None:
                    os.fchown(descriptor, owner, owner)


def make_folder(root: int, path: str, owner: int | None) -> None:
    """Make sure that `path` below `root` is a folder that its owner can use.

    Raises ValueError, OSError.
    """
    with _opened(root, steps(path), owner):
        pass


def read_file(root: int, path: str, most: int) -> bytes | None:
    """Return the regular file at `path` below `root`; None if there is none of at most `most`."""
    *folders, name = steps(path) or ("",)
    try:
        with _opened(root, folders, None, create=False) as folder:
            descriptor = os.open(name, _OLD, dir_fd=folder)
            with os.fdopen(descriptor, "rb") as file:
                state = os.fstat(descriptor)
                if not stat.S_ISREG(state.st_mode) or state.st_size > most:
                    return None
                return file.read(most)
    except OSError:
        return None


def copy_folders(folder: Path, folders: Mapping[str, Path], owner: int | None) -> None:
    """Copy `folders` into `folder`, in which nothing has run yet; links stay links.

    Raises ValueError, OSError.
    """
    for path, source in folders.items():
        target = folder.joinpath(*steps(path))
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    if owner is not None:
        for place, _, names in os.walk(folder):
            os.chown(place, owner, owner)
            for name in names:
                os.chown(Path(place, name), owner, owner, follow_symlinks=False)


@contextmanager
def _opened(
    root: int, folders: Sequence[str], owner: int | None, *, create: bool = True
) -> Generator[int]:
    """Open the folder at the end of `folders`, made and made usable on the way if it may be."""
    current = os.dup(root)
    try:
        for name in folders:
            if create:
                _make_folder(current, name, owner)
            inner = os.open(name, _FOLDER, dir_fd=current)
            os.close(current)
            current = inner
            if create:
                os.fchmod(current, os.fstat(current).st_mode | stat.S_IRWXU)
        yield current
    finally:
        os.close(current)


def _make_folder(parent: int, name: str, owner: int | None) -> None:
    try:
        os.mkdir(name, 0o755, dir_fd=parent)
    except FileExistsError:
        return
    if owner is not None:
        os.chown(name, owner, owner, dir_fd=parent, follow_symlinks=False)


def _remove_file(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
