"""Rooted trees with numbered nodes: how they are drawn, walked, changed and drawn at random."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from .tasks import Mode

Side = Literal["L", "R", ""]
Child = tuple[int, Side]
"""A node and the side that it is on, which only children in binary trees have."""
Order = Literal["preorder", "inorder", "postorder"]

ORDERS: tuple[Order, ...] = ("preorder", "inorder", "postorder")
NO_EDGES = "No edges"


class Tree(msgspec.Struct, frozen=True):
    """A root and the children of each node that has some, in order, with their side if binary."""

    root: int
    children: Mapping[int, tuple[Child, ...]]

    def below(self, node: int) -> tuple[Child, ...]:
        """Return the children of `node`."""
        return self.children.get(node, ())

    def walk(self, start: int | None = None) -> Iterator[tuple[int, Child]]:
        """Yield (parent, child) for each edge below `start`, a child's own edges right after it."""
        node = self.root if start is None else start
        for child in self.below(node):
            yield node, child
            yield from self.walk(child[0])

    def nodes(self, start: int | None = None) -> list[int]:
        """Return `start`, the root by default, and all nodes below it."""
        first = self.root if start is None else start
        return [first, *(child for _, (child, _) in self.walk(first))]

    def ancestors(self, node: int) -> list[int]:
        """Return the nodes above `node`, its parent first."""
        parents = {child: parent for parent, (child, _) in self.walk()}
        above: list[int] = []
        while node in parents:
            node = parents[node]
            above.append(node)
        return above

    def common_ancestor(self, one: int, other: int) -> int:
        """Return the lowest node that is above both, or is one of them and above the other."""
        above = [other, *self.ancestors(other)]
        return next(node for node in [one, *self.ancestors(one)] if node in above)

    def shape(self, start: int | None = None) -> str:
        """Return a text that trees have in common if they differ in numbers and order alone."""
        node = self.root if start is None else start
        return f"({''.join(sorted(self.shape(child) for child, _ in self.below(node)))})"

    def height(self, start: int) -> int:
        """Return how many nodes the longest way down from `start` has."""
        return 1 + max((self.height(child) for child, _ in self.below(start)), default=0)

    def is_balanced(self) -> bool:
        """Whether the heights of the two sides differ by one at most, at every node."""
        return all(abs(self._side(node, "L") - self._side(node, "R")) <= 1 for node in self.nodes())

    def _side(self, node: int, side: Side) -> int:
        return sum(self.height(child) for child, place in self.below(node) if place == side)


def drawn(tree: Tree, mode: Mode) -> str:
    """Return a tree as the official files draw it: its edges, or lines with branches."""
    if not tree.children:
        return NO_EDGES
    if mode == "edge":
        return ", ".join(f"{parent} {_arrow(child)}" for parent, child in tree.walk())
    return "\n".join([f"   {tree.root}", *_branches(tree, tree.root, "    ")])


def _arrow(child: Child) -> str:
    node, side = child
    return f"-({side})-> {node}" if side else f"-> {node}"


def _branches(tree: Tree, node: int, indent: str) -> Iterator[str]:
    children = tree.below(node)
    for place, (child, side) in enumerate(children):
        is_last = place == len(children) - 1
        branch = f"-({side})-" if side else "-- "
        yield f"{indent}{'`' if is_last else '|'}{branch}{child}"
        yield from _branches(tree, child, indent + ("    " if is_last else "|   "))


def traversal(tree: Tree, order: Order, start: int | None = None) -> list[int]:
    """Return the nodes of a binary tree in `order`."""
    node = tree.root if start is None else start
    parts = {side: traversal(tree, order, child) for child, side in tree.below(node)}
    left, right = parts.get("L", []), parts.get("R", [])
    if order == "preorder":
        return [node, *left, *right]
    return [*left, node, *right] if order == "inorder" else [*left, *right, node]


def with_child(tree: Tree, parent: int, child: int) -> Tree:
    """Return `tree` with a new last child of `parent`."""
    return Tree(tree.root, {**tree.children, parent: (*tree.below(parent), (child, ""))})


def without(tree: Tree, node: int) -> Tree:
    """Return `tree` without a node other than the root; its children take its place."""
    kept: dict[int, tuple[Child, ...]] = {}
    for parent, children in tree.children.items():
        if parent != node:
            own = (tree.below(node) if child[0] == node else (child,) for child in children)
            kept[parent] = tuple(child for part in own for child in part)
    return Tree(tree.root, {parent: children for parent, children in kept.items() if children})


def mirrored(tree: Tree) -> Tree:
    """Return a binary tree with left and right exchanged; children stay in the order of drawing."""
    other: dict[Side, Side] = {"L": "R", "R": "L", "": ""}
    swapped: dict[int, tuple[Child, ...]] = {
        parent: tuple((child, other[side]) for child, side in children)
        for parent, children in tree.children.items()
    }
    return Tree(tree.root, swapped)


def renumbered(tree: Tree, rng: random.Random) -> Tree:
    """Return a tree of the same shape, with numbers and the order of children drawn anew."""
    old = tree.nodes()
    new = dict(zip(old, rng.sample(old, len(old)), strict=True))
    children: dict[int, tuple[Child, ...]] = {
        new[parent]: tuple((new[child], side) for child, side in rng.sample(below, len(below)))
        for parent, below in tree.children.items()
    }
    return Tree(new[tree.root], children)


def random_tree(size: int, degree: int, rng: random.Random) -> Tree:
    """Return a tree of `size` nodes, each with at most `degree` children."""
    root, *others = rng.sample(range(size), size)
    children: dict[int, list[Child]] = {root: []}
    for node in others:
        parent = rng.choice([one for one, below in children.items() if len(below) < degree])
        children[parent].append((node, ""))
        children[node] = []
    return Tree(root, {node: tuple(below) for node, below in children.items() if below})


def random_binary_tree(size: int, rng: random.Random, *, balanced: bool) -> Tree:
    """Return a binary tree of `size` nodes; unless `balanced`, of whatever shape comes."""
    numbers = iter(rng.sample(range(size), size))
    children: dict[int, tuple[Child, ...]] = {}

    def grown(count: int) -> int:
        node, rest = next(numbers), count - 1
        # Sides of (nearly) the same size have heights that differ by one at most.
        halves = (rest // 2, rest - rest // 2)
        left = rng.choice(halves) if balanced else rng.randint(0, rest)
        sizes: list[tuple[Side, int]] = [("L", left), ("R", rest - left)]
        rng.shuffle(sizes)
        below: list[Child] = [(grown(part), side) for side, part in sizes if part]
        if below:
            children[node] = tuple(below)
        return node

    return Tree(grown(size), children)
