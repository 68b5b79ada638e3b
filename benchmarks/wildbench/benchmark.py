"""WildBench: every conversation is sent as it stands, and its last message is answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...core.config import Options
from ...core.interfaces import Problem
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..official import fetched_folders
from ..official_rows import OfficialRows, PlacedRow, RowFile
from ..selection import choose
from .groups import labels_of
from .rows import parse_request

LICENCE = "AI2 ImpACT Low-Risk"
MAX_TOKENS = 4096

TASKS = ("v2", "v2-hard")


class WildBenchOptions(Options, frozen=True):
    """Which requests: all 1,024 (`v2`), or the 256 of `v2-hard`."""

    name: str = "wildbench"
    task: str | tuple[str, ...] = "v2"
    fetch: tuple[FileSource, ...] = ()
    data_dir: str = "."
    path: str | None = None


class WildBench:
    """Conversations with users, of one turn each: the reply to the last message."""

    Options = WildBenchOptions

    def __init__(self, options: WildBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        data_dir = Path(options.data_dir)
        self._rows = OfficialRows(
            recipe="wildbench",
            files=choose(options.task, {task: _file(task) for task in TASKS}),
            folder=data_dir,
            fetched=fetched_folders(data_dir, options.fetch or None),
            path=None if options.path is None else Path(options.path),
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        return self._rows.problems()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a request, at most `limit` of each task. Raises DataError."""
        return map(_sample, self._rows.rows(limit))

    def provenance(self) -> dict[str, Any]:
        """Return tasks, licence, and what identifies the rows. Raises DataError."""
        return {
            "tasks": [file.task for file in self._rows.files],
            "licence": LICENCE,
            **self._rows.identity(),
        }


def _file(task: str) -> RowFile:
    """Return where rows lie: under the hub's name, or in a copy of one's own."""
    own = (f"{task}.{ending}" for ending in ("parquet", "jsonl", "json"))
    return RowFile(task, (f"{task}/test-00000-of-00001.parquet", *own))


def _sample(placed: PlacedRow) -> Sample:
    request = parse_request(placed.row, placed.place)
    turn = Turn(
        query=request.query,
        max_tokens=MAX_TOKENS,
        metadata={"checklist": list(request.checklist), "intent": request.intent},
    )
    return Sample(
        id=f"{placed.task}/{request.session}",
        task=placed.task,
        messages=request.history,
        turns=(turn,),
        row=placed.index,
        row_id=request.session,
        labels=labels_of(request.categories),
        metadata={"categories": list(request.categories)},
    )
