"""An endpoint whose replies are kept one by one, and given again after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec

from ...core.conversation import prompt_after
from ...core.exchange import Prompt, Reply, Request, SampleKey
from ...core.hashing import sha256_of
from ...core.interfaces import Endpoint, Session
from ...core.prediction import prediction_id
from .journal import Journal


class JournaledEndpoint:
    """An endpoint in one role, in front of which stands a journal.

    A session that begins with replies of an earlier start is opened with them as its prompt when
    something new is asked of it. So a prompt must be to the endpoint what the session is that led
    to it: with a method that compresses prompts it is not, and no journal should stand in front.

    With `counted`, replies that are given again say that they cost nothing now, for callers whose
    earlier start has counted them.
    """

    def __init__(
        self, endpoint: Endpoint, journal: Journal, role: str, *, counted: bool = False
    ) -> None:
        self._endpoint = endpoint
        self._journal = journal
        self._role = role
        self._counted = counted

    @property
    def max_concurrency(self) -> int | None:
        """Return what the endpoint itself can use."""
        return self._endpoint.max_concurrency

    def open(self, prompt: Prompt, key: SampleKey) -> AbstractAsyncContextManager[Session]:
        """Hold `prompt`; the endpoint itself holds it from the first new question on."""
        return self._open(prompt, key)

    @asynccontextmanager
    async def _open(self, prompt: Prompt, key: SampleKey) -> AsyncGenerator[Session]:
        kept = _Kept(self._journal, prediction_id(key.sample_id, key.epoch), self._role)
        async with AsyncExitStack() as stack:
            opening = _Opening(self._endpoint, key, stack)
            yield _JournaledSession(prompt, kept, opening, counted=self._counted)

    def environment(self) -> dict[str, Any]:
        """Return what produced the replies."""
        return self._endpoint.environment()

    async def close(self) -> None:
        """Close the endpoint itself; the journal may serve others."""
        await self._endpoint.close()


class _Kept(msgspec.Struct, frozen=True):
    """The replies of one play in one role."""

    journal: Journal
    id: str
    role: str

    def recall(self, asked: str) -> Reply | None:
        return self.journal.recall(self.id, self.role, asked)

    async def keep(self, asked: str, reply: Reply) -> None:
        await self.journal.keep(self.id, self.role, asked, reply)


class _Opening:
    """The endpoint's own session, opened when it is first needed and when it lags behind."""

    def __init__(self, endpoint: Endpoint, key: SampleKey, stack: AsyncExitStack) -> None:
        self._endpoint = endpoint
        self._key = key
        self._stack = stack
        self._session: Session | None = None
        self._opened = asyncio.Lock()

    def lags(self) -> None:
        """Say that the conversation went on without the endpoint."""
        self._session = None

    async def session(self, held: Prompt) -> Session:
        """Return a session that holds `held`."""
        async with self._opened:
            if self._session is None:
                opened = self._endpoint.open(held, self._key)
                self._session = await self._stack.enter_async_context(opened)
            return self._session


class _JournaledSession:
    def __init__(self, held: Prompt, kept: _Kept, opening: _Opening, *, counted: bool) -> None:
        self._held = held
        self._kept = kept
        self._opening = opening
        self._counted = counted

    async def generate(self, request: Request) -> Reply:
        held, asked = self._held, _digest(self._held, request)
        reply = self._kept.recall(asked)
        if reply is None:
            session = await self._opening.session(held)
            reply = await session.generate(request)
            await self._kept.keep(asked, reply)
        else:
            reply = msgspec.structs.replace(reply, from_cache=reply.from_cache or self._counted)
            if request.keep != "nothing":
                self._opening.lags()
        if request.keep != "nothing":
            self._held = prompt_after(held, request, reply)
        return reply


def _digest(held: Prompt, request: Request) -> str:
    """Return the hash of all that was said and how the reply is decoded."""
    said = msgspec.structs.replace(held, requests=1)
    return sha256_of([said, msgspec.structs.replace(request, turn=0, keep="nothing")])
