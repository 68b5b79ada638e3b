"""Universities as nested JSON, at random; and twins of the same shape whose names mean nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

ROOT_KIND = "University"
_SYLLABLES = 3


class Level(msgspec.Struct, frozen=True):
    """What the nodes of a level are called; `named` makes the name of one out of a topic."""

    kind: str
    plural: str
    named: str


class Words(msgspec.Struct, frozen=True):
    """The words and shapes of university_words.yaml."""

    version: int
    levels: tuple[Level, ...]
    shapes: dict[str, tuple[tuple[int, int], ...]]
    attributes: tuple[str, ...]
    universities: tuple[str, ...]
    adjectives: tuple[str, ...]
    subjects: tuple[str, ...]
    syllables: tuple[str, ...]


class Node(msgspec.Struct, frozen=True):
    """A part of a university; `depth` is 0 for the whole. No two nodes have the same name."""

    name: str
    kind: str
    depth: int
    children: tuple[Node, ...] = ()
    attributes: dict[str, str] = {}

    def all(self) -> Iterator[Node]:
        """Yield the node and all below it, a node's own right after it."""
        yield self
        for child in self.children:
            yield from child.all()

    def way_to(self, name: str) -> tuple[Node, ...]:
        """Return the nodes from this one down to the one called `name`; none if it is not here."""
        if self.name == name:
            return (self,)
        for child in self.children:
            if way := child.way_to(name):
                return (self, *way)
        return ()


class University(msgspec.Struct, frozen=True):
    """A university, and what its levels are called, the highest below the university first."""

    top: Node
    levels: tuple[Level, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as the official files write one: lists of parts under the plural."""
        return {self.top.kind: self.top.name, **self._below(self.top)}

    def _below(self, node: Node) -> dict[str, Any]:
        if not node.children:
            return dict(node.attributes)
        level = self.levels[node.depth]
        parts = [{f"{level.kind} Name": one.name, **self._below(one)} for one in node.children]
        return {level.plural: parts}


@cache
def words() -> Words:
    """Return our own words."""
    content = Path(__file__).with_name("university_words.yaml").read_bytes()
    return msgspec.yaml.decode(content, type=Words)


def random_university(size: str, rng: random.Random) -> University:
    """Return a university of one of the shapes."""
    own = words()
    topics = [f"{adjective} {subject}" for adjective in own.adjectives for subject in own.subjects]
    rng.shuffle(topics)
    unused = iter(topics)
    shape = own.shapes[size]

    def grown(name: str, kind: str, depth: int) -> Node:
        if depth == len(shape):
            return Node(name, kind, depth, attributes=_facts(own.attributes, rng))
        level = own.levels[depth]
        children = tuple(
            grown(level.named.format(topic=next(unused)), level.kind, depth + 1)
            for _ in range(rng.randint(*shape[depth]))
        )
        return Node(name, kind, depth, children)

    top = grown(f"{rng.choice(own.universities)} University", ROOT_KIND, 0)
    return University(top, own.levels[: len(shape)])


def nonsense_twin(university: University, rng: random.Random) -> University:
    """Return a university of the same shape and attributes, with invented words for all names."""
    invented = _invented(words().syllables, rng)
    levels = tuple(
        Level(word, f"{word}s", "{topic}") for word in (next(invented) for _ in university.levels)
    )
    kinds = [next(invented), *(level.kind for level in levels)]
    keys = {key: next(invented) for key in words().attributes}

    def renamed(node: Node) -> Node:
        return Node(
            f"{next(invented)} {next(invented)}",
            kinds[node.depth],
            node.depth,
            tuple(renamed(child) for child in node.children),
            {keys[key]: value for key, value in node.attributes.items()},
        )

    return University(renamed(university.top), levels)


def _facts(names: Sequence[str], rng: random.Random) -> dict[str, str]:
    return {name: str(rng.randint(1000, 9999)) for name in names}


def _invented(syllables: Sequence[str], rng: random.Random) -> Iterator[str]:
    """Yield words that mean nothing, each once."""
    used: set[str] = set()
    while True:
        word = "".join(rng.choice(syllables) for _ in range(_SYLLABLES)).capitalize()
        if word not in used:
            used.add(word)
            yield word
