"""Moderators of a debate: what their replies say, and when a debate is over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

Variant = Literal["official", "fixed"]

CONVINCED = "Persuader successfully convinced the debater"
NOT_CONVINCED = "Persuader could not convince the debater"
GREETING = "Agents are in greeting loop"

# So many times a moderator finds the debater unconvinced before it gives up.
PATIENCE = 10

_WORD = re.compile(r"\b(true|false)\b", re.IGNORECASE)
_SIGNAL = re.compile(r"<(terminate|keep-talking)>", re.IGNORECASE)


class ModeratorReplies(msgspec.Struct, frozen=True):
    """What one moderator says after a round, in three replies."""

    terminator: str
    tag: str
    topic: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a moderator finds the debater convinced, and why the debate should end, if it should.

    `unconvinced` counts the rounds in which it did not.
    """

    convinced: bool
    reason: str | None
    unconvinced: int


class Ruling(msgspec.Struct, frozen=True):
    """What a panel of moderators decides."""

    convinced: bool
    over: bool
    reason: str | None


def decide(replies: ModeratorReplies, unconvinced: int, variant: Variant) -> Decision:
    """Return what a moderator decides that has found the debater `unconvinced` so often before.

    As published (LOGICOM, `ModeratorAgent._generate_response`): convinced ends the debate, then too
    many rounds without, then a loop of greetings. Whether the debate is on its topic decides
    nothing. `official` finds "true" and "<TERMINATE>" anywhere in a reply, so that "Not TRUE:
    FALSE" convinces; `fixed` takes the last whole word TRUE or FALSE, and the last signal.
    """
    convinced, terminate = _read(replies, variant)
    if convinced:
        return Decision(convinced=True, reason=CONVINCED, unconvinced=unconvinced)
    rounds = unconvinced + 1
    reason = NOT_CONVINCED if rounds > PATIENCE else GREETING if terminate else None
    return Decision(convinced=False, reason=reason, unconvinced=rounds)


def ruled(decisions: Sequence[Decision]) -> Ruling:
    """Return what a panel decides: all must agree, and the first one's reason stands."""
    return Ruling(
        convinced=all(decision.convinced for decision in decisions),
        over=all(decision.reason is not None for decision in decisions),
        reason=decisions[0].reason,
    )


def _read(replies: ModeratorReplies, variant: Variant) -> tuple[bool, bool]:
    """Return whether the debater is convinced, and whether to end the debate."""
    if variant == "official":
        return "true" in replies.tag.lower(), "<terminate>" in replies.terminator.lower()
    words, signals = _WORD.findall(replies.tag), _SIGNAL.findall(replies.terminator)
    return _last_is(words, "true"), _last_is(signals, "terminate")


def _last_is(found: Sequence[str], wanted: str) -> bool:
    return bool(found) and found[-1].lower() == wanted
