"""What a person sees of runs: tables on a terminal, notes, where files are."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import msgspec

from ..core.errors import EvalrunError
from .differences import Keys
from .formats import AUTO, rendered
from .kv_report import kv_table
from .layouts.dimensions import keys_of
from .results import Results
from .runs import Finished, Prepared
from .tables.results import run_table, runs_table
from .tables.table import Table


class Console:
    """Tells how runs go: progress lines to stderr, tables to stdout."""

    def __init__(self, *, several: bool, quiet: bool) -> None:
        self._several = several
        self._quiet = quiet
        self._results: list[Results] = []
        self._configured: list[Keys] = []
        self._folders: list[str] = []

    def begun(self, run: Prepared) -> None:
        """Say that a run starts, or that it was done before."""
        if not self._quiet:
            state = "already complete" if run.is_complete else "running"
            self._say(f"{state}: {run.folder.path}")

    def ended(self, run: Prepared, outcome: Finished | EvalrunError) -> None:
        """Show how a run ended."""
        if isinstance(outcome, EvalrunError):
            self._say(f"evalrun: {outcome}")
            return
        self._folders.append(str(run.folder.path))
        self._results.append(outcome.results)
        self._configured.append(keys_of(run.config))
        self.show(outcome)

    def checked(self, found: Table | EvalrunError) -> None:
        """Show what a check of the judge found, or why it could not be made."""
        if isinstance(found, EvalrunError):
            self._say(f"evalrun: {found}")
        elif not self._quiet and found.rows:
            show_table(found)
        elif not self._quiet:
            for note in found.notes:
                self._say(note)

    def show(self, finished: Finished) -> None:
        """Say what stopped a run, and show its table unless that comes with the others."""
        if finished.reason:
            self._say(f"evalrun: {finished.reason}")
        if not self._quiet and not self._several:
            show_table(run_table(finished.results))

    def conclude(self, next_steps: Sequence[str]) -> None:
        """Show several runs side by side, where the files are, and what to try next."""
        if self._quiet:
            return
        if self._several and self._results:
            self._show_side_by_side()
        if self._folders:
            self._say(f"files: {os.path.commonpath(self._folders)}")
        for step in next_steps if self._results else ():
            self._say(f"next:  {step}")

    def _show_side_by_side(self) -> None:
        table = runs_table(self._results, self._configured)
        show_table(table)
        if len({results.kv for results in self._results}) > 1:
            report = kv_table(self._results)
            new = tuple(note for note in report.notes if note not in table.notes)
            show_table(msgspec.structs.replace(report, notes=new))

    def _say(self, line: str) -> None:
        print(line, file=sys.stderr)  # noqa: T201 - this module is the way to the user


def show_table(table: Table) -> None:
    """Print a table: drawn on a terminal, Markdown elsewhere."""
    print(rendered([table], None, AUTO))  # noqa: T201 - this module is the way to the user
