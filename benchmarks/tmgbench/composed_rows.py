"""Composed tasks of a user's file: {form, items, standard, restriction}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require
from ...core.suggest import did_you_mean
from .composed import COMPOSED, Restriction, Task, looking_ahead
from .items import Item, outcomes_of


def parse_task(fields: Row, pool: Mapping[str, Item], place: str) -> Task:
    """Return a row whose `items` are ids of `pool`.

    Without `standard` the answers are computed. A nested one has two items, and a `restriction`
    such as {"outcome": 1, "player": "A", "action": 2}. Raises DataError naming `place`.
    """
    form = require(fields, "form", str, place)
    if form not in COMPOSED:
        raise DataError(f"{place}: unknown form {form!r}; {did_you_mean(form, COMPOSED)}")
    items = tuple(_item(one, pool, place) for one in require(fields, "items", list, place))
    if not items or (form == "nested" and len(items) != 2):
        raise DataError(f"{place}: a {form} task of {len(items)} games")
    rule = _restriction(fields, place) if form == "nested" else None
    if fields.get("standard") is None:
        standard = _computed(items, rule, place)
    else:
        given = cast("list[Any]", require(fields, "standard", list, place))
        standard = tuple(outcomes_of(one, place) for one in given)
    if len(standard) != len(items):
        raise DataError(f"{place}: {len(standard)} answers of {len(items)} games")
    return Task(form=form, items=items, standard=standard, restriction=rule)


def _item(name: Any, pool: Mapping[str, Item], place: str) -> Item:
    if name not in pool:
        raise DataError(f"{place}: no game is called {name!r}; {did_you_mean(str(name), pool)}")
    return pool[name]


def _restriction(fields: Row, place: str) -> Restriction:
    try:
        return msgspec.convert(require(fields, "restriction", dict, place), Restriction)
    except msgspec.ValidationError as error:
        raise DataError(f"{place}: field 'restriction': {error}") from None


def _computed(
    items: tuple[Item, ...], rule: Restriction | None, place: str
) -> tuple[tuple[int, ...], ...]:
    if rule is None:
        return tuple(item.game.equilibria for item in items)
    found = looking_ahead(items[0].game, items[1].game, rule)
    if found is None:
        raise DataError(f"{place}: looking ahead changes nothing here; give a 'standard'")
    return found
