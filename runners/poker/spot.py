"""A situation in a hand as the player whose turn it is is told it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from ...benchmarks.template import fill
from .hand import STAGES, Action, Hand, Stage

_PROMPTS = Path(__file__).with_name("spot.yaml")
_RANKS = {
    "2": "Two",
    "3": "Three",
    "4": "Four",
    "5": "Five",
    "6": "Six",
    "7": "Seven",
    "8": "Eight",
    "9": "Nine",
    "T": "Ten",
    "J": "Jack",
    "Q": "Queen",
    "K": "King",
    "A": "Ace",
}
_SUITS = {"c": "Club", "d": "Diamond", "h": "Heart", "s": "Spade"}


def told(hand: Hand) -> str:
    """Return the situation, in the layout of PokerBench's instructions.

    Blinds are told as 0.5 and 1, so that all amounts are half of the chips that are played with;
    what the player has left is told too (`construct_prompt` of gameplay/utils.py of
    richardzhuang0412/PokerBench, commit 682def9).
    """
    position = hand.to_act
    reached = STAGES[: STAGES.index(hand.stage) + 1]
    values = {
        "position": position,
        "holding": " and ".join(_cards(hand.holding(position))),
        "story": "\n".join(_told_of(stage, hand) for stage in reached),
        "pot": _halved(hand.pot),
        "stack": _halved(hand.stack(position)),
    }
    return fill(_prompts()["spot"], values, _PROMPTS.name)


def _told_of(stage: Stage, hand: Hand) -> str:
    actions = [_told_action(action) for action in hand.actions if action.stage == stage]
    values = {
        "cards": _listed(_cards(hand.board(stage)) if stage != "preflop" else []),
        "actions": _listed(actions) or _prompts()["nothing"],
    }
    return fill(_prompts()[stage], values, _PROMPTS.name)


def _told_action(action: Action) -> str:
    amount = "" if action.to is None else f" {_halved(action.to)} chips"
    return f"{action.position} {action.action}{amount}"


def _listed(items: list[str]) -> str:
    """Return "a", "a and b", or "a, b, and c"."""
    if len(items) < 3:
        return " and ".join(items)
    return f"{', '.join(items[:-1])}, and {items[-1]}"


def _cards(cards: str) -> list[str]:
    pairs = (cards[at : at + 2] for at in range(0, len(cards), 2))
    return [f"{_RANKS[rank]} of {_SUITS[suit]}" for rank, suit in pairs]


def _halved(chips: int) -> float:
    return chips / 2


@cache
def _prompts() -> Mapping[str, str]:
    return msgspec.yaml.decode(_PROMPTS.read_bytes(), type=dict[str, str])
