"""The two stages of PokerBench: their files, and the actions that examples stand for."""

from __future__ import annotations

import re

import msgspec

from ...core.rows import Row

# What board cards are told with, in the official instructions.
_FLOP = re.compile(r"\bthe flop comes\b", re.IGNORECASE)


class Stage(msgspec.Struct, frozen=True):
    """A stage of the game, which is a task.

    `options` are the actions of which the few-shot prompt has an example each, in the order of
    `create_example_bank`.
    """

    name: str
    test: str
    train: str
    options: tuple[str, ...]


STAGES = {
    "preflop": Stage(
        "preflop",
        "preflop_1k_test_set_prompt_and_label.json",
        "preflop_60k_train_set_prompt_and_label.json",
        ("raise", "fold", "call", "all in", "check"),
    ),
    "postflop": Stage(
        "postflop",
        "postflop_10k_test_set_prompt_and_label.json",
        "postflop_500k_train_set_prompt_and_label.json",
        ("raise", "fold", "call", "check", "bet"),
    ),
}


def stage_of(row: Row) -> str | None:
    """Return the stage of a spot: whether its instruction has board cards; None without one."""
    instruction = row.get("instruction")
    if not isinstance(instruction, str):
        return None
    return "postflop" if _FLOP.search(instruction) else "preflop"
