"""Rows in the official format, made from a seed: the synthetic tasks of SCBench, at any length.

SCBench's own generators are not published. These follow its paper (Table 3) and the published
generators of the benchmarks it builds on.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from ....core.errors import ConfigError
from ....core.rows import Row
from ..tasks import Task
from .kv import kv_row
from .many_shot import TASKS as BBH_TASKS
from .many_shot import bbh_files, many_shot_row, read_examples
from .math_find import math_find_row
from .prefix_suffix import prefix_suffix_row
from .summary_with_needles import summary_with_needles_row
from .variable_tracking import variable_tracking_row

# Raised when the same seed gives other rows than before.
VERSION = 1
MANY_SHOT = "scbench_many_shot"


class Size(msgspec.Struct, frozen=True):
    """How long a row is, counted in the task's own items.

    `paper` is the number of items in the paper's configuration, `least` the fewest that make a
    row. A context of n items has about `tokens_fixed + n * tokens_each` tokens, for tokenizers
    that take digits one by one (SmolLM2, Qwen2.5); others come out shorter.
    """

    paper: int
    least: int
    tokens_each: float
    tokens_fixed: float = 0

    def items(self, length: int | None, task: str) -> int:
        """Return how many items make about `length` tokens; None is the paper's configuration.

        Raises ConfigError when that is too few for a row.
        """
        if length is None:
            return self.paper
        count = round((length - self.tokens_fixed) / self.tokens_each)
        if count < self.least:
            shortest = math.ceil(self.tokens_fixed + self.least * self.tokens_each)
            raise ConfigError(
                f"benchmark.length={length} is too short for {task}: at least {shortest} tokens"
            )
        return count


class Generator(msgspec.Struct, frozen=True):
    """How rows of one task are made: `make` takes a random state and a number of items."""

    size: Size
    make: Callable[[random.Random, int], Row]


# Items: pairs, strings, lines of noise, integers, paragraphs in each of the documents.
_GENERATORS = {
    "scbench_kv": Generator(Size(2500, 5, 70), kv_row),
    "scbench_prefix_suffix": Generator(Size(6000, 15, 77), prefix_suffix_row),
    "scbench_vt": Generator(Size(5000, 1, 25, 200), variable_tracking_row),
    "scbench_mf": Generator(Size(30_000, 10, 5), math_find_row),
    "scbench_summary_with_needles": Generator(Size(150, 1, 700, 700), summary_with_needles_row),
}
_SHOTS = Size(150, 1, 210)


def can_generate(task: Task) -> bool:
    """Tell whether rows of `task` can be made; others need real books, papers and code."""
    return task.name in _GENERATORS or task.name == MANY_SHOT


def rows(
    task: Task,
    *,
    count: int | None = None,
    length: int | None = None,
    seed: int = 0,
    bbh_dir: Path | None = None,
) -> Iterator[Row]:
    """Yield `count` rows of `task` (as many as the official data by default), lazily.

    `length` is the approximate number of tokens of a context; None gives the sizes of the paper.
    A row depends on the task, `seed`, its position and `length` alone. scbench_many_shot draws from
    the BIG-Bench-Hard files in `bbh_dir`. Raises ConfigError, DataError.
    """
    make = _maker(task, length, bbh_dir)
    for position in range(task.rows if count is None else count):
        rng = random.Random(f"{seed}/{task.name}/{position}")  # noqa: S311 - data, no secrets
        yield {"id": position, **make(rng, position)}


def _maker(
    task: Task, length: int | None, bbh_dir: Path | None
) -> Callable[[random.Random, int], Row]:
    if task.name == MANY_SHOT:
        return _many_shot_maker(_SHOTS.items(length, task.name), bbh_dir)
    generator = _GENERATORS.get(task.name)
    if generator is None:
        raise ConfigError(f"{task.name} cannot be generated; use benchmark.source=official")
    items = generator.size.items(length, task.name)
    return lambda rng, _: generator.make(rng, items)


def _many_shot_maker(shots: int, bbh_dir: Path | None) -> Callable[[random.Random, int], Row]:
    if bbh_dir is None:
        raise ConfigError(f"{MANY_SHOT} needs the files of BIG-Bench-Hard: benchmark.bbh_dir=DIR")
    examples = [read_examples(path) for path in bbh_files(bbh_dir)]

    def make(rng: random.Random, position: int) -> Row:
        # The tasks take turns, so that any number of rows has all of them.
        which = position % len(BBH_TASKS)
        return many_shot_row(rng, shots, BBH_TASKS[which], examples[which])

    return make
