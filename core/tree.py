"""The files of a folder: their sizes, and what changes when one of them does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from .hashing import sha256_of


class TreeFile(msgspec.Struct, frozen=True, order=True):
    """A file by its path in the folder; `size` in bytes, `changed_ns` as the file system has it.

    A link counts as the file that it leads to.
    """

    name: str
    size: int
    changed_ns: int


def files_in(folder: Path) -> Iterator[TreeFile]:
    """Yield the files of `folder` and of the folders in it, in no order. Raises OSError."""
    for path in folder.rglob("*"):
        if path.is_file():
            stat = path.stat()
            name = path.relative_to(folder).as_posix()
            yield TreeFile(name, stat.st_size, stat.st_mtime_ns)


def size_of(folder: Path) -> int:
    """Return the bytes of all files in `folder`. Raises OSError."""
    return sum(file.size for file in files_in(folder))


def key_of(folder: Path) -> str:
    """Return a name for `folder` with these files, changed when they were: 16 hex digits.

    Nothing is read of the files, so large ones cost nothing. Raises OSError.
    """
    return sha256_of([str(folder.resolve()), sorted(files_in(folder))])[:16]
