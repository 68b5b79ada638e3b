"""Who answers calls of tools: stored responses, a server on the network, a model."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import ScriptedEndpoint
from servers.tool_server import ToolServer
from tools.agents import KEY

from evalrun.core.content import text_of
from evalrun.core.errors import ConfigError, DataError, SampleError
from evalrun.core.exchange import Sampling
from evalrun.core.interfaces import Actor
from evalrun.core.tools import Observation, ToolOrigin, ToolRequest
from evalrun.runners.tools.live import Live, LiveEndpoint
from evalrun.runners.tools.replay import Replay
from evalrun.runners.tools.simulated import Simulated
from evalrun.runners.tools.sources import Desk, Sources, ToolOptions

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "toolllm"
SKIES = ToolOrigin("Weather", "skies", "weather", {"description": "Weather."})


def asked(arguments: Any, origin: ToolOrigin = SKIES, seed: int = 0) -> ToolRequest:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolRequest(origin, text, KEY, seed)


def answered(server: Any, arguments: Any, origin: ToolOrigin = SKIES) -> Observation | None:
    return asyncio.run(server.call(asked(arguments, origin)))


@pytest.fixture(params=["folder", "file"])
def replay(request: pytest.FixtureRequest, tmp_path: Path) -> Replay:
    """Return the same responses in both layouts."""
    folder = FIXTURES / "cache"
    if request.param == "folder":
        return Replay(folder)
    table = json.loads((folder / "Weather" / "skies_for_Weather" / "weather.json").read_text())
    place = {"category": "Weather", "tool": "skies", "api": "weather"}
    lines = [
        {**place, "arguments": json.loads(key.replace("'", '"')), "response": response}
        for key, response in table.items()
        if "unstable" not in key
    ]
    path = tmp_path / "responses.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Replay(path)


@pytest.mark.parametrize(
    ("arguments", "status", "response"),
    [
        ({"city": "Oslo"}, 0, "rain"),
        ({"day": 2, "city": "Oslo"}, 0, "snow"),
        ({"city": "Oslo", "day": 2}, 0, "snow"),
        ("", 0, "where?"),
        ({"city": "Rome"}, 11, ""),
    ],
)
def test_stored_responses_are_found_by_the_input(replay, arguments, status, response) -> None:
    observation = answered(replay, arguments)
    assert (observation.status, json.loads(observation.text)["response"]) == (status, response)
    assert observation.source == "replay"


def test_what_is_not_stored_is_no_answer(replay) -> None:
    assert answered(replay, {"city": "Paris"}) is None
    assert answered(replay, {}, ToolOrigin("Weather", "skies", "stars")) is None
    assert answered(replay, {}, ToolOrigin("../..", "..", "..")) is None


@pytest.mark.parametrize("arguments", ["{", "[1]", "Oslo"])
def test_an_input_that_is_no_object_is_an_error_of_the_input(replay, arguments) -> None:
    assert "parse error" in answered(replay, arguments).text


def test_a_category_is_spelt_as_the_folders_are(tmp_path: Path) -> None:
    folder = tmp_path / "News_Media" / "daily_for_News_Media"
    folder.mkdir(parents=True)
    (folder / "top.json").write_text(json.dumps({"{}": {"error": "", "response": 1}}))
    assert answered(Replay(tmp_path), {}, ToolOrigin("News, Media", "daily", "top")).status == 0


def test_a_broken_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"protocol\.tools\.cache: .*no such file"):
        Replay(tmp_path / "absent")
    folder = tmp_path / "Weather" / "skies_for_Weather"
    folder.mkdir(parents=True)
    (folder / "weather.json").write_text("[")
    with pytest.raises(DataError, match=r"weather\.json"):
        answered(Replay(tmp_path), {})
    (tmp_path / "r.jsonl").write_text('{"category": "a"}\n')
    with pytest.raises(DataError, match=r"r\.jsonl, row 1: missing field 'tool'"):
        Replay(tmp_path / "r.jsonl")


@given(
    st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text(), max_size=4)
)
def test_an_input_written_by_python_is_found(tmp_path_factory, arguments: dict) -> None:
    folder = tmp_path_factory.mktemp("cache") / "C"
    (folder / "t_for_C").mkdir(parents=True)
    table = {str(arguments): {"error": "", "response": "found"}}
    (folder / "t_for_C" / "a.json").write_text(json.dumps(table))
    assert answered(Replay(folder.parent), arguments, ToolOrigin("C", "t", "a")).status == 0


def on(url: str, api: str, arguments: Any = "{}", **options: Any) -> Observation:
    """Return what a real server answers to one call."""

    async def call() -> Observation:
        endpoint = LiveEndpoint(url, options.pop("timeout_s", 5.0), options.pop("key_env", None))
        try:
            return await Live(endpoint).call(asked(arguments, ToolOrigin("Weather", "skies", api)))
        finally:
            await endpoint.close()

    return asyncio.run(call())


def test_a_server_is_asked_as_toolbench_asks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLS_KEY", "secret")
    with ToolServer() as server:
        observation = on(server.url, "weather", {"city": "Oslo"}, key_env="TOOLS_KEY")
    assert (observation.status, observation.source) == (0, "live")
    assert json.loads(observation.text) == {"error": "", "response": "rain in Oslo"}
    assert server.calls == [
        {
            "category": "Weather",
            "tool_name": "skies",
            "api_name": "weather",
            "tool_input": '{"city": "Oslo"}',
            "strip": "",
            "toolbench_key": "secret",
        }
    ]
    assert server.headers[0]["toolbench_key"] == "secret"


@pytest.mark.parametrize(
    ("api", "status", "error"),
    [
        ("broken", 12, "status_code=500"),
        ("garbage", 12, "data error"),
        ("listed", 12, "data error"),
        ("cut", 12, "data error"),
        ("moved", 12, "status_code=302"),
        ("huge", 12, "data error"),
        ("refused", 7, "Unauthorized"),
        ("slow", 5, "Timeout"),
    ],
)
def test_faults_of_a_server_are_what_the_model_sees(api: str, status: int, error: str) -> None:
    with ToolServer() as server:
        observation = on(server.url, api, timeout_s=0.3 if api == "slow" else 5.0)
    assert observation.status == status
    assert error in json.loads(observation.text)["error"]


def test_a_server_that_is_not_there_is_no_observation() -> None:
    with pytest.raises(SampleError, match="start the server of the tools") as raised:
        on("http://127.0.0.1:9", "weather")
    assert raised.value.passing


def simulated(*replies: str, stored: Replay | None = None) -> tuple[Simulated, ScriptedEndpoint]:
    script = iter(replies)
    endpoint = ScriptedEndpoint(lambda *_: next(script))
    actor = Actor("simulator", endpoint, Sampling(temperature=0.5))
    return Simulated(actor, stored), endpoint


MADE_UP = '{"error": "", "response": "fog"}'


def test_a_model_makes_responses_up_from_documentation_and_examples() -> None:
    server, endpoint = simulated(MADE_UP, stored=Replay(FIXTURES / "cache"))
    observation = answered(server, {"city": "Paris"})
    assert (observation.status, observation.source) == (0, "simulated")
    assert json.loads(observation.text)["response"] == "fog"
    assert [reply.role for reply in observation.replies] == ["simulator"]
    ((_, prompt, request),) = endpoint.asked
    shown = text_of(prompt.messages[1].content)
    for part in ('"Weather."', '"rain"', '{"city": "Paris"}'):
        assert part in shown
    assert (request.sampling.seed, request.sampling.temperature) == (0, 0.5)
    assert request.sampling.max_tokens == 1024


def test_a_response_that_cannot_be_read_is_asked_for_three_times() -> None:
    server, endpoint = simulated("Sure!", "[]", f"```json\n{MADE_UP}\n```")
    assert json.loads(answered(server, {}).text)["response"] == "fog"
    assert len({request.sampling.seed for _, _, request in endpoint.asked}) == 3
    server, endpoint = simulated("no", "no", "no")
    observation = answered(server, {})
    assert "Failed to generate" in observation.text
    assert len(observation.replies) == len(endpoint.asked) == 3


class Says:
    """A server that has one answer, or none."""

    def __init__(self, status: int | None) -> None:
        self.status = status
        self.calls = 0

    async def call(self, request: ToolRequest) -> Observation | None:
        self.calls += 1
        if self.status is None:
            return None
        return Observation(status=self.status, text=request.arguments, source=str(self.status))


@pytest.mark.parametrize(
    ("replay_", "live", "simulator", "source"),
    [
        (0, 0, 0, ("0", [1, 0, 0])),
        (11, 0, 0, ("11", [1, 0, 0])),
        (None, 0, 0, ("0", [1, 1, 0])),
        (None, 12, 0, ("0", [1, 1, 1])),
        (None, 12, None, ("12", [1, 1, 1])),
        (None, None, None, ("unavailable", [1, 1, 1])),
    ],
)
def test_sources_are_asked_one_after_another(replay_, live, simulator, source) -> None:
    servers = {"replay": Says(replay_), "live": Says(live), "simulated": Says(simulator)}
    observation = answered(Sources(servers), {})
    assert (observation.source, [s.calls for s in servers.values()]) == source


def test_what_nobody_answers_is_the_error_of_an_api_that_does_not_work() -> None:
    observation = answered(Sources({}), {})
    assert observation.status == 6
    assert json.loads(observation.text) == {"error": "API not working error...", "response": ""}


def test_what_is_missing_is_said_before_anything_is_asked() -> None:
    (problem,) = Desk(ToolOptions()).problems()
    assert problem.what.startswith("protocol.tools.cache: it is not said where")
    with pytest.raises(ConfigError, match=r"protocol\.tools\.cache"):
        Desk(ToolOptions()).manned({})
    with pytest.raises(ConfigError, match=r"protocol\.tools\.url: say the address"):
        Desk(ToolOptions(sources=("live",)))
    assert Desk(ToolOptions(sources=("replay", "simulated"))).roles == ("simulator",)
    assert ToolOptions(sources=("replay", "simulated")).label == "replay+simulated"


def test_other_stored_responses_are_another_run(tmp_path: Path) -> None:
    def known(path: Path) -> dict[str, Any]:
        return Desk(ToolOptions(cache=str(path))).provenance()

    folder, file = tmp_path / "C" / "t_for_C", tmp_path / "r.jsonl"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text("{}")
    before = known(tmp_path)
    (folder / "b.json").write_text("{}")
    assert known(tmp_path) != before
    file.write_text("")
    empty = known(file)
    file.write_text("\n")
    assert known(file) != empty
    assert known(tmp_path / "absent") == {"tool_responses": None}
    assert Desk(ToolOptions()).provenance() == {}


def test_a_person_is_told_that_tools_are_simulated() -> None:
    assert Desk(ToolOptions()).notices() == ()
    (notice,) = Desk(ToolOptions(sources=("replay", "simulated"))).notices()
    assert "tools are simulated" in notice
