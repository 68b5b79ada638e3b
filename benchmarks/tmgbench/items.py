"""Games with a text: generated, or rows of a user's file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, read_rows, require, where
from .games import BEST, OUTCOMES, Game, Matrix, all_games
from .wording import STORIES, classic_text, story_text, topics_of

SIDE = 12
"""The games of one player's rankings: all games fill a square of them."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A game as it is told. `story` numbers the tellings of it from 0; None is the payoffs alone.

    `row` is the 0-based position among the items of its kind.
    """

    game_id: str
    game: Game
    text: str
    row: int
    story: int | None = None
    topic: str | None = None
    synthetic: bool = True

    @property
    def id(self) -> str:
        """The id of the item among all."""
        kind = "classic" if self.story is None else f"story/{self.story}"
        return f"{kind}/{self.game_id}"


def classic_items() -> Iterator[Item]:
    """Yield the 144 games."""
    for row, (game_id, game) in enumerate(_named()):
        yield Item(game_id=game_id, game=game, text=classic_text(game), row=row)


def story_items(seed: int) -> Iterator[Item]:
    """Yield five stories of each game, all first ones, then all second ones."""
    for story in range(STORIES):
        for position, (game_id, game) in enumerate(_named()):
            topic = topics_of(game_id, seed)[story]
            yield Item(
                game_id=game_id,
                game=game,
                text=story_text(game, topic),
                row=story * SIDE * SIDE + position,
                story=story,
                topic=topic.topic,
            )


def read_items(path: Path) -> Iterator[Item]:
    """Yield the games of a file of classic or story rows. Raises DataError naming the row."""
    for row, fields in read_rows(path):
        yield parse_item(fields, row, where(path, row))


def parse_item(fields: Row, row: int, place: str) -> Item:
    """Return a row: game_id, payoff_A, payoff_B, text, and perhaps story_id, topic and standard.

    Equilibria are computed; a `standard` that is something else is refused. Raises DataError.
    """
    game = Game(matrix_of(fields, "payoff_A", place), matrix_of(fields, "payoff_B", place))
    if not game.is_strict:
        raise DataError(f"{place}: a player is indifferent between two actions")
    standard = fields.get("standard")
    if standard is not None and outcomes_of(standard, place) != game.equilibria:
        raise DataError(
            f"{place}: field 'standard' says {standard}, but the equilibria of these payoffs are "
            f"{list(game.equilibria)}"
        )
    return Item(
        game_id=str(require(fields, "game_id", (str, int), place)),
        game=game,
        text=require(fields, "text", str, place),
        row=row,
        story=_story(fields, place),
        topic=fields.get("topic"),
        synthetic=False,
    )


def outcomes_of(value: Any, place: str) -> tuple[int, ...]:
    """Return a list of outcomes, 1 to 4, in order. Raises DataError."""
    outcomes = cast("Sequence[Any]", value) if isinstance(value, list) else (None,)
    if not all(type(one) is int and one in OUTCOMES for one in outcomes):
        raise DataError(f"{place}: outcomes should be a list of 1 to 4, found {value!r:.80}")
    return tuple(sorted(set(outcomes)))


def matrix_of(fields: Row, name: str, place: str) -> Matrix:
    """Return a field of a row as one player's payoffs, 1 to 4. Raises DataError."""
    value: Any = require(fields, name, list, place)
    try:
        matrix = msgspec.convert(value, Matrix)
    except msgspec.ValidationError:
        matrix = None
    if matrix is None or sorted((*matrix[0], *matrix[1])) != list(range(1, BEST + 1)):
        raise DataError(f"{place}: field {name!r} should be [[., .], [., .]] of 1, 2, 3 and 4")
    return matrix


def _named() -> Iterator[tuple[str, Game]]:
    """Yield the games with their place in a square, each followed by its sister.

    Sisters lie across the diagonal of the square from each other.
    """
    games = all_games()
    for i in range(SIDE):
        for j in range(i, SIDE):
            for row, column in dict.fromkeys(((i, j), (j, i))):
                yield f"{row + 1:02}-{column + 1:02}", games[SIDE * row + column]


def _story(fields: Row, place: str) -> int | None:
    return require(fields, "story_id", int, place) if fields.get("story_id") is not None else None
