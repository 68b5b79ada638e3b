"""A client under control: within limits, on time, patient with failures that may pass."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from ...core.config import RunOptions
from ...core.errors import EndpointError, FailureKind, OutageError, SampleError
from ...core.exchange import Call, Reply, total_usage
from ...core.interfaces import Client
from ...models.coalescing import SeveralClient
from ..notices import Notices
from .admission import Admission
from .backoff import delay_s
from .breaker import Setback
from .deadline import Deadline
from .estimate import TokenEstimate
from .gate import Gate, Ticket
from .leader import Leaders, shared_prefix
from .state import FlowState

_TOLD: dict[FailureKind, str] = {
    "context_length": "some samples are too long for the model",
    "content_filter": "some samples are refused for their content",
    "bad_request": "some requests are refused",
}
_THROTTLED: dict[FailureKind, str] = {
    "rate_limit": "throttled by the server",
    "overloaded": "the server is overloaded",
}


class ControlledClient:
    """A `client` whose calls wait for their turn and are asked again when a failure may pass.

    Each call goes through: the leader of its shared prefix, if it has one (`leader.py`); a line
    (`admission.py`) in front of the limits (`gate.py`); an attempt with a deadline (`deadline.py`);
    after a failure that may pass, a pause (`backoff.py`) and the end of the line. Times are those
    of the event loop, which the wall clock does not touch. Belongs to one event loop.
    """

    def __init__(self, client: Client, options: RunOptions, notices: Notices) -> None:
        self._client = client
        self._notices = notices
        self._timeout_s = options.timeout_s
        self._retries = options.retries
        self._gate = Gate(options, notices)
        self._admission = Admission(self._gate)
        self._leaders = Leaders()
        self._estimate = TokenEstimate()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._calls = 0

    async def call(self, call: Call) -> Reply:
        """Answer `call`.

        Raises SampleError, and what every other call that is not under way is then met by too:
        EndpointError, OutageError.
        """
        return (await self.several(call, 1))[0]

    async def several(self, call: Call, n: int) -> tuple[Reply, ...]:
        """Answer `call` with `n` replies, or fewer, from one request; a client must offer that.

        Raises as `call` does.
        """
        self._loop = asyncio.get_running_loop()
        self._calls += 1
        try:
            prefix = shared_prefix(call)
            if prefix is None:
                return await self._persistently(call, n)
            return await self._in_turn(call, n, prefix, self._loop)
        finally:
            self._calls -= 1

    def state(self) -> FlowState:
        """Return what is going on now."""
        gate = self._gate
        return FlowState(
            running=gate.running,
            limit=gate.limit.limit,
            waiting=self._calls - gate.running,
            paused=gate.paused(self._loop.time()) if self._loop is not None else None,
        )

    def identity(self) -> dict[str, Any]:
        """Return the client's own: how hard it is asked does not change its replies."""
        return self._client.identity()

    def environment(self) -> dict[str, Any]:
        """Return what produced the replies."""
        return self._client.environment()

    async def close(self) -> None:
        """Close the client itself; calls that wait are cancelled by those who made them."""
        await self._client.close()

    async def _in_turn(
        self, call: Call, n: int, prefix: int, loop: asyncio.AbstractEventLoop
    ) -> tuple[Reply, ...]:
        leads = await self._leaders.turn(prefix, loop.time())
        try:
            replies = await self._persistently(call, n)
        except BaseException:
            if leads:
                self._leaders.failed(prefix)
            raise
        self._leaders.answered(prefix, loop.time(), led=leads)
        return replies

    async def _persistently(self, call: Call, n: int) -> tuple[Reply, ...]:
        tokens = self._estimate.of(call, n) if self._gate.rates.counts_tokens else 0
        setbacks: list[Setback] = []
        while True:
            try:
                return await self._attempt(call, n, tokens, setbacks)
            except SampleError as error:
                self._tell_throttling(error)
                used = sum(setback.costs_a_retry for setback in setbacks)
                if not error.passing or used > self._retries:
                    self._tell_loss(error)
                    raise
                pause_s = delay_s(max(0, used - 1), error)
            await asyncio.sleep(pause_s)

    async def _attempt(
        self, call: Call, n: int, tokens: int, setbacks: list[Setback]
    ) -> tuple[Reply, ...]:
        """Make one attempt when it may start; a SampleError adds to `setbacks`."""
        ticket = await self._admission.admit(tokens)
        try:
            with Deadline(self._timeout_s):
                replies = await self._asked(call, n)
        except SampleError as error:
            setbacks.append(self._failed(ticket, error, setbacks))
            raise
        except EndpointError as error:
            self._gate.dropped(ticket)
            self._admission.end(error)
            raise
        except BaseException:
            self._gate.dropped(ticket)
            raise
        else:
            usage = total_usage(replies)
            self._gate.succeeded(ticket, usage, asyncio.get_running_loop().time())
            self._estimate.learn(usage, len(replies))
            return replies
        finally:
            self._admission.move()

    async def _asked(self, call: Call, n: int) -> tuple[Reply, ...]:
        if n == 1:
            return (await self._client.call(call),)
        return await cast("SeveralClient", self._client).several(call, n)

    def _failed(self, ticket: Ticket, error: SampleError, setbacks: list[Setback]) -> Setback:
        """Note a failure of a call that had `setbacks` before. Raises OutageError, then for all."""
        failed_in = setbacks[-1].streak if setbacks else None
        now = asyncio.get_running_loop().time()
        try:
            return self._gate.failed(ticket, error, now, failed_in)
        except OutageError as outage:
            self._admission.end(outage)
            raise outage from None

    def _tell_throttling(self, error: SampleError) -> None:
        """Tell, once, that the server wants to be asked less."""
        what = _THROTTLED.get(error.kind)
        if error.passing and what is not None:
            self._notices.once(f"{what}: {self.identity()}", f"{what}: {error}; asking again")

    def _tell_loss(self, error: SampleError) -> None:
        """Tell why a sample gets no reply, each kind of reason once."""
        what = _TOLD.get(error.kind, f"some samples get no reply ({error.kind})")
        told = f"{what}: {error} (recorded; told once)"
        self._notices.once(f"{what}: {self.identity()}", told)
