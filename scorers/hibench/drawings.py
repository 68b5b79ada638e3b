"""Trees as they are drawn in replies: lists of edges, and lines with branches."""

from __future__ import annotations

import re

Edge = tuple[str, str, str]
"""Parent, side (empty unless the tree is binary), child."""

_EDGE = re.compile(r"(\d+)\s*-(?:\(([LR])\)-)?>\s*(\d+)", re.ASCII)
_ROOT = re.compile(r"\s*(\d+)\s*", re.ASCII)
_BRANCH = re.compile(r"([ |`]*)-+(?:\(([LR])\))?[- ]*(\d+)\s*", re.ASCII)


def edges_of(text: str) -> frozenset[Edge] | None:
    """Return the edges of a tree, listed or drawn; None for what is neither.

    A tree of a single node has none, and so has the text "No edges".
    """
    written = text.replace("\\n", "\n").strip("\n")
    if written.strip().lower() == "no edges":
        return frozenset()
    if ">" in written:
        return _listed(written)
    return _drawn(written)


def _listed(text: str) -> frozenset[Edge] | None:
    parts = [part.strip() for part in text.replace("\n", ",").split(",")]
    found = [_EDGE.fullmatch(part) for part in parts if part]
    if not all(found):
        return None
    return frozenset((match[1], match[2] or "", match[3]) for match in found if match)


def _drawn(text: str) -> frozenset[Edge] | None:
    """Read a drawing by how far to the right each node stands: below what stands left of it."""
    first, *lines = [line for line in text.splitlines() if line.strip()] or [""]
    root = _ROOT.fullmatch(first)
    branches = [_BRANCH.fullmatch(line) for line in lines]
    if root is None or not all(branches):
        return None
    above: list[tuple[int, str]] = [(-1, root[1])]
    edges: set[Edge] = set()
    for branch in (match for match in branches if match):
        indent = len(branch[1])
        while above[-1][0] >= indent:
            above.pop()
        edges.add((above[-1][1], branch[2] or "", branch[3]))
        above.append((indent, branch[3]))
    return frozenset(edges)
