"""What stands between a run and its models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted import ScriptedEndpoint, echo
from worlds import World

from evalrun.core.config import RunOptions
from evalrun.core.content import text_of
from evalrun.core.errors import SampleError
from evalrun.core.exchange import Call, Reply, ReplyTiming, Usage
from evalrun.core.interfaces import Endpoint
from evalrun.models.chat import ChatEndpoint
from evalrun.models.kv.full import Full, FullOptions
from evalrun.runners.notices import Notices
from evalrun.runners.serving import Serving, most_asked


class Server:
    """A client that echoes the question, and counts its requests and replies."""

    def __init__(self) -> None:
        self.requests = 0
        self.replies = 0

    async def call(self, call: Call) -> Reply:
        return (await self.several(call, 1))[0]

    async def several(self, call: Call, n: int) -> tuple[Reply, ...]:
        self.requests += 1
        self.replies += n
        return tuple(
            Reply(
                text=text_of(call.messages[-1].content),
                stop_reason="stop",
                timing=ReplyTiming(latency_s=0.0),
                usage=Usage(input_tokens=0 if i else 100, output_tokens=1, cost_usd=0.01),
            )
            for i in range(n)
        )

    def identity(self) -> dict[str, Any]:
        return {"server": "echo"}

    def environment(self) -> dict[str, Any]:
        return {}

    async def close(self) -> None:
        pass


class Given:
    """A model whose endpoint is there already."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def endpoint(self, kv: Any) -> Endpoint:
        return self._endpoint


def served(world: World, endpoint: Endpoint) -> None:
    """Run `world` on `endpoint` as runs do."""
    serving = Serving(world.config.run, Notices(lambda _: None))
    world.execute(serving.model(Given(endpoint), Full(FullOptions(method="full"))))
    serving.close()


def test_epochs_of_a_sample_come_from_one_request_where_the_model_says_so(tmp_path: Path) -> None:
    server = Server()
    world = World(tmp_path, 6, epochs=4, max_connections=2)
    served(world, ChatEndpoint(server, replies_per_request=4))
    assert (server.requests, server.replies) == (6, 24)
    assert len(world.scores) == 24
    assert sum(p.usage.input_tokens for p in world.predictions) == 600
    assert {p.outputs[0] for p in world.predictions} == {str(i) for i in range(6)}


def test_another_run_that_asks_the_same_asks_nobody_and_spends_nothing(tmp_path: Path) -> None:
    for name, requests in (("first", 5), ("second", 0)):
        server = Server()
        (tmp_path / name).mkdir()
        world = World(tmp_path / name, 5)
        served(world, ChatEndpoint(server))
        assert server.requests == requests
        assert len(world.scores) == 5
    assert [p.usage.cost_usd for p in world.predictions] == [0.0] * 5
    assert all(p.turns[0].from_cache for p in world.predictions)


def test_the_cache_can_be_left_alone(tmp_path: Path) -> None:
    for name in ("first", "second"):
        server = Server()
        (tmp_path / name).mkdir()
        served(World(tmp_path / name, 5, cache=False), ChatEndpoint(server))
        assert server.requests == 5


def test_another_seed_is_another_question(tmp_path: Path) -> None:
    for seed in (0, 1):
        server = Server()
        (tmp_path / str(seed)).mkdir()
        served(World(tmp_path / str(seed), 5, seed=seed), ChatEndpoint(server))
        assert server.requests == 5


def test_an_endpoint_in_this_process_is_asked_again_and_keeps_its_limit(tmp_path: Path) -> None:
    failed: set[str] = set()

    def once(key: Any, *rest: Any) -> str | Exception:
        if key.sample_id in failed:
            return echo(key, *rest)
        failed.add(key.sample_id)
        return SampleError("busy", kind="server", passing=True, retry_after_s=0.001)

    endpoint = ScriptedEndpoint(once, delay_s=0.001)
    world = World(tmp_path, 8, max_connections=2)
    served(world, endpoint)
    assert len(world.scores) == 8
    assert endpoint.most_running == 2


@pytest.mark.parametrize(("connections", "samples"), [(1, 2), (64, 128)])
def test_samples_that_are_asked_outnumber_connections(connections: int, samples: int) -> None:
    assert most_asked(RunOptions(max_connections=connections)) == samples
