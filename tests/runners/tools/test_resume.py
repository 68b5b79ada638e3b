"""A search that dies in the middle: the second start asks only what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted import ScriptedEndpoint
from servers.tool_server import ToolServer
from tools.agents import CITY, KEY, SAMPLE, TIME, call, give_answer, give_up

from evalrun.core.exchange import Reply, Sampling
from evalrun.core.interfaces import Actor, Endpoint, Equipped, Play, RoleProtocol
from evalrun.runners.journal.endpoint import JournaledEndpoint
from evalrun.runners.journal.journal import Journal
from evalrun.runners.tools.protocols import AgentOptions, ToolAgent
from evalrun.runners.tools.sources import ToolOptions

SCRIPT = [
    call(CITY.name, {"city": "Oslo"}),
    call(TIME.name),
    call(CITY.name, {"city": "Rome"}),
    give_up(),
    call(CITY.name, {"city": "Oslo"}),
    call(CITY.name, {"city": "Oslo"}),
    give_answer("rain"),
]


class Killed(BaseException):
    """Stands for the end of the process."""


def dies_after(replies: int) -> Iterator[Reply]:
    yield from SCRIPT[:replies]
    raise Killed


def start(folder: Path, server: ToolServer, model: ScriptedEndpoint) -> Play:
    """Play the sample once with the journal in `folder`, as a run does."""
    tools = ToolOptions(sources=("live",), url=server.url)
    protocol = ToolAgent(AgentOptions(name="dfsdt", tools=tools))
    assert isinstance(protocol, Equipped)
    assert isinstance(protocol, RoleProtocol)

    async def play() -> Play:
        journal = Journal(folder / "calls.jsonl")
        endpoints: dict[str, Endpoint] = {"model": model, **protocol.equipment()}
        kept = {role: JournaledEndpoint(e, journal, role) for role, e in endpoints.items()}
        cast = {role: Actor(role, e, Sampling()) for role, e in kept.items()}
        try:
            played = protocol.with_cast(cast)
            return await played.play(SAMPLE, KEY, kept["model"], Sampling(seed=0))
        finally:
            await journal.close()
            await kept["tools"].close()

    return asyncio.run(play())


def by(replies: Iterator[Reply]) -> ScriptedEndpoint:
    return ScriptedEndpoint(lambda *_: next(replies))


def test_an_undisturbed_search_calls_tools_as_its_script_says(tmp_path: Path) -> None:
    with ToolServer() as server:
        play = start(tmp_path, server, by(iter(SCRIPT)))
    assert play.replies[0].text == "rain"
    assert len(server.calls) == 5
    assert play.outcome["tool_sources"] == {"live": 5, "finish": 2}


@pytest.mark.parametrize("died_after", range(len(SCRIPT)))
def test_a_second_start_asks_only_what_is_new(tmp_path: Path, died_after: int) -> None:
    with ToolServer() as server:
        undisturbed = start(_folder(tmp_path, "undisturbed"), server, by(iter(SCRIPT)))
        server.calls.clear()
        disturbed = _folder(tmp_path, "disturbed")
        with pytest.raises(Killed):
            start(disturbed, server, by(dies_after(died_after)))
        rest = by(iter(SCRIPT[died_after:]))
        play = start(disturbed, server, rest)
    assert play.outcome == undisturbed.outcome
    assert len(rest.asked) == len(SCRIPT) - died_after
    # Three calls of the same tool with the same input are three calls, each made once.
    assert len(server.calls) == 5


def _folder(above: Path, name: str) -> Path:
    folder = above / name
    folder.mkdir()
    return folder
