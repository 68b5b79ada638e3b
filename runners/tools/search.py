"""How an agent looks for an answer: along one chain, or depth first through a tree."""

from __future__ import annotations

import json

import msgspec

from ...core.content import Message
from .agent import Agent
from .finish import GAVE_UP
from .tree import Node, Said
from .wording import wording

# How many levels a search goes back at once, as ToolBench's return values say.
_ONE_LEVEL = 1
_BACK_FROM_GIVING_UP = 2
_STOP = 100_000
# How many calls on the way to an answer are marked as part of it, that of Finish among them.
_FINISHED_LEVELS = 2


class Found(msgspec.Struct, frozen=True):
    """What a search came to: the nodes with an answer, and those at which the agent gave up."""

    root: Node
    ends: tuple[Node, ...]
    gave_up: tuple[Node, ...] = ()

    @property
    def answer(self) -> Node | None:
        """The first node with an answer."""
        return next((node for node in self.ends if node.terminal), None)


async def along_a_chain(agent: Agent, root: Node, depth: int) -> Found:
    """Return one chain of steps (CoT@1 of ToolBench, `single_chain.do_chain`).

    It ends with an answer, by giving up, or when the chain has `depth` nodes: a thought, a call's
    tool and a call's arguments are a node each, so that a step with a thought counts three.
    """
    node = root
    while not (node.pruned or node.terminal):
        node = await agent.take(node, await agent.ask(node))
        if node.depth >= depth and not node.terminal:
            node.pruned = True
    return Found(root, (node,), (node,) if node.code == GAVE_UP else ())


class DepthFirst:
    """A search in pre-order (DFS_woFilter of ToolBench, `DFS_tree_search.DFS`).

    Up to `width` children of a node are asked for, each new one when what is below the earlier ones
    led nowhere, and then with a word of what they were. A path ends with an answer, which ends the
    search, where the agent gives up, and at `depth` nodes. Reply number `calls` ends the search and
    is not read.
    """

    def __init__(self, agent: Agent, *, width: int, depth: int, calls: int) -> None:
        self._agent = agent
        self._width = width
        self._depth = depth
        self._most_calls = calls
        self._visited = 0
        self._answers: list[Node] = []
        self._gave_up: list[Node] = []

    async def search(self, root: Node) -> Found:
        """Return what is found below `root`."""
        await self._explore(root)
        return Found(root, tuple(self._answers), tuple(self._gave_up))

    async def _explore(self, node: Node) -> int:
        """Explore what is below `node`, and return how many levels to go back from it."""
        node.expanded = self._visited
        self._visited += 1
        if node.terminal or node.pruned or node.depth >= self._depth:
            return self._end(node)
        for _ in range(self._width):
            aside = diversity(node)
            reply = await self._agent.ask(node, aside)
            if self._agent.calls.count >= self._most_calls:
                return _STOP
            if aside is not None:
                node.said = (*node.said, Said(aside, shown=False))
            child = await self._agent.take(node, reply)
            if child.terminal:
                child.finish(_FINISHED_LEVELS)
            levels = await self._explore(child)
            if self._answers:
                return _STOP
            if levels > _ONE_LEVEL:
                return levels - 1
        return _ONE_LEVEL

    def _end(self, node: Node) -> int:
        if node.terminal:
            self._answers.append(node)
            return _STOP
        node.pruned = True
        if node.code != GAVE_UP:
            return _ONE_LEVEL
        self._gave_up.append(node)
        return _BACK_FROM_GIVING_UP


def diversity(node: Node) -> Message | None:
    """Return the word that asks for another step than the children of `node`; None without calls.

    Of each child it tells the first call on the way down, and what came of it.
    """
    calls = [call for child in node.children if (call := _first_call(child)) is not None]
    if not calls:
        return None
    tried = [
        {
            "name": call.father.text if call.father else "",
            "arguments": call.text,
            "function_output": call.observation,
        }
        for call in calls
    ]
    candidates = json.dumps(tried, indent=2)
    if node.observation:
        candidates += "\n" + wording("latest", observation=node.observation)
    return Message("user", wording("diversity", candidates=candidates))


def _first_call(node: Node) -> Node | None:
    while node.kind != "Action Input" and node.children:
        node = node.children[0]
    return node if node.kind == "Action Input" else None
