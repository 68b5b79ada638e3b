"""The 144 strict ordinal 2x2 games, their pure equilibria, and their mirror images.

Outcomes are numbered as they are read: 1 is (A1, B1), 2 is (A1, B2), 3 is (A2, B1), 4 is (A2, B2).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import permutations

import msgspec

Matrix = tuple[tuple[int, int], tuple[int, int]]
"""Payoffs of one player; rows are A's actions, columns B's."""

Place = tuple[int, int]
"""0-based row and column of an outcome."""

PLACES: tuple[Place, ...] = ((0, 0), (0, 1), (1, 0), (1, 1))
OUTCOMES = (1, 2, 3, 4)
BEST = 4


class Game(msgspec.Struct, frozen=True, dict=True):
    """A game of two players with two actions each."""

    a: Matrix
    b: Matrix

    @cached_property
    def equilibria(self) -> tuple[int, ...]:
        """The outcomes from which no player gains by changing the own action alone."""
        return tuple(
            number
            for number, (r, c) in zip(OUTCOMES, PLACES, strict=True)
            if self.a[r][c] >= self.a[1 - r][c] and self.b[r][c] >= self.b[r][1 - c]
        )

    @property
    def is_strict(self) -> bool:
        """Whether no player is indifferent between two actions, whatever the other does."""
        return all(self.a[0][i] != self.a[1][i] for i in (0, 1)) and all(
            self.b[i][0] != self.b[i][1] for i in (0, 1)
        )

    @property
    def sister(self) -> Game:
        """The game with players swapped, and the names of both players' actions too.

        Outcome 1 of it is outcome 4 of this one, and 4 is 1; 2 and 3 stay.
        """
        return Game(_mirrored(self.b), _mirrored(self.a))

    def swapped(self, *, rows: bool, columns: bool) -> Game:
        """Return the game with the names of A's, or B's, actions exchanged."""
        return Game(_swapped(self.a, rows, columns), _swapped(self.b, rows, columns))

    def without(self, player: str, action: int) -> tuple[int, ...]:
        """Return the equilibria once `player` cannot take `action` (1 or 2)."""
        line = action - 1
        if player == "A":
            r = 1 - line
            return tuple(2 * r + c + 1 for c in (0, 1) if self.b[r][c] >= self.b[r][1 - c])
        c = 1 - line
        return tuple(2 * r + c + 1 for r in (0, 1) if self.a[r][c] >= self.a[1 - r][c])


def all_games() -> tuple[Game, ...]:
    """Return one game of each class: all strict rankings, up to the names of actions.

    Of the four games of a class it is the one in which A likes best an outcome in the right column
    and B one in the upper row (Robinson and Goforth 2005). So the sister of each game is among
    them. The order is by A's matrix, then by the matrix that is B's mirrored: game 12 i + j is the
    sister of game 12 j + i.
    """
    of_a = sorted(matrix for matrix in _rankings() if BEST in (matrix[0][1], matrix[1][1]))
    return tuple(Game(first, _mirrored(second)) for first in of_a for second in of_a)


def canonical(game: Game) -> tuple[Game, tuple[int, ...]]:
    """Return the game of `all_games` in the same class, and which outcome here each of its is."""
    columns = BEST in (game.a[0][0], game.a[1][0])
    rows = BEST in (game.b[1][0], game.b[1][1])
    numbers = tuple(2 * (r ^ rows) + (c ^ columns) + 1 for r, c in PLACES)
    return game.swapped(rows=rows, columns=columns), numbers


def _rankings() -> Iterator[Matrix]:
    for w, x, y, z in permutations((1, 2, 3, BEST)):
        yield (w, x), (y, z)


def _mirrored(m: Matrix) -> Matrix:
    """Return `m` with entry (r, c) at (1 - c, 1 - r)."""
    return (m[1][1], m[0][1]), (m[1][0], m[0][0])


def _swapped(m: Matrix, rows: bool, columns: bool) -> Matrix:  # noqa: FBT001 - both are named above
    first, second = (m[1], m[0]) if rows else m
    if columns:
        return (first[1], first[0]), (second[1], second[0])
    return first, second
