"""A user's own rows: JSONL, JSON, CSV, TSV or parquet."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from ..core.errors import DataError
from ..core.hashing import sha256_of_file
from ..core.interfaces import Problem
from ..core.rows import Row, read_rows, where
from ..core.sample import Sample, Turn
from .file_rows import FileOptions, RowReader


class FileBenchmark:
    """One question a row: `{"id"?, "input", "target"?, "choices"?, "images"?, "audio"?, ...}`.

    `input` is a text, or a list of messages `{"role", "content"}` of which the last is the user's.
    All columns are described at `FileOptions`; others are kept in the sample's metadata. The task
    is called after the file.
    """

    Options = FileOptions

    def __init__(self, options: FileOptions) -> None:
        self._named = options.path is not None
        self._path = Path(options.path or "")
        self._task = self._path.stem
        self._read = RowReader(options, self._path.parent)

    def problems(self) -> Sequence[Problem]:
        """Say that no file was named, or that it is not there."""
        if not self._named:
            return (Problem("no file to read", "say benchmark.path=FILE (jsonl, csv, parquet)"),)
        if not self._path.is_file():
            return (Problem(f"{self._path}: no such file", "check benchmark.path"),)
        return ()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a row, lazily.

        Raises DataError naming file and row; of ids that come twice, after the last row.
        """
        keys = array("Q")
        for index, row in islice(read_rows(self._path), limit):
            sample = self._sample(row, index, where(self._path, index))
            keys.append(_key(sample.id))
            yield sample
        if not keys:
            raise DataError(f"{self._path}: no rows")
        self._refuse_repeated(keys, limit)

    def provenance(self) -> dict[str, Any]:
        """Return the hash of the file. Raises OSError."""
        return {"file": self._path.name, "sha256": sha256_of_file(self._path)}

    def _refuse_repeated(self, keys: array[int], limit: int | None) -> None:
        """Raise DataError for the first id that an earlier row has, too."""
        in_order = sorted(keys)
        repeated = {key for key, following in pairwise(in_order) if key == following}
        if not repeated:
            return
        first: dict[str, int] = {}
        for index, row in islice(read_rows(self._path), limit):
            name = self._id(self._read.id(row, where(self._path, index)), index)
            if _key(name) in repeated and first.setdefault(name, index) != index:
                raise DataError(
                    f"{where(self._path, index)}: id {name!r} is already that of row "
                    f"{first[name] + 1}; ids must be unique"
                )

    def _id(self, row_id: str | int | None, index: int) -> str:
        return f"{self._task}/{index}" if row_id is None else str(row_id)

    def _sample(self, row: Row, index: int, place: str) -> Sample:
        row_id = self._read.id(row, place)
        choices = self._read.choices(row, place)
        *before, last = self._read.messages(row, choices, place)
        return Sample(
            id=self._id(row_id, index),
            task=self._task,
            messages=tuple(before),
            turns=(
                Turn(
                    query=last.content,
                    target=self._read.target(row, place),
                    choices=choices,
                    reply_schema=self._read.reply_schema(row, place),
                    tools=self._read.tools(row, place),
                ),
            ),
            row=index,
            row_id=row_id,
            group=self._read.group(row, place),
            metadata=self._read.rest(row),
        )


def _key(sample_id: str) -> int:
    """Return 8 bytes that stand for an id, so that a million ids take 8 MB."""
    digest = blake2b(sample_id.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
