"""Calls under control, to a real server over real connections."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
from scripted_client import call_of, controlled, question, reply
from servers import answers
from servers.chat_server import ChatServer

from evalrun.core.errors import FailureKind, SampleError
from evalrun.core.exchange import Call, Reply

KINDS: dict[int, FailureKind] = {429: "rate_limit", 503: "overloaded"}


class SmallClient:
    """As little of a client as the server needs."""

    def __init__(self, api_base: str) -> None:
        self._address = f"{api_base}/chat/completions"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))

    async def call(self, call: Call) -> Reply:
        body = {"messages": [{"role": "user", "content": question(call)}]}
        try:
            async with self._session.post(self._address, json=body) as response:
                if response.status != 200:
                    raise _failure(response)
                return reply((await response.json())["choices"][0]["message"]["content"])
        except (aiohttp.ClientError, OSError) as error:
            raise SampleError(str(error), kind="connection", passing=True) from None

    def identity(self) -> dict[str, Any]:
        return {"address": self._address}

    def environment(self) -> dict[str, Any]:
        return {}

    async def close(self) -> None:
        await self._session.close()


def _failure(response: aiohttp.ClientResponse) -> SampleError:
    pause = response.headers.get("Retry-After")
    return SampleError(
        f"HTTP status {response.status}",
        kind=KINDS.get(response.status, "server"),
        passing=True,
        retry_after_s=float(pause) if pause else None,
    )


def echo(messages: list[dict[str, Any]]) -> str:
    return messages[-1]["content"]


async def test_faults_that_pass_are_asked_again_and_a_pause_is_kept(
    chat_server: ChatServer,
) -> None:
    chat_server.reply = echo
    chat_server.faults.extend(
        [
            answers.rate_limited("1"),
            answers.server_error(500),
            answers.cut_before(),
            answers.cut_inside(),
        ]
    )
    client, told = controlled(SmallClient(chat_server.api_base), max_connections=4)
    started = time.monotonic()
    try:
        replies = await asyncio.gather(*(client.call(call_of(str(n))) for n in range(40)))
    finally:
        await client.close()
    assert [each.text for each in replies] == [str(n) for n in range(40)]
    assert chat_server.requests == 44
    assert time.monotonic() - started >= 1
    assert told == ["throttled by the server: HTTP status 429; asking again"]


async def test_a_server_that_is_restarted_costs_no_call() -> None:
    with ChatServer(echo, delay_s=0.02) as server:
        client, told = controlled(SmallClient(server.api_base), max_connections=8, retries=1)
        tasks = [asyncio.create_task(client.call(call_of(str(n)))) for n in range(400)]
        while server.requests < 100:  # noqa: ASYNC110 - counted in another thread
            await asyncio.sleep(0.01)
    try:
        await asyncio.sleep(1.5)
        assert client.state().paused
        with ChatServer(echo, port=int(server.url.rpartition(":")[2])) as again:
            replies = await asyncio.gather(*tasks)
            assert again.requests >= 200
    finally:
        for task in tasks:
            task.cancel()
        await client.close()
    assert [each.text for each in replies] == [str(n) for n in range(400)]
    assert "does not answer" in told[0]
    assert "is back" in told[-1]
