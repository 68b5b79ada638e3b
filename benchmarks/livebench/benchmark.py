"""LiveBench: questions with objective answers, replaced by dated releases (arXiv 2406.19314)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ...core.interfaces import Problem
from ...core.rows import Row
from ...core.sample import Sample
from ..official import fetched_folders
from ..official_rows import OfficialRows, PlacedRow, RowFile
from ..selection import choose
from .coding import RUN_TASKS
from .options import LiveBenchOptions
from .releases import DEFAULT_RELEASE, checked_release, is_of_release
from .samples import sample_of

LICENCE = "Apache-2.0"

# The hub's file, as `evalrun fetch` puts it, or rows of one's own.
_FILES = ("{category}/data/test-00000-of-00001.parquet", "{category}.jsonl")


class LiveBench:
    """The questions of a release, a category after the other, in the words of their rows."""

    Options = LiveBenchOptions

    def __init__(self, options: LiveBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._tasks = _tasks(options.task)
        every_row = options.path is not None
        self._release = checked_release(options.release) or (None if every_row else DEFAULT_RELEASE)
        self._rows = OfficialRows(
            recipe="livebench",
            files=tuple(
                RowFile(category, tuple(name.format(category=category) for name in _FILES))
                for category in dict.fromkeys(self._tasks.values())
            ),
            folder=Path(options.data_dir),
            fetched=fetched_folders(Path(options.data_dir), options.fetch),
            path=Path(options.path) if options.path is not None else None,
            task_of=_category_of,
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        return self._rows.problems()

    @property
    def asks_for_code(self) -> bool:
        """Whether some reply is graded by running it. Raises DataError."""
        chosen = RUN_TASKS.intersection(self._tasks)
        if not chosen or self._options.path is None:
            return bool(chosen)
        return not self._rows.problems() and any(
            str(placed.row.get("task")) in chosen for placed in self._rows.rows()
        )

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield the questions, at most `limit` of each task.

        Raises DataError naming file and row.
        """
        taken: Counter[str] = Counter()
        for placed in self._rows.rows():
            task = str(placed.row.get("task"))
            if self._is_wanted(placed, task) and (limit is None or taken[task] < limit):
                taken[task] += 1
                yield sample_of(placed, self._options.max_tokens)

    def provenance(self) -> dict[str, Any]:
        """Return tasks, release, licence, and what identifies the rows. Raises DataError."""
        return {
            "tasks": list(self._tasks),
            "release": self._release or "every row",
            "prompts": "those of the rows",
            "licence": LICENCE,
            **self._rows.identity(),
        }

    def _is_wanted(self, placed: PlacedRow, task: str) -> bool:
        if task not in self._tasks:
            return False
        return self._release is None or is_of_release(placed.row, self._release, placed.place)


@cache
def categories() -> dict[str, tuple[str, ...]]:
    """Return the tasks of each category."""
    text = Path(__file__).with_name("tasks.yaml").read_text(encoding="utf-8")
    return {category: tuple(tasks) for category, tasks in yaml.safe_load(text).items()}


def _tasks(chosen: str | tuple[str, ...]) -> dict[str, str]:
    """Return the chosen tasks, each with its category. Raises ConfigError with the nearest name."""
    tasks = {task: (task,) for names in categories().values() for task in names}
    named = choose(chosen, {**categories(), **tasks})
    category_of = {task: category for category, names in categories().items() for task in names}
    return {task: category_of[task] for names in named for task in names}


def _category_of(row: Row) -> str | None:
    category = row.get("category")
    return category if category in categories() else None
