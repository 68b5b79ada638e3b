"""The models of one conversation, and what they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from ...core.content import Message
from ...core.dialogue import Instruction
from ...core.exchange import Prompt, Reply, Request, SampleKey
from ...core.interfaces import Actor, RoleReply
from ..side_by_side import all_of
from .memory import Memory, Turns, told_as
from .requests import Requests
from .voice import Voice

SUMMARISER = "summariser"


class Stage:
    """Who takes part in one play, and all replies so far but those of the model under test."""

    def __init__(
        self, cast: Mapping[str, Actor], key: SampleKey, seed: int | None, stack: AsyncExitStack
    ) -> None:
        self.key = key
        self.replies: list[RoleReply] = []
        self._cast = cast
        self._requests = Requests(seed)
        self._stack = stack

    def voice(self, role: str, system: str, limit: int | None, summary: Instruction) -> Voice:
        """Return one side of the conversation, whose memory holds `limit` tokens."""

        async def summarise(so_far: str, turns: Turns) -> str:
            told = told_as(turns, {"user": "user", "assistant": "assistant"})
            asked = summary.filled({"HISTORY": so_far, "ASSISTANT-USER": told})
            return (await self.ask(SUMMARISER, asked)).text

        return Voice(
            self._cast[role],
            self.key,
            Memory(system, ()),
            requests=self._requests,
            stack=self._stack,
            limit=limit,
            summarise=summarise,
        )

    async def ask(self, role: str, told: Instruction) -> Reply:
        """Return the reply of a model that sees nothing but `told`, and keep it."""
        (reply,) = await self.ask_all(role, [told])
        return reply

    async def ask_all(self, role: str, told: Sequence[Instruction]) -> list[Reply]:
        """Return the replies to all of `told`, asked side by side, and keep them in order."""
        actor = self._cast[role]
        calls = [self._reply(actor, each, self._requests.next(actor)) for each in told]
        replies = await all_of(calls)
        for reply in replies:
            self.keep(role, reply)
        return replies

    def keep(self, role: str, reply: Reply) -> None:
        """Keep a reply, in the order of the play."""
        self.replies.append(RoleReply(reply, role))

    async def _reply(self, actor: Actor, told: Instruction, request: Request) -> Reply:
        messages = (Message("system", told.system), Message("user", told.message))
        async with actor.endpoint.open(Prompt(messages=messages), self.key) as session:
            return await session.generate(request)
