"""Tools behind an address on the network, asked as ToolBench's service is."""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import aiohttp
import msgspec

from ...core.content import Message, ToolCall
from ...core.errors import SampleError
from ...core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey, Sampling
from ...core.interfaces import Endpoint, Session
from ...core.redact import redact_message
from ...core.tools import Observation, ToolOrigin, ToolRequest
from .responses import FAILED_REQUEST, TIMED_OUT, failed, responded

LIVE = "live"
# The role of the server in the journal of a run.
ROLE = "tools"
_LARGEST_BYTES = 4 << 20


class Live:
    """Asks an endpoint that is no model: each call is a message, and each response a reply.

    So responses are kept like replies, and a play that is resumed calls no tool twice.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def call(self, request: ToolRequest) -> Observation | None:
        """Return what the server says, a failure included. Raises SampleError."""
        asked = msgspec.json.encode(request.origin).decode()
        call = ToolCall("call", asked, request.arguments)
        message = Message("assistant", "", (call,))
        async with self._endpoint.open(Prompt(messages=()), request.key) as session:
            reply = await session.generate(Request(sampling=Sampling(), messages=(message,)))
        return msgspec.json.decode(reply.text, type=Observation)


class LiveEndpoint:
    """`POST url` for each call, with category, tool_name, api_name and tool_input.

    What the server answers is what the model sees: a status other than 200 and what is no JSON
    object are failed requests (12), silence for `timeout_s` is a timeout (5). A server that cannot
    be reached at all answers nothing; then the sample has no reply. The key stands in the
    environment variable `key_env`.
    """

    max_concurrency = None

    def __init__(self, url: str, timeout_s: float, key_env: str | None) -> None:
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._key = os.environ.get(key_env, "") if key_env else ""
        self._http: aiohttp.ClientSession | None = None

    def open(
        self,
        prompt: Prompt,  # noqa: ARG002 - each call stands for itself
        key: SampleKey,  # noqa: ARG002
    ) -> AbstractAsyncContextManager[Session]:
        """Return the server as a session."""
        return nullcontext(_LiveSession(self))

    def environment(self) -> dict[str, Any]:
        """Return where the server is."""
        return {"tools_at": redact_message(self._url)}

    async def close(self) -> None:
        """Give back connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def respond(self, origin: ToolOrigin, arguments: str) -> Observation:
        """Return what a call comes to. Raises SampleError when the server cannot be reached."""
        payload = {
            "category": origin.category,
            "tool_name": origin.tool,
            "api_name": origin.api,
            "tool_input": arguments,
            "strip": "",
            "toolbench_key": self._key,
        }
        try:
            return await self._posted(payload)
        except aiohttp.ClientConnectorError as error:
            raise SampleError(
                f"{redact_message(self._url)}: {error}; start the server of the tools, or say "
                "protocol.tools.url",
                kind="connection",
                passing=True,
            ) from None
        except asyncio.TimeoutError:
            return failed(TIMED_OUT, "Timeout error...", LIVE)
        except aiohttp.ClientError:
            return failed(FAILED_REQUEST, "request invalid, data error", LIVE)

    async def _posted(self, payload: dict[str, str]) -> Observation:
        http = self._http or aiohttp.ClientSession(timeout=self._timeout)
        self._http = http
        headers = {"toolbench_key": self._key} if self._key else {}
        async with http.post(
            self._url, json=payload, headers=headers, allow_redirects=False
        ) as response:
            if response.status != 200:
                said = f"request invalid, data error. status_code={response.status}"
                return failed(FAILED_REQUEST, said, LIVE)
            return responded(_json(await _body(response)), LIVE)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """Return the content; nothing of one that is too large."""
    body = bytearray()
    async for piece in response.content.iter_chunked(1 << 16):
        body += piece
        if len(body) > _LARGEST_BYTES:
            return b""
    return bytes(body)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


class _LiveSession:
    def __init__(self, endpoint: LiveEndpoint) -> None:
        self._endpoint = endpoint

    async def generate(self, request: Request) -> Reply:
        """Call the tool of the last message."""
        call = request.messages[-1].tool_calls[0]
        started = time.monotonic()
        origin = msgspec.json.decode(call.name, type=ToolOrigin)
        observation = await self._endpoint.respond(origin, call.arguments)
        timing = ReplyTiming(latency_s=round(time.monotonic() - started, 6))
        text = msgspec.json.encode(observation).decode()
        return Reply(text=text, stop_reason="stop", timing=timing)
