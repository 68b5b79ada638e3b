"""What a search came to, in the form of ToolBench's answer files."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec

from ...core.exchange import Tool
from .agent import Agent
from .search import Found
from .tree import Node, train_messages


class Task(msgspec.Struct, frozen=True):
    """What an answer file says of the question."""

    query: str
    tools: tuple[Tool, ...]


def chain_file(found: Found, agent: Agent, task: Task, depth: int) -> dict[str, Any]:
    """Return the answer file of one chain (`single_chain.to_json`)."""
    (last,) = found.ends
    return {
        "win": last.terminal,
        "try_count": 1,
        # Answer files say so of the first try whatever came of it.
        "trys": [{"chain": last.chain(), "win": False}],
        "compare_candidates": [last.chain()] if last.terminal else [],
        "forward_args": {"single_chain_max_step": depth, "pass_at": 1, "answer": 1},
        "answer_generation": {
            **_generation(agent, task),
            **(_given(last) if last.terminal else {}),
        },
        "tool_sources": dict(agent.used),
    }


def tree_file(
    found: Found, agent: Agent, task: Task, forward_args: dict[str, Any], rng: random.Random
) -> dict[str, Any]:
    """Return the answer file of a tree (`DFS_tree_search.to_json`).

    Without an answer, one of the places at which the agent gave up is drawn to stand for it.
    """
    generation = {**_generation(agent, task), "finish_type": "give_answer"}
    if found.answer is not None:
        generation |= _given(found.answer)
    elif found.gave_up:
        generation |= {**_given(_drawn(found.gave_up, rng)), "finish_type": "give_up"}
    return {
        "win": found.answer is not None,
        "tree": {
            "size": found.root.size(),
            "max_length": found.root.height(),
            "tree": found.root.tree(),
        },
        "forward_args": forward_args,
        "compare_candidates": [node.chain() for node in found.ends],
        "answer_generation": generation,
        "tool_sources": dict(agent.used),
    }


def _generation(agent: Agent, task: Task) -> dict[str, Any]:
    return {
        "valid_data": False,
        "query_count": agent.calls.count,
        "total_tokens": agent.calls.tokens,
        "final_answer": "",
        "function": [msgspec.to_builtins(tool) for tool in task.tools],
        "train_messages": [],
        "chain": [],
        "query": task.query,
    }


def _given(node: Node) -> dict[str, Any]:
    return {
        "valid_data": True,
        "final_answer": node.text,
        "train_messages": train_messages(node),
    }


def _drawn(nodes: Sequence[Node], rng: random.Random) -> Node:
    return nodes[rng.randrange(len(nodes))]
