"""Rows in pieces: which piece a row lies in, and the columns by which a page lists rows."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence

import msgspec

from ...core.prediction import Prediction
from ...core.score import Score
from .model import IndexChunk

INDEX_ROWS = 5_000
CHUNK_ROWS = 200
CHUNK_BYTES = 512 << 10

_GIST_CHARACTERS = 160
# So much of an output is looked at: whatever it holds, it has that many words or blanks.
_GIST_READ = 4 * _GIST_CHARACTERS


class Place(msgspec.Struct, frozen=True):
    """Where a row lies: the 0-based number of its chunk, and its position in it."""

    chunk: int
    position: int


class Chunks:
    """Deals rows out to chunks, in order: `CHUNK_ROWS` each, fewer where they are large.

    What was dealt stays where it is when others follow.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._starts = array("q")
        self._bytes = 0

    def add(self, size: int) -> Place:
        """Deal out the next row, of about `size` bytes, and return where it goes."""
        position = self.rows - self._starts[-1] if self._starts else CHUNK_ROWS
        if position == CHUNK_ROWS or (position and self._bytes + size > CHUNK_BYTES):
            self._starts.append(self.rows)
            position = self._bytes = 0
        self._bytes += size
        self.rows += 1
        return Place(len(self._starts) - 1, position)

    def place(self, number: int) -> Place:
        """Return where row `number` went."""
        chunk = bisect_right(self._starts, number) - 1
        return Place(chunk, number - self._starts[chunk])

    def rows_of(self, chunk: int) -> range:
        """Return the numbers of the rows of a chunk; none where there is no such chunk."""
        if not 0 <= chunk < len(self._starts):
            return range(0)
        end = self._starts[chunk + 1] if chunk + 1 < len(self._starts) else self.rows
        return range(self._starts[chunk], end)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of one row."""

    id: str
    sample: str
    epoch: int
    group: str | None
    task: str
    status: str | None
    error: str | None
    score: float | None
    latency_s: float | None
    tokens: int
    place: Place
    gist: str


def entry(prediction: Prediction, score: Score | None, place: Place) -> Entry:
    """Return what a list shows of a prediction and its verdict."""
    return Entry(
        id=prediction.id,
        sample=prediction.sample_id,
        epoch=prediction.epoch,
        group=prediction.group,
        task=prediction.task,
        status=score.status if score else None,
        error=prediction.error.kind if prediction.error else None,
        score=next(iter(score.scores.values()), None) if score else None,
        latency_s=prediction.timing.get("latency_s"),
        tokens=prediction.usage.tokens,
        place=place,
        gist=_gist(prediction.outputs),
    )


def index_chunks(rows: int) -> int:
    """Return how many index chunks so many rows have."""
    return -(-rows // INDEX_ROWS)


def index_chunk(entries: Sequence[Entry]) -> IndexChunk:
    """Return `entries` as columns."""
    tasks, task = _positions(one.task for one in entries)
    statuses, status = _positions(one.status for one in entries)
    errors, error = _positions(one.error for one in entries)
    return IndexChunk(
        tasks=tasks,
        statuses=statuses,
        errors=errors,
        id=tuple(one.id for one in entries),
        sample=tuple(one.sample for one in entries),
        epoch=tuple(one.epoch for one in entries),
        group=tuple(one.group for one in entries),
        task=task,
        status=status,
        error=error,
        score=tuple(one.score for one in entries),
        latency_s=tuple(one.latency_s for one in entries),
        tokens=tuple(one.tokens for one in entries),
        chunk=tuple(one.place.chunk for one in entries),
        place=tuple(one.place.position for one in entries),
        gist=tuple(one.gist for one in entries),
    )


def _positions(names: Iterable[str | None]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the different names, and of each name its position among them; -1 for None."""
    known: dict[str, int] = {}
    positions = tuple(-1 if n is None else known.setdefault(n, len(known)) for n in names)
    return tuple(known), positions


def _gist(outputs: Sequence[str]) -> str:
    text = next((output for output in outputs if output), "")
    return " ".join(text[:_GIST_READ].split())[:_GIST_CHARACTERS]
