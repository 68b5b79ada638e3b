"""The five examples of the few-shot prompt, drawn from the training data as officially."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, read_rows, require, where
from .stages import Stage

SEED = 42
_PER_OPTION = 50


class Spot(msgspec.Struct, frozen=True):
    """A described situation, and the solver's action."""

    instruction: str
    output: str


def read_examples(path: Path, stage: Stage) -> tuple[Spot, ...]:
    """Return the examples of a stage, in the order in which they are shown.

    A bank holds 50 random spots (fewer, if there are fewer) of each option whose word is in their
    output. One is drawn of each, and they are shuffled. Both generators begin with seed 42, the
    second one for each question, so that all questions of a stage see the same examples
    (`create_example_bank` and `construct_k_shot_prompt` of untrained_eval/few_shot_eval.py of
    richardzhuang0412/PokerBench, commit 682def9). Places are drawn instead of spots, which takes
    the same random numbers, so that few spots are kept. Raises DataError.
    """
    places = _places(path, stage.options)
    banks = random.Random(SEED)  # noqa: S311 - no secrets
    drawn = [banks.sample(found, min(_PER_OPTION, len(found))) for found in places.values()]
    question = random.Random(SEED)  # noqa: S311 - no secrets
    chosen = [question.sample(bank, 1)[0] for bank in drawn]
    question.shuffle(chosen)
    spots = {index: spot for index, spot in _spots(path) if index in chosen}
    return tuple(spots[index] for index in chosen)


def few_shot(instruction: str, examples: Sequence[Spot]) -> str:
    """Return the question behind the examples, without its last two characters (official)."""
    shown = [f"{spot.instruction} {spot.output}\n" for spot in examples]
    return "\n".join([*shown, instruction[:-2]])


def parse_spot(row: Row, place: str) -> Spot:
    """Return the spot of a row. Raises DataError naming `place`."""
    instruction = require(row, "instruction", str, place)
    return Spot(instruction, require(row, "output", str, place))


def _places(path: Path, options: Sequence[str]) -> dict[str, list[int]]:
    """Return where spots of each option stand. Raises DataError for an option without one."""
    places: dict[str, list[int]] = {option: [] for option in options}
    for index, spot in _spots(path):
        for option, found in places.items():
            if option in spot.output:
                found.append(index)
    for option, found in places.items():
        if not found:
            raise DataError(
                f"{path}: no example of {option!r}; say benchmark.shots=0, or name "
                "the official training file with benchmark.train"
            )
    return places


def _spots(path: Path) -> Iterator[tuple[int, Spot]]:
    for index, row in read_rows(path):
        yield index, parse_spot(row, where(path, index))
