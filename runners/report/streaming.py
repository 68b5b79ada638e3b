"""All rows of a run as pieces of a report, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .artifacts import Media
from .chunking import INDEX_ROWS, Chunks, Entry, entry, index_chunk
from .model import RowChunk, RowView
from .pieces import script
from .reading import reading
from .rows import row_view
from .sources import Source


def pieces_of(
    source: Source, media: Media, advance: Callable[[], object], *, inputs: bool
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and text of each piece; at most one of each kind is in memory.

    `advance` is called for each row. Raises DataError for a run folder that changes meanwhile, and
    OSError for media that cannot be brought.
    """
    key, chunks = source.view.key, Chunks()
    rows: list[RowView] = []
    entries: list[Entry] = []
    with reading(source.index, source.view.scorer, source.questions) as reader:
        for number in range(source.view.rows):
            stored = reader.read(number)
            place = chunks.add(stored.size)
            if rows and place.position == 0:
                yield _rows_piece(key, place.chunk - 1, rows)
                rows = []
            rows.append(row_view(stored, media, inputs=inputs))
            entries.append(entry(stored.prediction, stored.score, place))
            if len(entries) == INDEX_ROWS:
                yield _index_piece(key, number // INDEX_ROWS, entries)
                entries = []
            advance()
    if rows:
        yield _rows_piece(key, chunks.place(chunks.rows - 1).chunk, rows)
    if entries:
        yield _index_piece(key, chunks.rows // INDEX_ROWS, entries)


def _rows_piece(key: str, number: int, rows: list[RowView]) -> tuple[str, bytes]:
    name = f"{key}/rows-{number}"
    return name, script(name, RowChunk(rows=tuple(rows)))


def _index_piece(key: str, number: int, entries: list[Entry]) -> tuple[str, bytes]:
    name = f"{key}/index-{number}"
    return name, script(name, index_chunk(entries))
