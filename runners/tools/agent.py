"""An agent at work on one sample: it asks for a step, takes it, and notes what came of it."""

from __future__ import annotations

from collections import Counter

import msgspec

from ...core.content import Message, ToolCall, joined
from ...core.errors import DataError
from ...core.exchange import Reply, SampleKey, Tool
from ...core.sample import Sample, Turn
from ...core.tools import Observation, ToolRequest, origin_of
from .calling import Calling
from .calls import Calls
from .finish import ANSWERED, FINISH, GAVE_UP, finish_tool, finished
from .responses import failed
from .sources import Sources
from .tree import Node, Said
from .wording import wording

# What a call of a tool that is not there becomes in the conversation (ToolBench).
INVALID_NAME = "invalid_hallucination_function_name"
UNKNOWN_TOOL = 1


class Bench(msgspec.Struct, frozen=True):
    """The tools of one sample, and who answers their calls."""

    turn: Turn
    tools: tuple[Tool, ...]
    sources: Sources
    key: SampleKey
    seed: int | None
    most_characters: int

    async def use(self, name: str, arguments: str) -> Observation:
        """Return what a call comes to, cut to what the model sees. Raises SampleError, DataError.

        A tool is the first whose name ends in `name` (ToolBench finds it so); an empty name is
        none.
        """
        if name == FINISH:
            return self._cut(finished(arguments))
        tool = next((t for t in self.tools if name and t.name.endswith(name)), None)
        if tool is None:
            return self._cut(failed(UNKNOWN_TOOL, f"No such function name: {name}", "unknown tool"))
        origin = origin_of(self.turn, tool)
        request = ToolRequest(origin, arguments, self.key, self.seed)
        return self._cut(await self.sources.call(request))

    def _cut(self, observation: Observation) -> Observation:
        if len(observation.text) <= self.most_characters:
            return observation
        text = observation.text[: self.most_characters] + "..."
        return msgspec.structs.replace(observation, text=text)


class Agent:
    """Grows the tree of one sample, a step at a time. `used` counts who answered calls."""

    def __init__(self, calls: Calls, calling: Calling, bench: Bench) -> None:
        self.calls = calls
        self.used: Counter[str] = Counter()
        self._calling = calling
        self._bench = bench

    async def ask(self, node: Node, aside: Message | None = None) -> Reply:
        """Return the model's step from `node`; it alone gets to see `aside`."""
        conversation = node.shown if aside is None else (*node.shown, aside)
        return await self.calls.ask(conversation)

    async def take(self, node: Node, reply: Reply) -> Node:
        """Put the nodes of a step below `node`, make its call, and return the last of them."""
        step = self._calling.step(reply, self.calls.count)
        latest = node
        if step.thought is not None:
            latest = latest.child("Thought", step.thought)
        said = Message("assistant", step.thought or "")
        if step.call is None:
            latest.said = (*latest.said, Said(said))
            return latest
        return await self._act(latest, said, step.call)

    async def _act(self, node: Node, said: Message, call: ToolCall) -> Node:
        observation = await self._bench.use(call.name, call.arguments)
        self.calls.replies += observation.replies
        self.used[observation.source] += 1
        done = node.child("Action", call.name).child("Action Input", call.arguments)
        done.observation, done.code = observation.text, observation.status
        if observation.status == UNKNOWN_TOOL:
            call = msgspec.structs.replace(call, name=INVALID_NAME)
        done.pruned = observation.status == GAVE_UP
        done.terminal = observation.status == ANSWERED
        step = msgspec.structs.replace(said, tool_calls=(call,))
        seen = Message("tool", observation.text, tool_call_id=call.id)
        done.said = (*done.said, Said(step), Said(seen, call.name))
        return done


def tools_of(sample: Sample, turn: Turn, protocol: str) -> tuple[Tool, ...]:
    """Return the tools of `turn`, and Finish behind them. Raises DataError if there are none."""
    if not turn.tools:
        raise DataError(
            f"sample {sample.id} offers no tools; protocol={protocol} needs rows with tools, or "
            "use protocol=single_turn"
        )
    own = tuple(tool for tool in turn.tools if tool.name != FINISH)
    return (*own, finish_tool())


def opening_of(sample: Sample, turn: Turn) -> tuple[Message, ...]:
    """Return how the conversation begins: how to work, the sample's own messages, the question.

    What the sample says as the system stands behind how to work, in the same message.
    """
    system, before = Message("system", wording("agent")), sample.messages
    if before and before[0].role == "system":
        system = Message("system", joined(system.content, before[0].content))
        before = before[1:]
    question = joined(joined(sample.context, turn.query), wording("begin"))
    return (system, *before, Message("user", question))


def begun(opening: tuple[Message, ...]) -> Node:
    """Return the root of a tree whose conversations begin with `opening`."""
    return Node(kind="Action Input", said=tuple(map(Said, opening)))
