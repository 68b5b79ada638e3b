"""Questions about a university, as rows of the official files; all answers are computed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import takewhile

from ...core.rows import Row
from .universities import Node, University

_STEP = " -> "


def university_row(subtask: str, university: University, rng: random.Random) -> Row:
    """Return a row of `subtask`."""
    question, answer = _QUESTIONS[subtask](university, rng)
    return {"question": question, "answer": answer}


def _child_count(university: University, rng: random.Random) -> tuple[str, str]:
    node = rng.choice([node for node in university.top.all() if node.children])
    plural = university.levels[node.depth].plural
    return f"How many {plural} belong to {node.name}?", str(len(node.children))


def _node_depth(university: University, rng: random.Random) -> tuple[str, str]:
    node = rng.choice(_parts(university))
    return f"At which depth is {node.name}, if {university.top.name} is at depth 0?", str(
        node.depth
    )


def _level_count(university: University, rng: random.Random) -> tuple[str, str]:
    depth = rng.randint(1, len(university.levels))
    plural, count = university.levels[depth - 1].plural, len(_at(university, depth))
    return f"How many {plural} are there in all of {university.top.name}?", str(count)


def _node_attribute(university: University, rng: random.Random) -> tuple[str, str]:
    node = rng.choice([node for node in university.top.all() if node.attributes])
    key = rng.choice(list(node.attributes))
    return f"What stands under {key} for {node.name}?", node.attributes[key]


def _level_nodes(university: University, rng: random.Random) -> tuple[str, str]:
    depth = rng.randint(1, len(university.levels))
    names = ", ".join(node.name for node in _at(university, depth))
    plural = university.levels[depth - 1].plural
    return f"Name all {plural} of {university.top.name}.", names


def _path_down_to_up(university: University, rng: random.Random) -> tuple[str, str]:
    way = university.top.way_to(rng.choice(_parts(university)).name)
    return f"How does one get from {way[-1].name} up to {way[0].name}?", _path(way[::-1])


def _path_up_to_down(university: University, rng: random.Random) -> tuple[str, str]:
    way = university.top.way_to(rng.choice(_parts(university)).name)
    return f"How does one get from {way[0].name} down to {way[-1].name}?", _path(way)


def _path_between_nodes(university: University, rng: random.Random) -> tuple[str, str]:
    one, other = rng.sample(_parts(university), 2)
    up, down = university.top.way_to(one.name), university.top.way_to(other.name)
    shared = len(_shared(up, down))
    way = (*up[: shared - 1 : -1], up[shared - 1], *down[shared:])
    return f"How does one get from {one.name} to {other.name}?", _path(way)


def _shared_ancestor_same_level(university: University, rng: random.Random) -> tuple[str, str]:
    depth = rng.randint(1, len(university.levels))
    one, other = rng.sample(_at(university, depth), 2)
    return _shared_ancestor(university, one, other)


def _shared_ancestor_diff_level(university: University, rng: random.Random) -> tuple[str, str]:
    """Ask of two nodes at different depths, neither above the other."""
    while True:
        one, other = rng.sample(_parts(university), 2)
        related = one.way_to(other.name) or other.way_to(one.name)
        if one.depth != other.depth and not related:
            return _shared_ancestor(university, one, other)


def _shared_ancestor(university: University, one: Node, other: Node) -> tuple[str, str]:
    ways = university.top.way_to(one.name), university.top.way_to(other.name)
    question = f"What is the smallest part that both {one.name} and {other.name} belong to?"
    return question, _shared(*ways)[-1].name


def _parts(university: University) -> list[Node]:
    return [node for node in university.top.all() if node.depth]


def _at(university: University, depth: int) -> list[Node]:
    return [node for node in university.top.all() if node.depth == depth]


def _shared(one: Sequence[Node], other: Sequence[Node]) -> list[Node]:
    pairs = zip(one, other, strict=False)
    return [first for first, _ in takewhile(lambda pair: pair[0].name == pair[1].name, pairs)]


def _path(nodes: Sequence[Node]) -> str:
    return _STEP.join(node.name for node in nodes)


_QUESTIONS: dict[str, Callable[[University, random.Random], tuple[str, str]]] = {
    "child_count": _child_count,
    "node_depth": _node_depth,
    "level_count": _level_count,
    "node_attribute": _node_attribute,
    "level_nodes": _level_nodes,
    "path_down_to_up": _path_down_to_up,
    "path_up_to_down": _path_up_to_down,
    "path_between_nodes": _path_between_nodes,
    "shared_ancestor_same_level": _shared_ancestor_same_level,
    "shared_ancestor_diff_level": _shared_ancestor_diff_level,
}
