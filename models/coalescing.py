"""Calls that differ in their seed alone, made one request with several replies."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from typing import Any, Protocol

import msgspec

from ..core.errors import SampleError
from ..core.exchange import Call, Reply
from ..core.interfaces import Client

# Epochs of a sample start together, but reach the client a few turns of the event loop apart: some
# wait for a file to be read. To miss one costs a whole prompt; to wait costs each call this much, a
# hundredth of what a quick reply takes.
WINDOW_S = 0.005


class SeveralClient(Client, Protocol):
    """A client whose model can give several replies to one request."""

    async def several(self, call: Call, n: int) -> tuple[Reply, ...]:
        """Answer `call` with `n` replies, or fewer if the server gives fewer, in one attempt.

        The usage of the request stands in the replies together, the prompt in one of them.
        Raises SampleError, EndpointError.
        """
        ...


class CoalescingClient:
    """A client that sends calls which arrive within `WINDOW_S` as one request, `most` at a time.

    Calls belong together when they differ in nothing but their seed, and in what they share with
    other calls. That holds at temperature 0 too: the replies are equal then, and the prompt is
    paid for once all the same.

    - The request carries the seed of the first call. Replies are given out in the order in which
      the calls came, so a seed stands for the whole of a request and not for a reply; `identity`
      therefore tells that calls are coalesced.
    - When fewer replies come back than calls wait, the others are asked again, as one request with
      the seed of the first of them. A request that brings none at all is a passing failure.
    - An error goes to all that wait for it; each may call again.
    - A call that is cancelled leaves the others alone. When all are, so is the request.
    - A call that no other joins is an ordinary call. Calls about given continuations draw nothing,
      and are passed on at once.
    """

    def __init__(self, client: SeveralClient, most: int) -> None:
        self._client = client
        self._most = most
        self._gathering: dict[Hashable, _Batch] = {}
        self._requests: set[asyncio.Task[None]] = set()

    async def call(self, call: Call) -> Reply:
        """Answer `call`, with others if there are. Raises SampleError, EndpointError."""
        if call.form.continuations:
            return await self._client.call(call)
        batch, waiter = self._joined(call)
        try:
            return await waiter.reply
        finally:
            batch.end_if_nobody_waits()

    def identity(self) -> dict[str, Any]:
        """Return what the client says of itself, and that a seed covers several replies."""
        return {**self._client.identity(), "coalesced": self._most}

    def environment(self) -> dict[str, Any]:
        """Return what the client runs on."""
        return self._client.environment()

    async def close(self) -> None:
        """Wait for requests to end that were cancelled, and close the client."""
        await asyncio.gather(*self._requests, return_exceptions=True)
        await self._client.close()

    def _joined(self, call: Call) -> tuple[_Batch, _Waiter]:
        """Add `call` to those like it, and send them if that makes a full request."""
        loop = asyncio.get_running_loop()
        likeness = _likeness(call)
        batch = self._gathering.get(likeness)
        if batch is None:
            timer = loop.call_later(WINDOW_S, self._send, likeness)
            batch = self._gathering[likeness] = _Batch(timer)
        waiter = _Waiter(call, loop.create_future())
        batch.waiters.append(waiter)
        if len(batch.waiters) == self._most:
            self._send(likeness)
        return batch, waiter

    def _send(self, likeness: Hashable) -> None:
        batch = self._gathering.pop(likeness)
        batch.timer.cancel()
        waiters = _waiting(batch.waiters)
        if waiters:
            batch.request = asyncio.create_task(self._answer(waiters))
            self._requests.add(batch.request)
            batch.request.add_done_callback(self._requests.discard)

    async def _answer(self, waiters: list[_Waiter]) -> None:
        """Have each of `waiters` answered, with as many requests as that takes."""
        try:
            while waiters:
                replies = await self._ask(waiters[0].call, len(waiters))
                waiters = _waiting(waiters)
                for waiter, reply in zip(waiters, replies, strict=False):
                    waiter.reply.set_result(reply)
                waiters = waiters[len(replies) :]
        except Exception as error:  # whatever it is, it is theirs
            for waiter in _waiting(waiters):
                waiter.reply.set_exception(error)
        finally:
            for waiter in waiters:
                waiter.reply.cancel()

    async def _ask(self, call: Call, n: int) -> tuple[Reply, ...]:
        if n == 1:
            return (await self._client.call(call),)
        replies = await self._client.several(call, n)
        if not replies:
            raise SampleError(f"asked for {n} replies, got none", kind="bad_reply", passing=True)
        return replies


class _Waiter(msgspec.Struct, frozen=True):
    call: Call
    reply: asyncio.Future[Reply]


class _Batch:
    """Calls that go together: gathered until `timer` rings, then answered by `request`."""

    def __init__(self, timer: asyncio.TimerHandle) -> None:
        self.timer = timer
        self.waiters: list[_Waiter] = []
        self.request: asyncio.Task[None] | None = None

    def end_if_nobody_waits(self) -> None:
        if self.request is not None and not _waiting(self.waiters):
            self.request.cancel()


def _waiting(waiters: Sequence[_Waiter]) -> list[_Waiter]:
    return [waiter for waiter in waiters if not waiter.reply.done()]


def _likeness(call: Call) -> Hashable:
    """Return what the calls of a request have in common."""
    # Schemas are mappings, which have no hash.
    return call.messages, msgspec.structs.replace(call.sampling, seed=None), repr(call.form)
