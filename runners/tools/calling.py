"""How calls of tools are asked for and told: as the endpoint's own messages, or as text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from ...core.content import Message, ToolCall, joined, text_of
from ...core.exchange import Reply, Sampling, Tool
from .wording import wording

Manner = Literal["native", "prompted"]

_OBSERVATION = re.compile(r"^\s*Observation\s*:", re.IGNORECASE | re.MULTILINE)
_ACTION = re.compile(r"^[ \t*]*Action[ \t]*:[ \t*]*(.*)$", re.IGNORECASE | re.MULTILINE)
_INPUT = re.compile(r"^[ \t*]*Action[ \t]+Input[ \t]*:\**", re.IGNORECASE | re.MULTILINE)
_THOUGHT = re.compile(r"^\s*\**Thought[ \t]*:\**", re.IGNORECASE)
_FENCE = re.compile(r"^```\w*\n(.*?)\n?```\s*$", re.DOTALL)
_AROUND_NAMES = " \t`'\"*"
_STOP = "\nObservation:"


class Step(msgspec.Struct, frozen=True):
    """What a model does next: its thought, where it said one, and the call it makes, if any."""

    thought: str | None
    call: ToolCall | None


class Calling(Protocol):
    """A way to offer tools to a model, to read its calls and to tell it their results."""

    def offered(self, tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
        """Return the tools that the endpoint is to offer."""
        ...

    def sampling(self, sampling: Sampling) -> Sampling:
        """Return how a step is decoded."""
        ...

    def told(self, messages: Sequence[Message], tools: Sequence[Tool]) -> tuple[Message, ...]:
        """Return the conversation as the endpoint gets it."""
        ...

    def step(self, reply: Reply, number: int) -> Step:
        """Return what reply number `number` says to do."""
        ...


class Native:
    """Tools as messages of the endpoint's own. Of several calls in a reply, the first is made."""

    def offered(self, tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
        """Return all of them."""
        return tools

    def sampling(self, sampling: Sampling) -> Sampling:
        """Return `sampling` as it is."""
        return sampling

    def told(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool],  # noqa: ARG002 - the endpoint tells the model of them
    ) -> tuple[Message, ...]:
        """Return `messages` as they are."""
        return tuple(messages)

    def step(self, reply: Reply, number: int) -> Step:
        """Return text and first call; a name with dots in it counts from the last one on."""
        if not reply.tool_calls:
            return Step(reply.text, None)
        first = reply.tool_calls[0]
        name = first.name.rpartition(".")[2]
        return Step(
            reply.text or None, ToolCall(first.id or call_id(number), name, first.arguments)
        )


class Prompted:
    """Tools described in the system text, calls as lines Thought, Action and Action Input.

    Results go back as the user's words. User and assistant take turns, since many chat templates
    refuse anything else: what the user says at once becomes one message, and a step without a call
    is answered by a word to go on.
    """

    def offered(self, tools: tuple[Tool, ...]) -> tuple[Tool, ...]:  # noqa: ARG002 - see `told`
        """Return nothing: the endpoint knows of no tools."""
        return ()

    def sampling(self, sampling: Sampling) -> Sampling:
        """Return `sampling` with an end where the model begins to make up the result."""
        return msgspec.structs.replace(sampling, stop=(*sampling.stop, _STOP))

    def told(self, messages: Sequence[Message], tools: Sequence[Tool]) -> tuple[Message, ...]:
        """Return the conversation in text."""
        described = "\n".join(msgspec.json.encode(tool).decode() for tool in tools)
        texts: list[Message] = []
        for message in messages:
            _say(texts, _in_text(message, described))
        if texts and texts[-1].role == "assistant":
            texts.append(_go_on())
        return tuple(texts)

    def step(self, reply: Reply, number: int) -> Step:
        """Return what the text says. There always is a thought, if an empty one."""
        return parse_step(reply.text, number)


def calling_of(manner: Manner) -> Calling:
    """Return the way of calling by its name."""
    return Native() if manner == "native" else Prompted()


def call_id(number: int) -> str:
    """Return the id of a call whose endpoint gives none."""
    return f"call_{number}"


def parse_step(text: str, number: int) -> Step:
    """Return what the lines Thought, Action and Action Input say; no call without an Action.

    Whatever stands behind an Observation is made up by the model and not read. Arguments are the
    JSON object at the beginning of the input, without what follows it; else all of the text.
    """
    made_up = _OBSERVATION.search(text)
    said = text[: made_up.start()] if made_up else text
    action = _ACTION.search(said)
    if action is None:
        return Step(_thought(said), None)
    name = action[1].strip(_AROUND_NAMES)
    rest = _INPUT.search(said, action.end())
    arguments = _arguments(said[rest.end() :]) if rest else ""
    return Step(_thought(said[: action.start()]), ToolCall(call_id(number), name, arguments))


def _thought(text: str) -> str:
    return _THOUGHT.sub("", text, count=1).strip()


def _arguments(text: str) -> str:
    stripped = text.strip()
    fenced = _FENCE.match(stripped)
    stripped = fenced[1].strip() if fenced else stripped
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(stripped)
    except (ValueError, RecursionError):
        return stripped
    return stripped[:end]


def _say(texts: list[Message], text: Message) -> None:
    """Put `text` behind `texts`, so that user and assistant take turns."""
    if texts and texts[-1].role == text.role == "user":
        text = Message("user", joined(joined(texts.pop().content, "\n\n"), text.content))
    elif texts and texts[-1].role == text.role == "assistant":
        texts.append(_go_on())
    texts.append(text)


def _go_on() -> Message:
    """Return what the user says after a step without a call."""
    return Message("user", wording("continue"))


def _in_text(message: Message, tools: str) -> Message:
    match message.role:
        case "system":
            described = wording("format", tools=tools)
            return Message("system", joined(message.content, described))
        case "assistant":
            return Message("assistant", _step_text(message))
        case "tool":
            return Message("user", wording("observation", text=text_of(message.content)))
        case "user":
            return message


def _step_text(message: Message) -> str:
    lines = [f"Thought: {text_of(message.content)}"]
    for call in message.tool_calls:
        lines += [f"Action: {call.name}", f"Action Input: {call.arguments}"]
    return "\n".join(lines)
