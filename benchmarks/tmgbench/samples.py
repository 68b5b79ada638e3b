"""Games and tasks as samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ...core.sample import Sample, Turn
from .composed import Restriction, Task
from .games import OUTCOMES, Game, all_games, canonical
from .items import SIDE, Item
from .wording import Thinking, nested_query, parallel_query, single_query

# Room for reasoning about one game; a prompt with several gets as much for each.
MAX_TOKENS = 2048

_NONE = "none"
_POSITIONS: Mapping[Game, int] = {game: position for position, game in enumerate(all_games())}


def item_samples(
    items: Sequence[Item], thinking: Thinking, areas: Mapping[Game, int]
) -> Iterator[Sample]:
    """Yield a sample a game, which has a verdict on each of its four outcomes.

    It stands in a group with its sister, where that is among `items` too. Labels: how many
    equilibria it has, whether its sister is itself, another or none of `items`, which story it is.
    A row is called by its `game_id` where that is the only one: of several stories the sample's id
    tells which.
    """
    placed = [_Placed(item, *canonical(item.game)) for item in items]
    there = {one.key for one in placed}
    times = Counter(item.game_id for item in items if not item.synthetic)
    for one in placed:
        name = one.item.game_id if times[one.item.game_id] == 1 else None
        yield _item_sample(one, name, thinking, areas, has_sister=one.sister_key in there)


class _Placed(msgspec.Struct, frozen=True):
    """An item with the game of its class, and which outcome of the item each of that one's is."""

    item: Item
    game: Game
    outcomes: tuple[int, ...]

    @property
    def place(self) -> tuple[int, int]:
        return divmod(_POSITIONS[self.game], SIDE)

    @property
    def key(self) -> tuple[int | None, int, int]:
        return (self.item.story, *self.place)

    @property
    def sister_key(self) -> tuple[int | None, int, int]:
        i, j = self.place
        return (self.item.story, j, i)


def _item_sample(
    placed: _Placed,
    name: str | None,
    thinking: Thinking,
    areas: Mapping[Game, int],
    *,
    has_sister: bool,
) -> Sample:
    item, (i, j) = placed.item, placed.place
    kind = "classic" if item.story is None else "story"
    metadata: dict[str, Any] = {"outcomes": list(placed.outcomes)}
    if has_sister:
        metadata["sister"] = "self" if i == j else "first" if i < j else "second"
    if placed.game in areas:
        metadata["area"] = areas[placed.game]
    turn = Turn(
        query=single_query(item.text, thinking),
        target=list(item.game.equilibria),
        answers=len(OUTCOMES),
        max_tokens=MAX_TOKENS,
        metadata=metadata,
    )
    sister = ("self" if i == j else "other") if has_sister else _NONE
    return Sample(
        id=item.id,
        task=kind,
        turns=(turn,),
        row=item.row,
        row_id=name,
        group=f"{kind}/{item.story}/{min(i, j)}-{max(i, j)}",
        labels=_labels(
            equilibria=str(len(item.game.equilibria)),
            sister=sister,
            story=_NONE if item.story is None else str(item.story),
        ),
        metadata={"topic": item.topic, "synthetic": item.synthetic},
    )


def task_sample(task: Task, name: str, row: int, thinking: Thinking) -> Sample:
    """Return a composed task as a sample that is right or wrong as a whole.

    Of a sequential task the verdict stands at the end of the last turn.
    """
    standard = [list(one) for one in task.standard]
    if task.form == "sequential":
        turns = _one_by_one(task, thinking)
    else:
        tokens = MAX_TOKENS * len(task.items)
        turns = (Turn(query=_asked(task, thinking), target=standard, max_tokens=tokens),)
    return Sample(
        id=name,
        task=task.form,
        turns=turns,
        row=row,
        labels=_labels(games=str(len(task.items))),
        metadata={"items": [item.id for item in task.items], "standard": standard},
    )


def _labels(
    *, equilibria: str = _NONE, sister: str = _NONE, story: str = _NONE, games: str = "1"
) -> dict[str, str]:
    """Return the labels that every sample has, so that each table can speak of them."""
    return {"equilibria": equilibria, "sister": sister, "story": story, "games": games}


def _one_by_one(task: Task, thinking: Thinking) -> tuple[Turn, ...]:
    last = len(task.items) - 1
    return tuple(
        Turn(
            query=single_query(item.text, thinking),
            target=list(standard),
            answers=int(index == last),
            max_tokens=MAX_TOKENS,
        )
        for index, (item, standard) in enumerate(zip(task.items, task.standard, strict=True))
    )


def _asked(task: Task, thinking: Thinking) -> str:
    rule = task.restriction
    if rule is None:
        return parallel_query([item.text for item in task.items], thinking)
    opening, main = (item.text for item in task.items)
    return nested_query({"opening": opening, "main": main, **_rule_words(rule)}, thinking)


def _rule_words(rule: Restriction) -> dict[str, str]:
    row, column = divmod(rule.outcome - 1, 2)
    return {
        "trigger_a": f"A{row + 1}",
        "trigger_b": f"B{column + 1}",
        "player": rule.player,
        "action": f"{rule.player}{rule.action}",
    }
