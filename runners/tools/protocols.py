"""The protocols `react` and `dfsdt`: an agent that calls tools, along a chain or through a tree."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from ...core.config import Options, Positive
from ...core.content import Message, text_of
from ...core.exchange import SampleKey, Sampling
from ...core.interfaces import MODEL, Actor, Endpoint, Play, Problem
from ...core.sample import Sample
from ..protocols import only_turn
from .agent import Agent, Bench, begun, opening_of, tools_of
from .answer_file import Task, chain_file, tree_file
from .calling import Manner, calling_of
from .calls import Asking, calls_of
from .finish import final_answer
from .search import DepthFirst, along_a_chain
from .sources import Desk, ToolOptions


class AgentOptions(Options, frozen=True):
    """The section `protocol` of `protocol=react` and `protocol=dfsdt`.

    `calling` is `native` where the endpoint takes tools, `prompted` where they are described in
    text. `depth` counts nodes: a thought, a call's tool and its arguments are one each. `width` is
    how many children a node of `dfsdt` has at most, and `calls` bounds its calls to the model for a
    sample.
    """

    name: Literal["react", "dfsdt"]
    calling: Manner = "native"
    width: Positive = 2
    depth: Positive = 12
    calls: Positive = 200
    tools: ToolOptions = ToolOptions()

    @property
    def most_calls(self) -> int:
        """How many calls to the model a sample may take."""
        return self.depth if self.name == "react" else self.calls


class ToolAgent:
    """An agent that thinks, calls tools, and ends with an answer.

    `react` is one chain of thoughts and calls (ReACT, called CoT@1 in ToolBench), `dfsdt` a
    depth-first search through such chains (DFSDT, called DFS_woFilter_w2). The reply is the final
    answer; the outcome is ToolBench's answer file.
    """

    Options = AgentOptions
    many_calls = True

    def __init__(self, options: AgentOptions, desk: Desk | None = None) -> None:
        """Check the options. Raises ConfigError."""
        self.options = options
        self._desk = desk or Desk(options.tools)

    @property
    def label(self) -> str:
        """How tables call it: with who answers calls."""
        return f"{self.options.name}[{self.options.tools.label}]"

    @property
    def roles(self) -> Sequence[str]:
        """Return the role of the model that makes up responses of tools, if one does."""
        return self._desk.roles

    def equipment(self) -> Mapping[str, Endpoint]:
        """Return the server of the tools, if calls go to one."""
        return self._desk.equipment

    def problems(self) -> Sequence[Problem]:
        """Say what keeps calls of tools from being answered."""
        return self._desk.problems()

    def hosts(self) -> Sequence[str]:
        """Return the server of the tools, if calls go to one."""
        return self._desk.hosts()

    def provenance(self) -> dict[str, Any]:
        """Return what identifies stored responses of tools."""
        return self._desk.provenance()

    def notices(self) -> Sequence[str]:
        """Say so where responses of tools are made up."""
        return self._desk.notices()

    def with_cast(self, cast: Mapping[str, Actor]) -> ToolAgent:
        """Return the protocol with those who answer calls. Raises ConfigError, DataError."""
        return ToolAgent(self.options, self._desk.manned(cast))

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Work on the only turn of `sample`. Raises DataError when it offers no tools."""
        options = self.options
        turn = only_turn(sample, f"protocol={options.name} works on one")
        tools = tools_of(sample, turn, options.name)
        calling = calling_of(options.calling)
        asking = Asking(calling, turn, tools, sampling)
        sources, most = self._desk.sources, options.tools.max_observation
        bench = Bench(turn, tools, sources, key, sampling.seed, most)
        opening = opening_of(sample, turn)
        opened = calls_of(sample, key, endpoint, asking, opening, options.most_calls)
        async with opened as calls:
            agent = Agent(calls, calling, bench)
            # A string is a seed that is the same in every process.
            rng = random.Random(f"{sampling.seed}/{key.sample_id}/give up")  # noqa: S311
            outcome = await _searched(
                options, agent, opening, Task(text_of(turn.query), tools), rng
            )
        return _play(agent, outcome)


async def _searched(
    options: AgentOptions,
    agent: Agent,
    opening: tuple[Message, ...],
    task: Task,
    rng: random.Random,
) -> dict[str, Any]:
    """Search for an answer, and return the answer file."""
    root = begun(opening)
    if options.name == "react":
        found = await along_a_chain(agent, root, options.depth)
        return chain_file(found, agent, task, options.depth)
    search = DepthFirst(agent, width=options.width, depth=options.depth, calls=options.calls)
    return tree_file(await search.search(root), agent, task, _forward_args(options), rng)


def _play(agent: Agent, outcome: dict[str, Any]) -> Play:
    """Return the final answer as the model's last reply, and all others on the way to it."""
    replies = list(agent.calls.replies)
    last = max(place for place, said in enumerate(replies) if said.role == MODEL)
    answer = final_answer(outcome["answer_generation"]["final_answer"])
    reply = msgspec.structs.replace(replies.pop(last).reply, text=answer)
    return Play(replies=(reply,), intermediate=tuple(replies), outcome=outcome)


def _forward_args(options: AgentOptions) -> dict[str, Any]:
    return {
        "single_chain_max_step": options.depth,
        "tree_beam_size": options.width,
        "max_query_count": options.calls,
        "answer": 1,
        "with_filter": False,
    }
