"""The solved examples that stand before a question: other rows than any that is asked."""

from __future__ import annotations

from functools import cache

from .cells import Cell, Names
from .items import Item, parse_item
from .prompts import written_examples
from .synthetic import Wanted, synthetic_cells
from .tasks import Mode, Task

# Not a number, so that no run's own seed makes the same rows.
_SEED = "examples"
_MOST = 3


def shots_for(cell: Cell, count: int) -> tuple[Item, ...]:
    """Return `count` examples in the cell's mode and notation, of the easiest kind."""
    if not count:
        return ()
    if cell.task.official_only:
        return written_examples(cell.task)[:count]
    return _made(cell.task, cell.mode, cell.names, cell.grid.get("notation"))[:count]


@cache
def _made(task: Task, mode: Mode | None, names: Names, notation: str | None) -> tuple[Item, ...]:
    wanted = Wanted(_MOST, _SEED, (mode,) if mode else (), (names,))
    cells = synthetic_cells(task, wanted)
    easiest = next(one for one in cells if notation in (None, one.grid.get("notation")))
    return tuple(parse_item(easiest, row, place) for _, row, place in easiest.rows())
