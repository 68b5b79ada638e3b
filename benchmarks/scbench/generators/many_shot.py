"""ICL.ManyShot: many solved examples of one BIG-Bench-Hard task, then new ones.

SCBench paper, Table 3: about 150 examples of date understanding, salient translation error
detection and tracking seven shuffled objects.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ....core.errors import ConfigError, DataError
from ....core.rows import Row

TURNS = 5
TASKS = (
    "date_understanding",
    "salient_translation_error_detection",
    "tracking_shuffled_objects_seven_objects",
)


class Example(msgspec.Struct, frozen=True):
    """A question with its options, and the letter of the right one: "(B)"."""

    input: str
    target: str


class _BBHFile(msgspec.Struct, frozen=True):
    examples: tuple[Example, ...]


def bbh_files(folder: Path) -> tuple[Path, ...]:
    """Return the files needed of BIG-Bench-Hard, whether they exist or not."""
    return tuple(folder / f"{task}.json" for task in TASKS)


def read_examples(path: Path) -> tuple[Example, ...]:
    """Return the examples of a BIG-Bench-Hard file. Raises DataError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_BBHFile).examples
    except (OSError, msgspec.MsgspecError) as error:
        raise DataError(f"{path}: not a file of BIG-Bench-Hard: {error}") from None


def many_shot_row(rng: random.Random, shots: int, task: str, examples: Sequence[Example]) -> Row:
    """Return a row with `shots` solved examples of `task`, and 5 others as turns.

    Raises ConfigError when there are not that many examples.
    """
    if shots + TURNS > len(examples):
        raise ConfigError(
            f"benchmark.length asks for {shots} solved examples of {task} and {TURNS} more, but "
            f"the file holds {len(examples)}"
        )
    drawn = rng.sample(examples, shots + TURNS)
    solved, asked = drawn[:shots], drawn[shots:]
    return {
        "task": task,
        "context": "\n\n".join(f"{_query(example)} {example.target}" for example in solved),
        "multi_turns": [{"input": _query(it), "answer": it.target} for it in asked],
    }


def _query(example: Example) -> str:
    return f"Question: {example.input}\nAnswer:"
