"""The requests of one play: numbered, each with a seed of its own."""

from __future__ import annotations

from collections import Counter

import msgspec

from ...core.content import Message
from ...core.exchange import Keep, Request
from ...core.interfaces import Actor
from ..votes import seeded


class Requests:
    """Makes requests of the models that play.

    `Request.turn` counts those of one endpoint, whatever the role. A play that makes its requests
    in the same order makes the same ones.
    """

    def __init__(self, seed: int | None) -> None:
        self._seed = seed
        self._made = 0
        self._of_endpoint: Counter[int] = Counter()

    def next(
        self, actor: Actor, messages: tuple[Message, ...] = (), keep: Keep = "nothing"
    ) -> Request:
        """Return the next request of `actor`, about `messages` behind what its session holds."""
        sampling = msgspec.structs.replace(actor.sampling, seed=self._seed)
        turn = self._of_endpoint[id(actor.endpoint)]
        self._of_endpoint[id(actor.endpoint)] += 1
        self._made += 1
        return Request(
            sampling=seeded(sampling, self._made - 1), messages=messages, keep=keep, turn=turn
        )
