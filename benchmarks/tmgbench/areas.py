"""The two areas of games without equilibrium, which the significance degree is about."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import DataError
from ...core.rows import read_rows, require, where
from .games import Game, all_games, canonical
from .items import matrix_of

_SIGNS = {"green": 1, "yellow": -1}


def read_areas(path: Path) -> dict[Game, int]:
    """Return 1 (green) or -1 (yellow) of each game without equilibrium.

    A row has payoff_A, payoff_B and area. Raises DataError naming the row, or when a game is
    missing.
    """
    areas: dict[Game, int] = {}
    for index, row in read_rows(path):
        place = where(path, index)
        area = require(row, "area", str, place)
        if area not in _SIGNS:
            raise DataError(f"{place}: field 'area' should be green or yellow, found {area!r}")
        game = Game(matrix_of(row, "payoff_A", place), matrix_of(row, "payoff_B", place))
        if game.equilibria:
            raise DataError(f"{place}: this game has an equilibrium, and so no area")
        areas[canonical(game)[0]] = _SIGNS[area]
    wanted = sum(not game.equilibria for game in all_games())
    if len(areas) != wanted:
        raise DataError(f"{path}: areas of {len(areas)} games, of {wanted} without equilibrium")
    return areas
