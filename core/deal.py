"""A hand of heads-up poker before anybody acts: who sits where, and which cards there are."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Position = Literal["SB", "BB"]
Holding = Annotated[str, msgspec.Meta(pattern="^([2-9TJQKA][cdhs]){2}$")]
Board = Annotated[str, msgspec.Meta(pattern="^([2-9TJQKA][cdhs]){5}$")]

_OTHER: dict[Position, Position] = {"SB": "BB", "BB": "SB"}


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """Who sits where, and all cards that can be seen in one hand, written as in `QhQd`.

    `position` and `holding` are those of the model under test. SB has the button: it acts first
    before the flop, and last behind it.
    """

    position: Position
    holding: Holding
    opponent_holding: Holding
    board: Board

    def __post_init__(self) -> None:
        """Refuse a card that is there twice. Raises ValueError."""
        cards = self.holding + self.opponent_holding + self.board
        if len({cards[at : at + 2] for at in range(0, len(cards), 2)}) != len(cards) // 2:
            raise ValueError(f"a card is dealt twice: {cards}")

    @property
    def opponent_position(self) -> Position:
        """Return where the opponent sits."""
        return _OTHER[self.position]

    def swapped(self) -> Deal:
        """Return the same cards with the players in each other's seats."""
        return Deal(
            position=self.opponent_position,
            holding=self.opponent_holding,
            opponent_holding=self.holding,
            board=self.board,
        )
