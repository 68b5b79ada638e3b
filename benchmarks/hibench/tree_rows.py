"""Rows about random trees, in the format of the official files; all answers are computed."""

from __future__ import annotations

import random
from typing import Any

from ...core.rows import Row
from .trees import (
    ORDERS,
    Tree,
    drawn,
    mirrored,
    random_binary_tree,
    random_tree,
    renumbered,
    traversal,
    with_child,
    without,
)

# Number of nodes, from and to, and most children of a node.
SIZES = {"easy": (2, 6, 2), "medium": (8, 14, 3), "hard": (20, 35, 5)}

_NONE = "None"


def normal_row(difficulty: str, number: int, rng: random.Random) -> Row:
    """Return a row on a tree whose nodes have any number of children."""
    least, most, degree = SIZES[difficulty]
    tree = random_tree(rng.randint(least, most), degree, rng)
    return {**_head(tree, number, degree), **_relations(tree, rng), **_changes(tree, rng)}


def binary_row(difficulty: str, number: int, rng: random.Random, *, balanced: bool) -> Row:
    """Return a row on a binary tree."""
    least, most, _ = SIZES[difficulty]
    tree = random_binary_tree(rng.randint(least, most), rng, balanced=balanced)
    mirror = mirrored(tree)
    return {
        **_head(tree, number, 2),
        "balance_Q": "Do the heights of the two subtrees differ by at most one at every node?",
        "balance_A": tree.is_balanced(),
        **_traversals(tree, rng),
        "mirror_tree_Q": "Exchange left and right at every node, and draw the tree that results.",
        "mirror_tree_A_E": drawn(mirror, "edge"),
        "mirror_tree_A_H": drawn(mirror, "hierarchy"),
    }


def _head(tree: Tree, number: int, degree: int) -> Row:
    return {
        "structure_args": [len(tree.nodes()), tree.height(tree.root), degree],
        "id": number,
        "edge_presentation": drawn(tree, "edge"),
        "hierarchy_presentation": drawn(tree, "hierarchy"),
    }


def _relations(tree: Tree, rng: random.Random) -> Row:
    nodes = tree.nodes()
    low, high, leaf, deep = (rng.choice(nodes) for _ in range(4))
    one, other = rng.sample(nodes, 2)
    return {
        "root_Q": "Which node has no parent?",
        "root_A": tree.root,
        "all_ancestor_Q": f"Which nodes are above node {low}: its parent, the parent of that, ...?",
        "all_ancestor_A": _listed(tree.ancestors(low)),
        "all_children_Q": f"Which nodes are below node {high}: its children, their children, ...?",
        "all_children_A": _listed(tree.nodes(high)[1:]),
        "leaf_Q": f"Is node {leaf} without children?",
        "leaf_A": not tree.below(leaf),
        "node_depth_Q": f"At which depth is node {deep}, if the root is at depth 1?",
        "node_depth_A": 1 + len(tree.ancestors(deep)),
        "common_ancestor_Q": (
            f"Which is the lowest common ancestor of nodes {one} and {other}? "
            "A node counts as an ancestor of itself."
        ),
        "common_ancestor_A": tree.common_ancestor(one, other),
    }


def _changes(tree: Tree, rng: random.Random) -> Row:
    nodes = tree.nodes()
    parent, new = rng.choice(nodes), len(nodes)
    gone = rng.choice(nodes[1:])
    grown, cut = with_child(tree, parent, new), without(tree, gone)
    twin = renumbered(tree, rng)
    if rng.random() < 1 / 2:
        twin = random_tree(len(nodes), max(map(len, tree.children.values())), rng)
    return {
        "isomorphic_Q_E": _twin_question(drawn(twin, "edge")),
        "isomorphic_Q_H": _twin_question(drawn(twin, "hierarchy")),
        "isomorphic_A": tree.shape() == twin.shape(),
        "add_node_Q": f"Give node {parent} a new last child, node {new}, and draw the tree.",
        "add_node_A_E": drawn(grown, "edge"),
        "add_node_A_H": drawn(grown, "hierarchy"),
        "remove_node_Q": (
            f"Take node {gone} out of the tree. Its children, if any, move up to where it was. "
            "Draw the tree that is left."
        ),
        "remove_node_A_E": drawn(cut, "edge"),
        "remove_node_A_H": drawn(cut, "hierarchy"),
    }


def _twin_question(other: str) -> str:
    return (
        f"Here is a second tree:\n{other}\n\nNumbers and the order of children aside, "
        "do both trees have the same shape?"
    )


def _traversals(tree: Tree, rng: random.Random) -> Row:
    sequences = {order: traversal(tree, order) for order in ORDERS}
    # Two of the orders may give the same sequence; never all three, in trees of two nodes or more.
    told_apart = [o for o in ORDERS if list(sequences.values()).count(sequences[o]) == 1]
    shown = rng.choice(told_apart)
    row: dict[str, Any] = {}
    for name, order in zip(("prefix", "infix", "postfix"), ORDERS, strict=True):
        row[f"{name}_traversal_Q"] = f"List the nodes in {order}."
        row[f"{name}_traversal_A"] = sequences[order]
    row["traversal_order_verification_Q"] = (
        f"In which order was the tree walked to get {sequences[shown]}: "
        "preorder, inorder or postorder?"
    )
    row["traversal_order_verification_A"] = shown
    return row


def _listed(nodes: list[int]) -> str:
    return ", ".join(map(str, nodes)) or _NONE
