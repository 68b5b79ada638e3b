"""One side of a conversation, as the model that speaks it knows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from ...core.content import Message
from ...core.exchange import Prompt, Reply, SampleKey
from ...core.interfaces import Actor, Session
from .memory import Memory, Turns
from .requests import Requests

# Makes a summary of turns that are to be folded, behind the summary so far.
Summarise = Callable[[str, Turns], Awaitable[str]]


class Voice:
    """A model in one role, with a memory of its own that no other side sees.

    What is said is put in by `hears` and `says`, so that what the model is taken to have said may
    be other than its reply. `answer` and `probe` leave no trace by themselves. Turns that the
    memory cannot hold, `limit` tokens, are folded into a summary; None holds all.
    """

    def __init__(
        self,
        actor: Actor,
        key: SampleKey,
        memory: Memory,
        *,
        requests: Requests,
        stack: AsyncExitStack,
        limit: int | None = None,
        summarise: Summarise | None = None,
    ) -> None:
        self._actor = actor
        self._key = key
        self._memory = memory
        self._requests = requests
        self._stack = stack
        self._limit = limit
        self._summarise = summarise
        self._session: Session | None = None
        # How many turns the session holds.
        self._held = 0

    @property
    def turns(self) -> Turns:
        """Return what was said, as far as it is remembered word for word."""
        return self._memory.turns

    def hears(self, text: str) -> None:
        """Remember what another side said."""
        self._remember(Message("user", text))

    def says(self, text: str) -> None:
        """Remember `text` as what this side said."""
        self._remember(Message("assistant", text))

    async def answer(self) -> Reply:
        """Return a reply to what was said so far. Raises SampleError, EndpointError."""
        await self._fold()
        session = await self._open()
        new = self._memory.turns[self._held :]
        reply = await session.generate(self._requests.next(self._actor, new, "messages"))
        self._held = len(self._memory.turns)
        return reply

    async def probe(self, question: str) -> Reply:
        """Return a reply to `question`, which this side will not remember."""
        session = await self._open()
        asked = (*self._memory.turns[self._held :], Message("user", question))
        return await session.generate(self._requests.next(self._actor, asked))

    async def _open(self) -> Session:
        """Return the session; a new one holds all that is remembered."""
        if self._session is None:
            prompt = Prompt(messages=self._memory.messages(), requests=2)
            opened = self._actor.endpoint.open(prompt, self._key)
            self._session = await self._stack.enter_async_context(opened)
            self._held = len(self._memory.turns)
        return self._session

    async def _fold(self) -> None:
        """Fold older turns while the memory holds too much and there is anything to fold."""
        if self._limit is None or self._summarise is None:
            return
        while self._memory.tokens() > self._limit and self._memory.foldable():
            summary = await self._summarise(self._memory.summary, self._memory.foldable())
            self._memory = self._memory.folded(summary)
            self._session = None

    def _remember(self, message: Message) -> None:
        memory = self._memory
        self._memory = Memory(memory.system, (*memory.turns, message), memory.summary)
