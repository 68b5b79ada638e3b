"""The calls to the model in the play of one sample: each a conversation from the beginning."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import msgspec

from ...core.content import Message
from ...core.exchange import Prompt, Reply, Request, SampleKey, Sampling, Tool
from ...core.interfaces import Endpoint, RoleReply, Session
from ...core.sample import Sample, Turn
from ..protocols import request_of
from ..votes import seeded
from .calling import Calling


class Calls:
    """Asks for steps, each with a seed of its own, and keeps all replies that it took.

    What all conversations begin with is held by one session, so that it is encoded once.
    """

    def __init__(
        self, endpoint: Endpoint, session: Session, key: SampleKey, held: Prompt, asking: Asking
    ) -> None:
        self.replies: list[RoleReply] = []
        self.count = 0
        self.tokens = 0
        self._endpoint = endpoint
        self._session = session
        self._key = key
        self._held = held
        self._asking = asking

    async def ask(self, conversation: Sequence[Message]) -> Reply:
        """Return the model's next step in `conversation`. Raises SampleError, EndpointError."""
        reply = await self._reply(self._asking.told(conversation))
        self.replies.append(RoleReply(reply))
        self.count += 1
        self.tokens += reply.usage.tokens
        return reply

    async def _reply(self, told: tuple[Message, ...]) -> Reply:
        held = self._held.messages
        if told[: len(held)] == held:
            request = self._asking.request(self.count, told[len(held) :])
            return await self._session.generate(request)
        # What follows the question has become part of its message.
        prompt = msgspec.structs.replace(self._held, messages=told, requests=1)
        async with self._endpoint.open(prompt, self._key) as session:
            return await session.generate(self._asking.request(self.count, ()))


class Asking(msgspec.Struct, frozen=True):
    """How the steps of one sample are asked for."""

    calling: Calling
    turn: Turn
    tools: tuple[Tool, ...]
    sampling: Sampling

    def told(self, conversation: Sequence[Message]) -> tuple[Message, ...]:
        """Return `conversation` as the endpoint gets it."""
        return self.calling.told(conversation, self.tools)

    def request(self, number: int, messages: tuple[Message, ...]) -> Request:
        """Return the request for step `number`."""
        offered = self.calling.offered(self.tools)
        turn = msgspec.structs.replace(self.turn, prefill=None, reply_schema=None, tools=offered)
        sampling = self.calling.sampling(seeded(self.sampling, number))
        return request_of(turn, sampling, number, messages=messages)


@asynccontextmanager
async def calls_of(
    sample: Sample,
    key: SampleKey,
    endpoint: Endpoint,
    asking: Asking,
    opening: tuple[Message, ...],
    most: int,
) -> AsyncGenerator[Calls]:
    """Open what asks for up to `most` steps of conversations that begin with `opening`."""
    held = Prompt(messages=asking.told(opening), max_tokens=sample.max_prompt_tokens, requests=most)
    async with endpoint.open(held, key) as session:
        yield Calls(endpoint, session, key, held, asking)
