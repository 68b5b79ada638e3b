"""Plays of tool agents with replies by a script, and stored responses of two tools."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripted import ScriptedEndpoint

from evalrun.core.content import Message, ToolCall
from evalrun.core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey, Sampling, Tool
from evalrun.core.interfaces import Play
from evalrun.core.sample import Sample, Turn
from evalrun.runners.tools.protocols import AgentOptions, ToolAgent
from evalrun.runners.tools.sources import ToolOptions

KEY = SampleKey("t/0")
CITY = Tool(
    name="weather_for_skies",
    description="The weather of a city.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}},
)
TIME = Tool(name="clock_for_skies", description="The time.", parameters={"type": "object"})
SAMPLE = Sample(
    id="t/0",
    task="t",
    turns=(Turn(query="How is the weather in Oslo?", tools=(CITY, TIME), max_tokens=64),),
)
ORIGIN = {"category": "", "tool": "", "api": CITY.name}
RAIN = {"error": "", "response": "rain"}


def call(name: str, arguments: Any = None, thought: str = "") -> Reply:
    """Return a reply that calls a tool."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    calls = (ToolCall("", name, text),)
    return Reply(
        text=thought, stop_reason="stop", timing=ReplyTiming(latency_s=0.0), tool_calls=calls
    )


def give_answer(text: str, thought: str = "") -> Reply:
    return call("Finish", {"return_type": "give_answer", "final_answer": text}, thought)


def give_up(thought: str = "") -> Reply:
    return call("Finish", {"return_type": "give_up_and_restart"}, thought)


def says(*replies: Reply | str) -> ScriptedEndpoint:
    """Answer with these replies, in order; the last one again and again."""
    return ScriptedEndpoint(
        lambda _key, _prompt, request: replies[min(request.turn, len(replies) - 1)]
    )


def stored(folder: Path, *lines: dict[str, Any]) -> str:
    """Write stored responses, and return their path."""
    path = folder / "responses.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def react(endpoint: ScriptedEndpoint, sample: Sample = SAMPLE, **options: Any) -> Play:
    protocol = ToolAgent(AgentOptions(name="react", **_silent(options)))
    return asyncio.run(protocol.play(sample, KEY, endpoint, Sampling(seed=0)))


def dfsdt(
    endpoint: ScriptedEndpoint, sample: Sample = SAMPLE, seed: int = 0, **options: Any
) -> Play:
    protocol = ToolAgent(AgentOptions(name="dfsdt", **_silent(options)))
    return asyncio.run(protocol.play(sample, KEY, endpoint, Sampling(seed=seed)))


def _silent(options: dict[str, Any]) -> dict[str, Any]:
    return {"tools": ToolOptions(sources=()), **options}


def conversations(asked: Sequence[tuple[SampleKey, Prompt, Request]]) -> list[tuple[Message, ...]]:
    """Return what was said before each call."""
    return [(*prompt.messages, *request.messages) for _, prompt, request in asked]


def shape(node: dict[str, Any]) -> Any:
    """Return a tree as (what, status or None, children) for short."""
    return (
        node["description"][:24],
        node.get("observation_code"),
        [shape(child) for child in node["children"]],
    )
