"""Walking the trees that tree-sitter makes of source code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


def walk(root: Node) -> Iterator[Node]:
    """Yield the nodes of a tree in the order of the source, parents first."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))
