"""Where the rows lie: in files of a folder, in the archive that is published, or in one file."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, read_lines, read_rows, where
from ...core.suggest import did_you_mean
from .datasets import BY_NAME, Dataset
from .rows import dataset_of

ARCHIVE = "data.zip"

# Tried in this order, in the folder and then in the archive.
_LAYOUTS = ("{}.jsonl", "data/{}.jsonl")
# What reading a damaged or encrypted archive raises, beside the errors of the file system.
_DAMAGE = (BadZipFile, EOFError, RuntimeError, zlib.error)


class DataFile(msgspec.Struct, frozen=True):
    """A JSONL file: a file of its own, or the `member` of the archive at `path`."""

    path: Path
    member: str | None = None

    @property
    def place(self) -> Path:
        """How messages call the file."""
        return self.path if self.member is None else self.path / self.member


class PlacedRow(msgspec.Struct, frozen=True):
    """A row with its dataset, its 0-based position in the file, and how messages name it."""

    dataset: Dataset
    index: int
    row: Row
    place: str


def find_files(folder: Path, datasets: Iterable[Dataset]) -> dict[str, DataFile]:
    """Return the files of those `datasets` that are there, by name. Raises DataError."""
    archive = folder / ARCHIVE
    members = _members(archive) if archive.is_file() else frozenset[str]()
    found = {dataset.name: _file_of(dataset, folder, members) for dataset in datasets}
    return {name: file for name, file in found.items() if file is not None}


def read_folder(
    folder: Path, datasets: Collection[Dataset], limit: int | None
) -> Iterator[PlacedRow]:
    """Yield at most `limit` rows of each dataset, a row in memory at a time. Raises DataError."""
    files = find_files(folder, datasets)
    for dataset in datasets:
        if dataset.name not in files:
            raise DataError(f"{folder}: no rows of {dataset.name}")
        place, index = files[dataset.name].place, -1
        for index, row in islice(_rows_of(files[dataset.name]), limit):
            yield PlacedRow(dataset, index, row, where(place, index))
        if index < 0:
            raise DataError(f"{place}: no rows")


def read_path(path: Path, datasets: Collection[Dataset], limit: int | None) -> Iterator[PlacedRow]:
    """Yield those rows of one file that are of `datasets`, at most `limit` of each.

    Raises DataError, also for a row of a dataset that LongBench does not have.
    """
    seen: Counter[str] = Counter()
    for index, row in read_rows(path):
        place = where(path, index)
        name = dataset_of(row, place)
        if name not in BY_NAME:
            near = did_you_mean(name, BY_NAME)
            raise DataError(f"{place}: unknown dataset {name!r} in field 'dataset'; {near}")
        if BY_NAME[name] in datasets and (limit is None or seen[name] < limit):
            seen[name] += 1
            yield PlacedRow(BY_NAME[name], index, row, place)
    if not seen:
        raise DataError(f"{path}: no rows of {', '.join(dataset.name for dataset in datasets)}")


def _rows_of(file: DataFile) -> Iterator[tuple[int, Row]]:
    """Yield (0-based position, row), line by line; nothing of an archive is unpacked to disk."""
    if file.member is None:
        yield from read_rows(file.path)
        return
    try:
        with ZipFile(file.path) as archive, archive.open(file.member) as lines:
            yield from read_lines(lines, file.place)
    except (*_DAMAGE, OSError) as error:
        raise _unreadable(file.place, error) from None


def _file_of(dataset: Dataset, folder: Path, members: Collection[str]) -> DataFile | None:
    names = [layout.format(dataset.name) for layout in _LAYOUTS]
    for name in names:
        if (folder / name).is_file():
            return DataFile(folder / name)
    return next((DataFile(folder / ARCHIVE, name) for name in names if name in members), None)


def _members(archive: Path) -> frozenset[str]:
    try:
        with ZipFile(archive) as opened:
            return frozenset(opened.namelist())
    except (*_DAMAGE, OSError) as error:
        raise _unreadable(archive, error) from None


def _unreadable(place: Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return DataError(f"{place}: cannot be read: {reason}; remove the archive and fetch it again")
