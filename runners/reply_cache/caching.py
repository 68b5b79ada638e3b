"""A client that asks nothing twice: replies to the same call come from the disk."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from ...core.exchange import Call, Reply
from ...core.interfaces import Client
from .key import ReplyKeys, takes_long
from .store import ReplyStore


class CachingClient:
    """Answers from `store` what was answered before, and else asks `client`.

    The same call is one with the same `client.identity()` and the same messages, sampling and
    form. Errors are not kept. Two such calls at the same time are both asked. The store belongs to
    whoever opened it and stays open.
    """

    def __init__(self, client: Client, store: ReplyStore) -> None:
        self._client = client
        self._store = store
        self._keys = ReplyKeys(client.identity())

    async def call(self, call: Call) -> Reply:
        """Answer `call`: from the store with `from_cache` set, its tokens kept and its cost zero.

        Raises SampleError, EndpointError.
        """
        key = await self._key(call)
        if key is None:
            return await self._client.call(call)
        stored = await self._store.get(key)
        if stored is not None:
            return _at_no_cost(stored)
        reply = await self._client.call(call)
        self._store.put(key, reply)
        return reply

    def identity(self) -> dict[str, Any]:
        """Return what the client says of itself."""
        return self._client.identity()

    def environment(self) -> dict[str, Any]:
        """Return what the client runs on."""
        return self._client.environment()

    async def close(self) -> None:
        """Close the client."""
        await self._client.close()

    async def _key(self, call: Call) -> bytes | None:
        if takes_long(call):
            return await asyncio.to_thread(self._keys.key, call)
        return self._keys.key(call)


def _at_no_cost(reply: Reply) -> Reply:
    usage = msgspec.structs.replace(reply.usage, cost_usd=0.0)
    return msgspec.structs.replace(reply, usage=usage, from_cache=True)
