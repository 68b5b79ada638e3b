"""Rows of data files, one at a time: JSON, JSONL, CSV, TSV, parquet; all but that also as .gz."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from .errors import DataError, MissingExtraError
from .suggest import did_you_mean
from .unicode import well_formed

Row = dict[str, Any]

_BATCH_ROWS = 64
_BATCH_BYTES = 8 << 20
# Cells hold whole images, as base64.
_LONGEST_CELL = 64 << 20


def read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield (0-based position, row) of a data file, by its ending.

    JSON files hold a list of objects, or one object whose only list of objects is meant. JSONL,
    CSV, TSV and parquet files are streamed. Raises DataError naming the file and the row.
    """
    kind = _kind(path)
    read = _READERS.get(kind)
    if read is None:
        raise DataError(
            f"{path}: unknown kind of data file {kind!r}; " + did_you_mean(kind, _READERS)
        )
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    return enumerate(read(path))


def read_lines(lines: Iterable[bytes], path: Path) -> Iterator[tuple[int, Row]]:
    """Yield (0-based position, row) of the lines of a JSONL file, which messages call `path`.

    For lines that come from elsewhere than a file of their own: from an archive, say. Raises
    DataError naming the line.
    """
    return enumerate(_jsonl(lines, path))


def read_headless(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    """Yield (0-based position, row) of a CSV file without header, its cells named by `columns`.

    Raises DataError naming the file and the row.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    return enumerate(_read_csv(path, columns))


def where(path: Path, index: int) -> str:
    """Return how messages name row `index` of `path`: file and 1-based row."""
    return f"{path}, row {index + 1}"


def require(row: Row, field: str, expected: type | tuple[type, ...], place: str) -> Any:
    """Return `row[field]`. Raises DataError naming `place` when it is absent or of another type."""
    if field not in row:
        raise DataError(f"{place}: missing field {field!r}; {did_you_mean(field, row)}")
    value = row[field]
    if not isinstance(value, expected):
        types = expected if isinstance(expected, tuple) else (expected,)
        names = " or ".join(t.__name__ for t in types)
        raise DataError(f"{place}: field {field!r} should be {names}, found {type(value).__name__}")
    return value


def _kind(path: Path) -> str:
    """Return the ending that says what a file holds, in small letters: that before `.gz`."""
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()


@contextmanager
def _opened(path: Path) -> Generator[BinaryIO]:
    """Open a file, unpacking it if it is compressed. Raises DataError for damage found later."""
    compressed = path.suffix.lower() == ".gz"
    with gzip.open(path) if compressed else path.open("rb") as file:
        try:
            yield cast(BinaryIO, file)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(f"{path}: not a whole gzip file: {error}; fetch it again") from None


def _read_jsonl(path: Path) -> Iterator[Row]:
    with _opened(path) as file:
        yield from _jsonl(file, path)


def _jsonl(lines: Iterable[bytes], path: Path) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _object(_parse(line, f"{path}, line {number}"), f"{path}, line {number}")


def _read_json(path: Path) -> Iterator[Row]:
    with _opened(path) as file:
        data = _parse(file.read(), str(path))
    if isinstance(data, dict):
        lists: list[Any] = [v for v in cast(Row, data).values() if isinstance(v, list)]
        data = lists[0] if len(lists) == 1 else [data]
    if not isinstance(data, list):
        raise DataError(f"{path}: should hold a list of objects")
    for index, item in enumerate(cast(list[Any], data)):
        yield _object(item, where(path, index))


def _read_csv(path: Path, columns: Sequence[str] | None = None) -> Iterator[Row]:
    wanted = f"the columns {', '.join(columns)}" if columns else "the header"
    with _opened(path) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as file:
        delimiter = "\t" if _kind(path) == ".tsv" else ","
        csv.field_size_limit(_LONGEST_CELL)
        reader = csv.DictReader(file, columns, delimiter=delimiter)
        try:
            _refuse_repeated(reader.fieldnames or (), path)
            for index, row in enumerate(reader):
                if None in row or None in row.values():
                    raise DataError(f"{where(path, index)}: not as many cells as {wanted}")
                yield cast(Row, row)
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{path}, line {reader.line_num}: {error}") from None


def _refuse_repeated(columns: Sequence[str], path: Path) -> None:
    for position, column in enumerate(columns):
        if column in columns[:position]:
            raise DataError(f"{path}: two columns are called {column!r}")


def _read_parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtraError("reading parquet", "parquet") from None
    try:
        file = pq.ParquetFile(path)
        for batch in file.iter_batches(batch_size=_batch_rows(file.metadata)):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: {error}") from None


def _batch_rows(metadata: Any) -> int:
    """Return how many rows to hold at a time: few where rows are large."""
    groups = (metadata.row_group(index) for index in range(metadata.num_row_groups))
    row_bytes = sum(group.total_byte_size for group in groups) // max(metadata.num_rows, 1)
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(row_bytes, 1)))


def _parse(text: bytes, place: str) -> Any:
    try:
        return _decoded(text)
    except ValueError as error:
        raise DataError(f"{place}: not valid JSON: {error}") from None
    except RecursionError:
        raise DataError(f"{place}: nested too deeply to be read") from None


def _decoded(text: bytes) -> Any:
    """Return the value of a JSON text. Raises ValueError, RecursionError."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        # Python writes NaN, Infinity and lone surrogates, and official files were written by it.
        try:
            return well_formed(json.loads(text))
        except ValueError:
            raise error from None


def _object(value: Any, place: str) -> Row:
    if not isinstance(value, dict):
        raise DataError(f"{place}: should be an object, found {type(value).__name__}")
    return cast(Row, value)


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".parquet": _read_parquet,
}
