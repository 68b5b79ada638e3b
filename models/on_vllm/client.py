"""Calls to a server of evalrun's own."""

from __future__ import annotations

import asyncio
from typing import Any

from ...core.errors import EndpointError, SampleError
from ...core.exchange import Call, Reply
from ...core.interfaces import Client
from .server import VLLMServer

# A process that is killed closes its connections a little before its end can be seen.
_POLL_S = 0.05
_POLLS = 20


class ServedClient:
    """A client that tells a server which has ended from one that does not answer just now.

    `identity` says what determines the replies; the address, a new one each time, does not.
    """

    def __init__(
        self,
        client: Client,
        server: VLLMServer,
        identity: dict[str, Any],
        environment: dict[str, Any],
    ) -> None:
        self._client = client
        self._server = server
        self._identity = identity
        self._environment = environment

    async def call(self, call: Call) -> Reply:
        """Answer `call`. Raises SampleError, and EndpointError when the server has ended."""
        try:
            return await self._client.call(call)
        except SampleError as error:
            if not (error.passing and await self._has_ended(error)):
                raise
            raise EndpointError(self._server.obituary()) from error

    def identity(self) -> dict[str, Any]:
        """Return what, beside a call, determines the reply."""
        return self._identity

    def environment(self) -> dict[str, Any]:
        """Return device, dtype and library versions."""
        return self._environment

    async def close(self) -> None:
        """Close the connections; the server serves other runs until the model is released."""
        await self._client.close()

    async def _has_ended(self, error: SampleError) -> bool:
        if error.kind == "connection":
            for _ in range(_POLLS):
                if self._server.is_dead:
                    break
                await asyncio.sleep(_POLL_S)
        return self._server.is_dead
