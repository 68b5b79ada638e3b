"""All runs that are shown, those included that begin while they are."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ...core.errors import DataError
from ..folder import RunFolder
from ..report.collect import RunState, folders_below, labels_of, overview, stored_runs
from ..report.figures import figures
from ..report.model import Figure, Overview
from ..report.pieces import inert_json
from ..report.tables import tables_of
from ..results import StoredRun
from ..status import now
from ..tables.table import Table
from .background import BackgroundLibrary
from .stamp import stamp
from .watched import WatchedRun

Stamps = tuple[tuple[Path, tuple[int, int]], ...]


class Watch:
    """The runs at or below some paths, which need not exist yet. Threads may share it."""

    def __init__(self, paths: Sequence[Path], recipes: Sequence[Path] = ()) -> None:
        self._paths = tuple(paths)
        self._recipes = tuple(recipes)
        self._library = BackgroundLibrary()
        self._runs: dict[Path, WatchedRun] = {}
        self._shown: Overview | None = None
        self._encoded: tuple[Overview | None, bytes] = (None, b"")
        self._tables: tuple[Table, ...] = ()
        self._figures: tuple[Figure, ...] = ()
        self._drawn: Stamps | None = None
        self._lock = threading.Lock()

    def overview(self) -> Overview:
        """Look at all runs and return what a page says of them.

        Its `made_at` is when anything was new last.
        """
        with self._lock:
            return self._look()

    def overview_json(self) -> bytes:
        """Look at all runs and return the overview as a page reads it."""
        with self._lock:
            shown = self._look()
            if shown is not self._encoded[0]:
                self._encoded = shown, inert_json(shown).encode()
            return self._encoded[1]

    def piece(self, key: str, name: str) -> bytes | None:
        """Return a piece of a run; None where there is none, or not under this key any more.

        Raises DataError when the run's files change meanwhile.
        """
        with self._lock:
            run = self._run(key)
            return None if run is None else run.piece(name)

    def folder(self, key: str) -> RunFolder | None:
        """Return the folder of the run of this key."""
        with self._lock:
            run = self._run(key)
            return None if run is None else run.folder

    def _look(self) -> Overview:
        """Update the overview; it stays the same object when nothing is new."""
        runs = self._updated()
        states = [state for _, state in runs]
        stored = stored_runs(states)
        self._draw(stored)
        labelled = zip(runs, labels_of(states), strict=True)
        shown = overview(
            [run.view(state, label) for (run, state), label in labelled],
            self._tables,
            self._figures,
            title=None,
            made_at=self._shown.made_at if self._shown else now(),
            live=True,
        )
        if self._shown is None or shown != self._shown:
            self._shown = msgspec.structs.replace(shown, made_at=now())
        return self._shown

    def _updated(self) -> list[tuple[WatchedRun, RunState]]:
        """Look at every run, new ones included; those of which nothing is readable are left out."""
        for folder in folders_below(self._paths):
            path = folder.path.resolve()
            if path not in self._runs:
                self._runs[path] = WatchedRun(len(self._runs), folder, self._library)
        for run in self._runs.values():
            run.update()
        return [(run, run.state) for run in self._runs.values() if run.state is not None]

    def _draw(self, stored: Sequence[StoredRun]) -> None:
        """Make tables and plots again when results are new: that reads all verdicts."""
        stamps = tuple((run.folder.path, stamp(run.folder.results)) for run in stored)
        if stamps == self._drawn:
            return
        self._drawn = stamps
        self._tables = tables_of(stored, self._recipes)
        try:
            self._figures = figures(stored)
        except DataError:  # a row that is no row, which the notes of its run tell
            self._figures = ()

    def _run(self, key: str) -> WatchedRun | None:
        return next((run for run in self._runs.values() if run.key == key), None)
