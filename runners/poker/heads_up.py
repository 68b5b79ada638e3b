"""The protocol `heads_up`: a hand of poker between the model under test and another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Annotated, Any

import msgspec

from ...core.config import Options
from ...core.content import Message
from ...core.deal import Deal
from ...core.exchange import Prompt, Reply, SampleKey, Sampling
from ...core.interfaces import MODEL, Actor, Endpoint, Play, Problem, RoleReply
from ...core.sample import Sample
from ..dialogue.requests import Requests
from ..protocols import material, only_turn
from .hand import STACK, Hand
from .replies import Move, Variant, legal, perform, read_move
from .spot import told

OPPONENT = "opponent"
_CHECK_OR_CALL, _SMALLEST_RAISE = Move("call"), Move("raise")


class HeadsUpOptions(Options, frozen=True):
    """The section `protocol` of `protocol=heads_up`.

    `variant` is how replies are read. After `max_actions` of both players nobody is asked any more:
    both check or call to the end. The official script has no such limit; its 1,000 hands against
    GPT-4 have 12 actions at most, and with raises of one big blind a hand may have about 100.
    """

    name: str
    variant: Variant = "official"
    max_actions: Annotated[int, msgspec.Meta(ge=1, le=99)] = 24


class HeadsUp:
    """A hand of heads-up No Limit Texas Hold'em, each decision asked by itself.

    After PokerBench (`play_game` of gameplay/gameplay.py of richardzhuang0412/PokerBench, commit
    682def9). Both players are told the situation from their own chair, in one message; replies are
    read and brought into the rules by `replies`. Cards and seats are those of
    `Sample.metadata["deal"]`, a `Deal`. Replies are those of the model under test, those of the
    role `opponent` are intermediate; the outcome is a log of the hand, amounts in chips.
    """

    Options = HeadsUpOptions
    many_calls = True
    roles: Sequence[str] = (OPPONENT,)

    def __init__(
        self, options: HeadsUpOptions, cast: Mapping[str, Actor] | None = None, *, ends: bool = True
    ) -> None:
        self.options = options
        self._cast = cast or {}
        self._ends = ends

    def problems(self) -> Sequence[Problem]:
        """Say that the rules of poker are missing."""
        if find_spec("pokerkit") is not None:
            return ()
        return (Problem("protocol=heads_up needs pokerkit", "pip install 'evalrun[poker]'"),)

    def with_cast(self, cast: Mapping[str, Actor]) -> HeadsUp:
        """Return the protocol as played by `cast`."""
        return HeadsUp(self.options, cast, ends=self._ends)

    def longest(self) -> HeadsUp:
        """Return the protocol in which nobody folds before `max_actions`: a dry run counts it."""
        return HeadsUp(self.options, self._cast, ends=False)

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Play the hand. Raises DataError for a sample without a deal, MissingExtraError."""
        cast = {**self._cast, MODEL: Actor(MODEL, endpoint, sampling)}
        table = _Table(Hand(_deal(sample)), cast, key, Requests(sampling.seed))
        for _ in range(self.options.max_actions):
            if table.hand.is_over:
                break
            reply = await table.asked()
            table.act(read_move(reply, self.options.variant) if self._ends else _SMALLEST_RAISE)
        return table.ended(sample.row + 1)


class _Table:
    """One hand, its two players, and what they said."""

    def __init__(
        self, hand: Hand, cast: Mapping[str, Actor], key: SampleKey, requests: Requests
    ) -> None:
        self.hand = hand
        deal = hand.deal
        self._players = {deal.position: cast[MODEL], deal.opponent_position: cast[OPPONENT]}
        self._key = key
        self._requests = requests
        self._own: list[Reply] = []
        self._others: list[RoleReply] = []
        self._wanted: list[Move | None] = []

    async def asked(self) -> str:
        """Return what the player whose turn it is replies, and keep it."""
        actor = self._players[self.hand.to_act]
        prompt = Prompt(messages=(Message("user", told(self.hand)),))
        async with actor.endpoint.open(prompt, self._key) as session:
            reply = await session.generate(self._requests.next(actor))
        if actor.role == MODEL:
            self._own.append(reply)
        else:
            self._others.append(RoleReply(reply, actor.role))
        return reply.text

    def act(self, wanted: Move | None) -> None:
        """Do what the player wants, as far as the rules allow it."""
        self._wanted.append(wanted)
        perform(legal(wanted, self.hand.choices()), self.hand)

    def ended(self, number: int) -> Play:
        """Play on without asking where the hand is not over, and return it all."""
        asked = len(self.hand.actions)
        while not self.hand.is_over:
            perform(legal(_CHECK_OR_CALL, self.hand.choices()), self.hand)
        outcome = {**_log(self.hand, number), "asked_actions": asked}
        outcome["wanted"] = msgspec.to_builtins(self._wanted)
        return Play(replies=tuple(self._own), intermediate=tuple(self._others), outcome=outcome)


def _log(hand: Hand, number: int) -> dict[str, Any]:
    deal = hand.deal
    own = hand.stack(deal.position)
    return {
        "hand": number,
        "position": deal.position,
        "chips": own - STACK,
        "ending_chips": [own, hand.stack(deal.opponent_position)],
        "stage": hand.stage,
        "actions": msgspec.to_builtins(hand.actions),
    }


def _deal(sample: Sample) -> Deal:
    only_turn(sample, "protocol=heads_up plays one hand")
    return material(sample, "deal", Deal, "heads_up")
