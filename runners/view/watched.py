"""A run that may be growing: what is new in its folder, and its rows in pieces."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from ...core.errors import EvalrunError
from ..folder import RunFolder
from ..report.artifacts import ServedMedia
from ..report.chunking import INDEX_ROWS, Chunks, entry, index_chunk
from ..report.collect import RunState, read_state, run_view, scorer_of
from ..report.model import IndexChunk, RowChunk, RunView
from ..report.pieces import script
from ..report.reading import reading
from ..report.row_index import RowIndex
from ..report.rows import row_view
from .background import BackgroundLibrary, Reading
from .stamp import stamp

# A page asks again for the end of a run's index alone. When earlier rows have changed, the run gets
# another key, under which the page asks for everything, but not more often than this.
REVISED_EVERY_S = 10.0
_PROBLEMS_TOLD = 5
Stamp = tuple[tuple[int, int], ...]
_PIECE = re.compile(r"(index|rows)-([0-9]{1,9})")


class WatchedRun:
    """A run folder that is looked at again and again; each look costs what is new in it.

    Its key changes when rows have other places, or other verdicts, than those a page may hold.
    """

    def __init__(
        self,
        number: int,
        folder: RunFolder,
        library: BackgroundLibrary,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder
        self.state: RunState | None = None
        self.problems: dict[str, None] = {}
        self._number = number
        self._library = library
        self._asked: Reading | None = None
        self._stamp: Stamp | None = None
        self._clock = clock
        self._index = RowIndex(folder)
        self._chunks = Chunks()
        self._basis = (0, "")
        self._revision = 0
        self._is_stale = False
        self._revised_at = clock()

    @property
    def key(self) -> str:
        """How pages call the run."""
        return f"r{self._number}" + (f"v{self._revision}" if self._revision else "")

    def update(self) -> None:
        """Read what is new. What cannot be read becomes one of the `problems`."""
        try:
            self._read_state()
            self._index.update()
        except (EvalrunError, OSError) as error:
            if len(self.problems) < _PROBLEMS_TOLD:
                self.problems.setdefault(" ".join(str(error).split()))
        if self.state is not None:
            self._revise(scorer_of(self.state, self._index))
            self._deal_out()

    def view(self, state: RunState, label: str) -> RunView:
        """Return what a page says of the run."""
        note = self._asked.note if self._asked else None
        notes = [*self.problems, *filter(None, [note])]
        return run_view(state, self._index, key=self.key, label=label, notes=notes)

    def piece(self, name: str) -> bytes | None:
        """Return the text of `pieces/<key>/<name>.js`; None where there is no such piece.

        Raises DataError when the files change meanwhile.
        """
        kind_and_number = _PIECE.fullmatch(name)
        if kind_and_number is None or self.state is None:
            return None
        kind, number = kind_and_number[1], int(kind_and_number[2])
        make = self._index_chunk if kind == "index" else self._row_chunk
        content = make(self.state, number)
        return None if content is None else script(f"{self.key}/{name}", content)

    def _read_state(self) -> None:
        """Read how the run stands, if one of the files that say so is another than before."""
        folder = self.folder
        now = tuple(map(stamp, (folder.config, folder.status, folder.results)))
        if now != self._stamp:
            self.state = read_state(folder)
            self._stamp = now
            self._asked = self._library.reading(self.state)

    def _index_chunk(self, state: RunState, number: int) -> IndexChunk | None:
        numbers = range(number * INDEX_ROWS, min((number + 1) * INDEX_ROWS, len(self._index)))
        if not numbers:
            return None
        with reading(self._index, scorer_of(state, self._index), None) as reader:
            rows = ((reader.read(n), self._chunks.place(n)) for n in numbers)
            return index_chunk([entry(row.prediction, row.score, at) for row, at in rows])

    def _row_chunk(self, state: RunState, number: int) -> RowChunk | None:
        numbers = self._chunks.rows_of(number)
        if not numbers:
            return None
        questions = self._asked.questions if self._asked else None
        media = ServedMedia(self.folder, self.key)
        with reading(self._index, scorer_of(state, self._index), questions) as reader:
            return RowChunk(rows=tuple(row_view(reader.read(n), media) for n in numbers))

    def _revise(self, scorer: str) -> None:
        """Take another key where that is due."""
        last_closed = (self._chunks.rows - 1) // INDEX_ROWS
        revised = self._index.take_revised()
        self._is_stale |= revised is not None and revised // INDEX_ROWS < last_closed
        generation, graded_by = self._basis
        self._basis = (self._index.generation, scorer)
        is_new_file = self._index.generation != generation
        if is_new_file:
            self._chunks = Chunks()
        is_due = self._is_stale and self._clock() - self._revised_at >= REVISED_EVERY_S
        if is_new_file or graded_by not in ("", scorer) or is_due:
            self._take_new_key()

    def _take_new_key(self) -> None:
        self._revision += 1
        self._is_stale = False
        self._revised_at = self._clock()

    def _deal_out(self) -> None:
        """Say in which chunks new rows lie; those of other rows stay."""
        for number in range(self._chunks.rows, len(self._index)):
            span = self._index.predictions.get(number)
            self._chunks.add(span[1] if span else 0)
