"""The passes over each question put together, from a file that has them far apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from ...core.errors import DataError
from ..official_rows import OfficialRows
from .rows import Pass, index_of, parse_pass


class Group(msgspec.Struct, frozen=True):
    """The passes over a question of `task`, the base row first, and their `image` in base64."""

    task: str
    passes: tuple[Pass, ...]
    image: str

    @property
    def base(self) -> Pass:
        """The row that stands for the question."""
        return self.passes[0]


def read_groups(rows: OfficialRows) -> Iterator[Group]:
    """Yield every question of the chosen tasks, in the order in which the files hold their images.

    The rows are read twice: for their texts, which are kept, and for the images, of which one is
    held at a time. Raises DataError naming file and row.
    """
    waiting = _by_image(rows)
    for placed in rows.rows():
        for passes in waiting.get((placed.task, index_of(placed.row)), ()):
            yield Group(placed.task, passes, placed.row["image"])


def _by_image(rows: OfficialRows) -> dict[tuple[str, int], list[tuple[Pass, ...]]]:
    """Return the passes over each question, by task and the row that holds their image."""
    places: dict[tuple[str, int], str] = {}
    parsed: dict[tuple[str, int], Pass] = {}
    groups: defaultdict[tuple[str, int], list[Pass]] = defaultdict(list)
    for placed in rows.rows():
        one = parse_pass(placed.row, placed.index, placed.place)
        key = placed.task, one.index
        if key in parsed:
            raise DataError(f"{placed.place}: index {one.index} stands in {places[key]} too")
        parsed[key], places[key] = one, placed.place
        groups[placed.task, one.group].append(one)
    waiting: defaultdict[tuple[str, int], list[tuple[Pass, ...]]] = defaultdict(list)
    for (task, group), passes in groups.items():
        if (task, group) not in parsed:
            place = places[task, passes[0].index]
            raise DataError(f"{place}: there is no row {group}, of which this is a pass")
        holder = parsed[task, group].image_of
        _refuse_reference(holder, task, parsed, places[task, group])
        waiting[task, holder].append(_in_order(passes))
    return waiting


def _in_order(passes: Iterable[Pass]) -> tuple[Pass, ...]:
    """Return the passes by their index, as official code grades them, the base row first."""
    return tuple(sorted(passes, key=lambda one: (not one.is_base, one.index)))


def _refuse_reference(
    holder: int, task: str, parsed: dict[tuple[str, int], Pass], place: str
) -> None:
    there = parsed.get((task, holder))
    if there is None or there.image_of != holder:
        raise DataError(f"{place}: field 'image' refers to row {holder}, which holds no image")
