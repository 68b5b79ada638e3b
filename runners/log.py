"""Append-only JSONL files that survive a crash at any moment."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..core.errors import DataError, StoreError

T = TypeVar("T")
# Rows of so many seconds share a write: a hop to a thread and a sync cost more than a row does.
GATHER_S = 0.01
_BLOCK = 1 << 16


class AppendLog:
    """A JSONL file opened for appending; a torn last line is cut off first.

    Rows that are appended within `GATHER_S` share one write and one `fsync`, so durability costs
    little under load. Raises StoreError when the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._encoder = msgspec.json.Encoder()
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._size = _cut_torn_line(self._descriptor)
        except OSError as error:
            raise _store_error(path, error) from None

    async def append(self, row: Any) -> None:
        """Append `row`; when this returns, the row is on disk.

        It gets there even if whoever waits for it is cancelled.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((self._encoder.encode(row) + b"\n", done))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        await done

    async def close(self) -> None:
        """Write what waits, and close the file."""
        while self._flusher is not None:
            await self._flusher
        os.close(self._descriptor)

    async def _flush(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER_S)
            batch, self._waiting = self._waiting, []
            data = b"".join(line for line, _ in batch)
            try:
                await asyncio.to_thread(self._write, data)
            except OSError as error:
                for _, done in batch:
                    if not done.done():
                        done.set_exception(_store_error(self.path, error))
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)
        self._flusher = None

    def _write(self, data: bytes) -> None:
        _write_whole(self._descriptor, data, self._size)
        self._size += len(data)


def append_lines(path: Path, rows: Iterable[Any]) -> None:
    """Append rows to a JSONL file with one durable write; a torn last line is cut off first.

    Raises StoreError when the file cannot be written; then it is as it was.
    """
    data = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            _write_whole(descriptor, data, _cut_torn_line(descriptor))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from None


def read_log(path: Path, row_type: type[T]) -> Iterator[tuple[int, T]]:
    """Yield (byte offset, row) of a JSONL file; a torn last line is left out.

    Raises DataError naming the file and line of a row that is not a `row_type`.
    """
    offset = 0
    for line, row in read_lines(path, row_type):
        yield offset, row
        offset += len(line)


def read_lines(path: Path, row_type: type[T]) -> Iterator[tuple[bytes, T]]:
    """Yield (line as it is written, row) of a JSONL file, as `read_log` does. Raises DataError."""
    decoder = msgspec.json.Decoder(row_type)
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield line, decoder.decode(line)
            except msgspec.DecodeError as error:
                raise DataError(
                    f"{path}, line {number}: {error}; remove the line and run again"
                ) from None


def read_row(path: Path, offset: int, row_type: type[T]) -> T:
    """Return the row of a JSONL file that begins at byte `offset`."""
    with path.open("rb") as file:
        file.seek(offset)
        return msgspec.json.decode(file.readline(), type=row_type)


def _write_whole(descriptor: int, data: bytes, size: int) -> None:
    """Append all of `data` durably to a file of `size` bytes, or nothing. Raises OSError."""
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _cut_torn_line(descriptor: int) -> int:
    """Cut what follows the last newline, and return the size that is left."""
    end = size = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - _BLOCK)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.ftruncate(descriptor, end)
    return end


def _store_error(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot write {path}: {error.strerror}; finished rows are safe, "
        "mend this and run the same command again"
    )
