"""Time limits and retries around the replies of an endpoint that runs here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import msgspec

from ..core.errors import SampleError
from ..core.exchange import Prompt, Reply, Request, SampleKey
from ..core.interfaces import Endpoint, Session
from .flow.backoff import delay_s
from .flow.deadline import Deadline


class RetryPolicy(msgspec.Struct, frozen=True):
    """How long one reply may take, how often a passing failure is asked again, how many at once."""

    retries: int
    timeout_s: float
    max_connections: int = 1


class RetryingEndpoint:
    """An endpoint whose sessions ask again when a failure may pass.

    However many requests the samples in flight make, no more than `max_connections` run at once.
    """

    def __init__(self, endpoint: Endpoint, policy: RetryPolicy) -> None:
        self._endpoint = endpoint
        self._policy = policy
        self._connections = asyncio.Semaphore(policy.max_connections)

    @property
    def max_concurrency(self) -> int | None:
        """Return what the endpoint itself can use."""
        return self._endpoint.max_concurrency

    def open(self, prompt: Prompt, key: SampleKey) -> AbstractAsyncContextManager[Session]:
        """Hold `prompt`, with retries around every reply."""
        return self._open(prompt, key)

    @asynccontextmanager
    async def _open(self, prompt: Prompt, key: SampleKey) -> AsyncGenerator[Session]:
        async with self._endpoint.open(prompt, key) as session:
            yield _RetryingSession(session, self._policy, self._connections)

    def environment(self) -> dict[str, Any]:
        """Return what produced the replies."""
        return self._endpoint.environment()

    async def close(self) -> None:
        """Close the endpoint itself."""
        await self._endpoint.close()


class _RetryingSession:
    def __init__(
        self, session: Session, policy: RetryPolicy, connections: asyncio.Semaphore
    ) -> None:
        self._session = session
        self._policy = policy
        self._connections = connections

    async def generate(self, request: Request) -> Reply:
        attempt = 0
        while True:
            try:
                return await self._once(request)
            except SampleError as error:
                if not error.passing or attempt >= self._policy.retries:
                    raise
                await asyncio.sleep(delay_s(attempt, error))
                attempt += 1

    async def _once(self, request: Request) -> Reply:
        async with self._connections:
            with Deadline(self._policy.timeout_s):
                return await self._session.generate(request)
