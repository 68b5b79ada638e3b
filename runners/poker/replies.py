"""What a reply says that its player does, and what of that the rules allow."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from .hand import Choices, Hand

Variant = Literal["official", "fixed"]
Word = Literal["fold", "call", "all in", "check", "raise"]

# In this order they are looked for.
_WORDS: tuple[Word, ...] = ("fold", "call", "all in", "check")
_NAMED: dict[str, Word] = {word: word for word in _WORDS}
_SIZED = ("bet", "raise")
_NUMBER = re.compile(r"\d+\.\d+|\d+")
_ACTION = re.compile(
    r"\b(fold|check|call|all[ -]?in|bet|raise)s?\b\D{0,20}(\d+\.\d+|\d+)?", re.ASCII
)
# More than there ever is on a table.
_MOST = 1_000_000.0


class Move(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a player wants to do; `to` is what a raise, or a bet, brings its chips to."""

    word: Word
    to: int | None = None


def read_move(reply: str, variant: Variant) -> Move | None:
    """Return what `reply` says; None if it names no action.

    Amounts of replies are in big blinds, those of moves in chips, two a big blind.

    - `official`: the first of "fold", "call", "all in", "check" that stands anywhere in the
      lower-cased reply; else with "bet" or "raise" its first number, rounded to whole big blinds
      (`parse_model_output` of gameplay/utils.py of richardzhuang0412/PokerBench, commit 682def9,
      which ends with an error where there is no number: here `to` is None).
    - `fixed`: the action that is named first as a word of its own, "all-in" and "allin" too, with
      the number behind it, rounded to whole chips.
    """
    return _official(reply.lower()) if variant == "official" else _fixed(reply.lower())


def legal(move: Move | None, choices: Choices) -> Move:
    """Return `move` as the rules allow it; in what is returned only a raise has an amount.

    Nobody folds who may check, or calls. A raise is brought into its range, or becomes a call where
    there is none; one without an amount is the smallest. Going all in is the largest raise, or else
    a call. Who may not check, or says nothing, folds (`adjust_action`, ibid.).
    """
    if move is not None and move.word in ("raise", "all in"):
        return _raised(move, choices)
    if move is not None and move.word == "call" and not choices.free:
        return Move("call")
    return Move("check" if choices.free else "fold")


def perform(move: Move, hand: Hand) -> None:
    """Do what `legal` returned."""
    if move.word == "fold":
        hand.fold()
    elif move.to is not None:
        hand.raise_to(move.to)
    else:
        hand.check_or_call()


def _raised(move: Move, choices: Choices) -> Move:
    if choices.raises is None:
        return Move("call")
    least, most = choices.raises
    wanted = most if move.word == "all in" else move.to or least
    return Move("raise", min(max(wanted, least), most))


def _official(reply: str) -> Move | None:
    for word in _WORDS:
        if word in reply:
            return Move(word)
    if not any(word in reply for word in _SIZED):
        return None
    number = _NUMBER.search(reply)
    return Move("raise", None if number is None else 2 * round(_amount(number[0])))


def _fixed(reply: str) -> Move | None:
    found = _ACTION.search(reply)
    if found is None:
        return None
    word, number = found.groups()
    if word in _SIZED:
        return Move("raise", None if number is None else round(2 * _amount(number)))
    return Move(_NAMED.get(word, "all in"))


def _amount(number: str) -> float:
    return min(float(number), _MOST)
