"""One hand of heads-up No Limit Texas Hold'em, by the rules of PokerKit."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ...core.deal import Deal, Position
from ...core.errors import MissingExtraError

Stage = Literal["preflop", "flop", "turn", "river"]
STAGES: tuple[Stage, ...] = ("preflop", "flop", "turn", "river")
# In chips: 100 big blinds.
STACK, SMALL_BLIND, BIG_BLIND = 200, 1, 2

# PokerKit seats the big blind first.
_SEATS: tuple[Position, ...] = ("BB", "SB")
# Where the cards of each stage stand in a board of five, of two letters each.
_DEALT = {"flop": slice(0, 6), "turn": slice(6, 8), "river": slice(8, 10)}


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a player did; `to` is what a bet or raise brought its chips of the stage to."""

    position: Position
    stage: Stage
    action: Literal["fold", "check", "call", "bet", "raise"]
    to: int | None = None


class Choices(msgspec.Struct, frozen=True):
    """What the player whose turn it is may do, beside folding.

    `free` says that it may check, and else it may call. `raises` are the fewest and the most chips
    of this stage that it may bring its own to; None where it may not bet or raise.
    """

    free: bool
    raises: tuple[int, int] | None


class Hand:
    """A hand from the blinds to the last chip; amounts are in chips.

    `actions` are those so far.
    """

    def __init__(self, deal: Deal) -> None:
        """Post the blinds and deal the holdings. Raises MissingExtraError."""
        self.deal = deal
        self.actions: list[Action] = []
        self._state = _begun()
        holdings = {deal.position: deal.holding, deal.opponent_position: deal.opponent_holding}
        for position in _SEATS:
            self._state.deal_hole(holdings[position])

    @property
    def is_over(self) -> bool:
        """Whether nobody may act any more."""
        return not self._state.status

    @property
    def to_act(self) -> Position:
        """Return whose turn it is."""
        return _SEATS[self._state.actor_index]

    @property
    def stage(self) -> Stage:
        """Return the stage in which bets are made, or were made last."""
        return self.actions[-1].stage if self.is_over else STAGES[self._state.street_index]

    @property
    def pot(self) -> int:
        """Return all chips that were put in, those of this stage included."""
        return self._state.total_pot_amount

    def stack(self, position: Position) -> int:
        """Return what a player has left, or at the end of the hand all that it has."""
        return self._state.stacks[_SEATS.index(position)]

    def holding(self, position: Position) -> str:
        """Return a player's own cards."""
        own = position == self.deal.position
        return self.deal.holding if own else self.deal.opponent_holding

    def board(self, stage: Stage) -> str:
        """Return the cards that came with `stage`."""
        return self.deal.board[_DEALT[stage]]

    def choices(self) -> Choices:
        """Return what may be done now."""
        least = self._state.min_completion_betting_or_raising_to_amount
        most = self._state.max_completion_betting_or_raising_to_amount
        can_raise = self._state.can_complete_bet_or_raise_to()
        return Choices(
            free=self._state.checking_or_calling_amount == 0,
            raises=(least, most) if can_raise else None,
        )

    def fold(self) -> None:
        """Give up."""
        self._note("fold")
        self._state.fold()

    def check_or_call(self) -> None:
        """Put in no more than must be put in to stay."""
        self._note("check" if self.choices().free else "call")
        self._state.check_or_call()
        self._deal_board()

    def raise_to(self, amount: int) -> None:
        """Bring one's chips of this stage to `amount`, which `choices` allows."""
        self._note("raise" if any(self._state.bets) else "bet", amount)
        self._state.complete_bet_or_raise_to(amount)

    def _note(
        self, action: Literal["fold", "check", "call", "bet", "raise"], to: int | None = None
    ) -> None:
        self.actions.append(Action(self.to_act, self.stage, action, to))

    def _deal_board(self) -> None:
        """Deal what is to be dealt: a stage, or all that are left when nobody can bet any more."""
        while self._state.can_burn_card():
            self._state.burn_card("??")
            self._state.deal_board(self.board(STAGES[self._state.street_index]))


def _begun() -> Any:
    """Return a hand of PokerKit that does itself whatever the players do not decide."""
    try:
        from pokerkit import Automation, NoLimitTexasHoldem
    except ImportError:
        raise MissingExtraError("playing poker", "poker") from None
    dealt = (Automation.CARD_BURNING, Automation.HOLE_DEALING, Automation.BOARD_DEALING)
    return NoLimitTexasHoldem.create_state(
        tuple(each for each in Automation.__members__.values() if each not in dealt),
        ante_trimming_status=True,
        raw_antes=0,
        raw_blinds_or_straddles=(SMALL_BLIND, BIG_BLIND),
        min_bet=BIG_BLIND,
        raw_starting_stacks=(STACK, STACK),
        player_count=2,
    )
