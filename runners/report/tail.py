"""JSONL files that grow: what is new in them, line by line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_REMEMBERED = 64


class Line(NamedTuple):
    """A whole line: the byte at which it starts, its 1-based number, and its text."""

    start: int
    number: int
    text: bytes


class Tail:
    """Reads a file that others append to; what was read once is not read again.

    A last line without its newline is still being written, and waits.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._number = 0
        self._inode: int | None = None
        self._last = b""

    def size(self) -> int:
        """Return the present size of the file in bytes; 0 where there is none."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def is_replaced(self) -> bool:
        """Tell whether what was read is no longer what the file begins with.

        It is another file, or shorter, or the end of what was read last has changed.
        """
        if self._inode is None:
            return False
        try:
            with self.path.open("rb") as file:
                known = self._offset - len(self._last)
                status = os.fstat(file.fileno())
                if status.st_ino != self._inode or status.st_size < self._offset:
                    return True
                return os.pread(file.fileno(), len(self._last), known) != self._last
        except FileNotFoundError:
            return True

    def lines(self, end: int | None = None) -> Iterator[Line]:
        """Yield the whole lines that are new, those that end by byte `end`; all of them if None."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            self._inode = os.fstat(file.fileno()).st_ino
            file.seek(self._offset)
            for text in file:
                start, after = self._offset, self._offset + len(text)
                if not text.endswith(b"\n") or (end is not None and after > end):
                    return
                self._offset, self._number = after, self._number + 1
                self._last = text[-_REMEMBERED:]
                yield Line(start, self._number, text)
