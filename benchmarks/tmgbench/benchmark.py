"""TMGBench: pure Nash equilibria of 2x2 games, as payoffs, as stories, and composed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ...core.config import NonNegative, Options, Positive
from ...core.errors import ConfigError, DataError
from ...core.hashing import sha256_of_file
from ...core.interfaces import Problem
from ...core.rows import read_rows, where
from ...core.sample import Sample
from ..selection import choose
from ..template import WORDING
from .areas import read_areas
from .composed import COMPOSED, Form, drawn
from .composed_rows import parse_task
from .games import Game
from .items import Item, classic_items, parse_item, read_items, story_items
from .samples import item_samples, task_sample
from .wording import Thinking, stories, wording

TASKS = ("classic", "story", *COMPOSED)
NESTED_GAMES = 2


class TMGBenchOptions(Options, frozen=True):
    """Which games are asked, and how.

    - `task`: classic, story, and composed tasks of stories: sequential, parallel, nested.
    - `prompt`: answer at once (da), think (cot), or think of the other player: in first or second
      order (fotom, sotom), and beginning with the other one (refotom, resotom).
    - `games`: how many games a sequential or parallel task has, and `runs` how many tasks there are
      of each number.
    - `stories`: rows of stories; null makes them from `seed`.
    - `areas`: rows that tell the area of each game without equilibrium; null does without.
    - `path`: rows of any kind, instead of what `task` would make.
    """

    name: str = "tmgbench"
    task: str | tuple[str, ...] = ("classic", "story")
    prompt: Thinking = "cot"
    games: tuple[Positive, ...] = (3, 5, 10)
    runs: Positive = 20
    stories: str | None = None
    areas: str | None = None
    seed: NonNegative = 0
    path: str | None = None


class TMGBench:
    """The 144 strict ordinal 2x2 games; their equilibria are computed."""

    Options = TMGBenchOptions

    def __init__(self, options: TMGBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._tasks = choose(options.task, {task: task for task in TASKS})
        if not options.games or len(set(options.games)) < len(options.games):
            raise ConfigError("benchmark.games should name numbers of games, each once")

    def problems(self) -> Sequence[Problem]:
        """Say which of the files named are not there."""
        return tuple(
            Problem(f"{path}: no such file", f"set benchmark.{key} to a file of rows, or to null")
            for key, path in self._files().items()
            if not path.is_file()
        )

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield the samples task by task, at most `limit` of each. Raises DataError."""
        areas = read_areas(Path(self._options.areas)) if self._options.areas else {}
        if self._options.path is not None:
            yield from self._of_file(Path(self._options.path), areas, limit)
            return
        for task in self._tasks:
            if task in COMPOSED:
                yield from islice(self._composed(task), limit)
            else:
                items = classic_items() if task == "classic" else self._stories()
                yield from self._of_items(tuple(islice(items, limit)), areas)

    def provenance(self) -> dict[str, Any]:
        """Return versions of wording and stories, and hashes of the files. Raises OSError."""
        files = self._files()
        found: dict[str, Any] = {
            "tasks": [] if "path" in files else list(self._tasks),
            "prompts": WORDING,
            "prompts_version": wording().version,
        }
        if "stories" not in files:
            found["stories"] = f"synthetic, version {stories().version}"
        if files:
            found["files"] = {path.name: sha256_of_file(path) for path in files.values()}
        return found

    def _files(self) -> dict[str, Path]:
        names = {key: getattr(self._options, key) for key in ("path", "stories", "areas")}
        return {key: Path(name) for key, name in names.items() if name is not None}

    def _stories(self) -> Iterator[Item]:
        if self._options.stories is None:
            return story_items(self._options.seed)
        return read_items(Path(self._options.stories))

    def _of_items(self, items: Sequence[Item], areas: Mapping[Game, int]) -> Iterator[Sample]:
        return item_samples(items, self._options.prompt, areas)

    def _composed(self, form: Form) -> Iterator[Sample]:
        pool, options = tuple(self._stories()), self._options
        sizes = (NESTED_GAMES,) if form == "nested" else options.games
        for block, size in enumerate(sizes):
            for run, task in enumerate(drawn(pool, form, size, options.runs, options.seed)):
                row = block * options.runs + run
                yield task_sample(task, f"{form}/{size}/{run}", row, options.prompt)

    def _of_file(
        self, path: Path, areas: Mapping[Game, int], limit: int | None
    ) -> Iterator[Sample]:
        """Yield the games of a file, then its composed tasks, at most `limit` of each kind."""
        rows = [(where(path, index), index, row) for index, row in read_rows(path)]
        if not rows:
            raise DataError(f"{path}: no rows")
        items = [parse_item(row, i, place) for place, i, row in rows if "form" not in row]
        for is_story in (False, True):
            kind = (item for item in items if (item.story is not None) == is_story)
            yield from self._of_items(tuple(islice(kind, limit)), areas)
        composed = [(place, i, row) for place, i, row in rows if "form" in row]
        pool = {item.id: item for item in self._stories()} if composed else {}
        taken: Counter[str] = Counter()
        for place, index, row in composed:
            task = parse_task(row, pool, place)
            taken[task.form] += 1
            if limit is None or taken[task.form] <= limit:
                yield task_sample(task, f"{task.form}/{index}", index, self._options.prompt)
