"""Tasks of several games: asked in turn, side by side, or one upon the other."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from .games import OUTCOMES, PLACES, Game, Matrix
from .items import Item

Form = Literal["sequential", "parallel", "nested"]

COMPOSED: tuple[Form, ...] = ("sequential", "parallel", "nested")

# Of pairs of games one in a few fits; so many misses in a row mean that none does.
_MOST_TRIES = 10_000


class Restriction(msgspec.Struct, frozen=True):
    """If the opening game ends with `outcome`, `player` cannot take `action` in the main game."""

    outcome: int
    player: Literal["A", "B"]
    action: Literal[1, 2]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """The games of one task and what is right for each of them."""

    form: Form
    items: tuple[Item, ...]
    standard: tuple[tuple[int, ...], ...]
    restriction: Restriction | None = None


def drawn(items: Sequence[Item], form: Form, size: int, runs: int, seed: int) -> Iterator[Task]:
    """Yield `runs` tasks of `size` games each, none of them twice in one task.

    The same seed gives the same tasks, whatever else is asked.
    """
    for run in range(runs):
        rng = random.Random(f"{seed}/{form}/{size}/{run}")  # noqa: S311 - no secrets
        if form == "nested":
            yield _nested(items, rng)
        else:
            chosen = tuple(rng.sample(items, size))
            standard = tuple(item.game.equilibria for item in chosen)
            yield Task(form=form, items=chosen, standard=standard)


def looking_ahead(
    opening: Game, main: Game, rule: Restriction
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return what sides who look ahead keep to in both games, by backward induction.

    None unless the pair of games is one worth asking: the rule changes the equilibria of a main
    game that has just one; its trigger is an equilibrium of the opening game alone; and with what
    follows in the main game added, the opening game is strict, has equilibria, and the trigger is
    none of them.
    """
    free, bound = main.equilibria, main.without(rule.player, rule.action)
    if rule.outcome not in opening.equilibria or len(free) != 1 or len(bound) != 1:
        return None
    if free == bound:
        return None
    ends = [bound[0] if number == rule.outcome else free[0] for number in OUTCOMES]
    whole = Game(_added(opening.a, main.a, ends), _added(opening.b, main.b, ends))
    if not whole.is_strict or not whole.equilibria or rule.outcome in whole.equilibria:
        return None
    return whole.equilibria, free


def _added(first: Matrix, second: Matrix, ends: Sequence[int]) -> Matrix:
    """Return the payoffs of `first`, plus those of `second` where it ends after each outcome."""
    total = [
        first[r][c] + second[PLACES[end - 1][0]][PLACES[end - 1][1]]
        for (r, c), end in zip(PLACES, ends, strict=True)
    ]
    return (total[0], total[1]), (total[2], total[3])


def _nested(items: Sequence[Item], rng: random.Random) -> Task:
    """Draw pairs of games and rules until a pair is worth asking. Raises ValueError."""
    for _ in range(_MOST_TRIES):
        opening, main = rng.sample(items, 2)
        rule = Restriction(rng.choice(OUTCOMES), rng.choice(("A", "B")), rng.choice((1, 2)))
        standard = looking_ahead(opening.game, main.game, rule)
        if standard is not None:
            return Task(form="nested", items=(opening, main), standard=standard, restriction=rule)
    raise ValueError("no two of these games make a nested task")
