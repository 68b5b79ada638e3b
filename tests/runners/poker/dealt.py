"""Deals whose outcome is known, and models that play by a script."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from scripted import ScriptedEndpoint

from evalrun.core.deal import Deal
from evalrun.core.exchange import SampleKey, Sampling
from evalrun.core.interfaces import Actor, Play
from evalrun.core.sample import Sample, Turn
from evalrun.runners.poker.heads_up import HeadsUp, HeadsUpOptions

# Three aces against two pairs: whoever has the aces wins.
ACES = Deal(position="SB", holding="AsAh", opponent_holding="KsKh", board="AdQc7h7s2d")
# The board is the best hand of both.
SPLIT = Deal(position="BB", holding="2s3h", opponent_holding="4s5h", board="AdKdQdJdTd")


def says(replies: Sequence[str]) -> ScriptedEndpoint:
    """Return a model that gives these replies, one after another."""
    left = list(replies)
    return ScriptedEndpoint(lambda *_: left.pop(0))


def sample_of(deal: Deal, row: int = 0) -> Sample:
    return Sample(
        id=f"hand/{row + 1}",
        task="heads_up",
        turns=(Turn(query="a hand"),),
        row=row,
        metadata={"deal": msgspec.to_builtins(deal)},
    )


def play_between(
    deal: Deal,
    model: ScriptedEndpoint,
    opponent: ScriptedEndpoint,
    seed: int | None = None,
    **options: Any,
) -> Play:
    cast = {"opponent": Actor("opponent", opponent, Sampling(temperature=0.1))}
    protocol = HeadsUp(HeadsUpOptions(name="heads_up", **options)).with_cast(cast)
    sample = sample_of(deal)
    return asyncio.run(protocol.play(sample, SampleKey(sample.id), model, Sampling(seed=seed)))


def played(deal: Deal, own: Sequence[str], others: Sequence[str], **options: Any) -> dict[str, Any]:
    """Return the log of a hand in which both sides say what is listed, and all of it."""
    model, opponent = says(own), says(others)
    outcome = play_between(deal, model, opponent, **options).outcome
    assert (len(model.asked), len(opponent.asked)) == (len(own), len(others))
    return outcome


def told(endpoint: ScriptedEndpoint, call: int = 0) -> str:
    """Return what a model was told at one call."""
    return str(endpoint.asked[call][1].messages[0].content)
