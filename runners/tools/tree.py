"""The tree of what an agent thought and did, in the form of ToolBench's answer files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from ...core.content import Message, text_of

Kind = Literal["Thought", "Action", "Action Input"]
# Ratings belong to a search that compares nodes, and stay at their beginning in others.
_ELO = 1000.0


class Said(msgspec.Struct, frozen=True):
    """A message on the way to a node; `name` is the tool whose result it tells.

    One that is not `shown` was said once, to the step that was asked then, and to no other.
    """

    message: Message
    name: str | None = None
    shown: bool = True

    def entry(self) -> dict[str, Any]:
        """Return it as answer files have it."""
        message = self.message
        entry: dict[str, Any] = {"role": message.role, "content": text_of(message.content)}
        if message.role == "tool":
            entry = {"role": "function", "name": self.name, "content": entry["content"]}
        if message.role == "assistant":
            entry["content"] = entry["content"] or None
        if message.tool_calls:
            call = message.tool_calls[0]
            entry["function_call"] = {"name": call.name, "arguments": call.arguments}
        return entry if self.shown else {**entry, "valid": False}


class Node(msgspec.Struct, eq=False, kw_only=True):
    """A thought, a call's tool, or a call's arguments with what came of it.

    `said` is the conversation up to here. `code` is the status of the observation. `expanded` is
    the position of the node in the order in which the search came to nodes.
    """

    kind: Kind
    text: str = ""
    father: Node | None = None
    said: tuple[Said, ...] = ()
    children: list[Node] = []
    observation: str = ""
    code: int | None = None
    pruned: bool = False
    terminal: bool = False
    finished: bool = False
    expanded: int = 0

    @property
    def depth(self) -> int:
        """How many nodes stand between this one and the root, this one counted."""
        return sum(1 for _ in self.lineage())

    @property
    def shown(self) -> tuple[Message, ...]:
        """The conversation as the model gets it."""
        return tuple(said.message for said in self.said if said.shown)

    def lineage(self) -> Iterator[Node]:
        """Yield this node, its father and so on, without the root."""
        node: Node = self
        while node.father is not None:
            yield node
            node = node.father

    def child(self, kind: Kind, text: str) -> Node:
        """Put a node below this one, with the same conversation, and return it."""
        node = Node(kind=kind, text=text, father=self, said=self.said)
        self.children.append(node)
        return node

    def finish(self, levels: int) -> None:
        """Mark this node and those above it, up to so many calls, as part of an answer."""
        node: Node | None = self
        while node is not None:
            node.finished = True
            levels -= node.kind == "Action Input"
            node = node.father if levels >= 0 else None

    def entry(self) -> dict[str, Any]:
        """Return the node as answer files have it, without its children."""
        entry: dict[str, Any] = {
            "is_terminal": False,  # in answer files it is never anything else
            "pruned": self.pruned,
            "finished": self.finished,
            "depth": self.depth,
            "node_type": self.kind,
            "description": self.text,
            "Elo": _ELO,
        }
        if self.observation:
            entry["observation"] = self.observation
        if self.code is not None:
            entry["observation_code"] = self.code
        entry |= {"child_count": len(self.children), "expand_num": self.expanded}
        return {**entry, "io_state": {}} if self.kind == "Action Input" else entry

    def tree(self) -> dict[str, Any]:
        """Return the node with all that is below it."""
        return {**self.entry(), "children": [child.tree() for child in self.children]}

    def chain(self) -> list[dict[str, Any]]:
        """Return the nodes from below the root to this one."""
        return [node.entry() for node in reversed(list(self.lineage()))]

    def size(self) -> int:
        """Return how many nodes there are from here on down."""
        return 1 + sum(child.size() for child in self.children)

    def height(self) -> int:
        """Return how many nodes the longest way down has."""
        return 1 + max((child.height() for child in self.children), default=0)


def train_messages(node: Node) -> list[list[dict[str, Any]]]:
    """Return the conversation behind each step on the way to `node`, up to the step itself.

    `get_train_messages_from_this_node` of ToolBench.
    """
    steps = [step for step in node.lineage() if _is_step(step)]
    return [_up_to_reply(step.said) for step in reversed(steps)]


def _is_step(node: Node) -> bool:
    return node.kind == "Action Input" or (node.kind == "Thought" and _ends_in_reply(node.said))


def _ends_in_reply(said: tuple[Said, ...]) -> bool:
    roles = [one.message.role for one in said]
    while roles and roles[-1] == "user":
        roles.pop()
    return bool(roles) and roles[-1] == "assistant"


def _up_to_reply(said: tuple[Said, ...]) -> list[dict[str, Any]]:
    """Return what was said up to the last reply; of messages shown once, the latest alone."""
    ends = [place for place, one in enumerate(said) if one.message.role == "assistant"]
    behind = said[: ends[-1] + 1] if ends else ()
    hidden = [place for place, one in enumerate(behind) if not one.shown]
    return [one.entry() for place, one in enumerate(behind) if one.shown or place == hidden[-1]]
