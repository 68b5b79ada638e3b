"""The calls of one play: whom they go to, with which seed, and what came back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from ...core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from ...core.hashing import sha256_of
from ...core.interfaces import Actor, RoleReply
from ...core.sample import Turn
from ..protocols import request_of
from ..side_by_side import all_of
from .architecture import Component, Fuser, Generator
from .conversation import Messages

T = TypeVar("T")

# Where a call stands in a play: turn, layer, component, and what the component counts by.
Place = tuple[int, ...]

# How often a reply that can be read is asked for (`range(10)` in the official components).
ATTEMPTS = 10


class Ask(msgspec.Struct, frozen=True):
    """One call: its place, the component that makes it, and what its model is told."""

    place: Place
    component: Component
    messages: Messages


class Answered(msgspec.Struct, frozen=True):
    """A reply, with the call that it answers and the role of the model that gave it."""

    ask: Ask
    reply: Reply
    role: str


class Calls:
    """Makes the calls of one play and keeps all replies.

    Each call has a seed of its own, made of the play's seed and of its place. So a play that is
    begun anew makes the same calls, whatever the order in which replies come. `patient` calls are
    made until a reply can be read; otherwise the first is taken for whatever is needed.
    """

    def __init__(
        self, cast: Mapping[str, Actor], roles: Mapping[str, str], asked: Asked, *, patient: bool
    ) -> None:
        """Take who plays which role, and the role of each model of the architecture."""
        self.answered: list[Answered] = []
        self._cast = cast
        self._roles = roles
        self._asked = asked
        self._patient = patient
        self._made: Counter[int] = Counter()

    async def ask(self, asks: Sequence[Ask]) -> list[Answered]:
        """Return the replies to `asks`, made side by side, in their order.

        Calls that tell the same model the same share one session, so that it reads it once. Raises
        SampleError, EndpointError when all that were made have ended.
        """
        alike: defaultdict[tuple[str, Messages], list[Ask]] = defaultdict(list)
        for ask in asks:
            alike[self._roles[ask.component.model], ask.messages].append(ask)
        sessions = [self._in_one_session(role, each) for (role, _), each in alike.items()]
        found = {one.ask.place: one for group in await all_of(sessions) for one in group}
        return [found[ask.place] for ask in asks]

    async def read(self, ask: Ask, read: Callable[[str], T | None], assumed: T) -> T | None:
        """Return what `read` finds in the reply to `ask`, which is made up to `ATTEMPTS` times.

        None where it never finds anything. A play that is not patient takes what is `assumed`.
        """
        for attempt in range(ATTEMPTS if self._patient else 1):
            again = msgspec.structs.replace(ask, place=(*ask.place, attempt))
            (answered,) = await self.ask([again])
            value = read(answered.reply.text)
            if value is not None:
                return value
        return None if self._patient else assumed

    def without(self, answers: Iterable[Reply]) -> tuple[RoleReply, ...]:
        """Return all replies but `answers`, in the order of their places."""
        kept = sorted(self.answered, key=lambda one: one.ask.place)
        final = {id(reply) for reply in answers}
        return tuple(RoleReply(one.reply, one.role) for one in kept if id(one.reply) not in final)

    async def _in_one_session(self, role: str, asks: Sequence[Ask]) -> list[Answered]:
        actor, asked = self._cast[role], self._asked
        prompt = asked.prompt(asks[0].messages, requests=len(asks))
        async with actor.endpoint.open(prompt, asked.key) as session:
            requests = [self._request(ask, actor) for ask in asks]
            replies = await all_of([session.generate(request) for request in requests])
        answered = [Answered(ask, r, role) for ask, r in zip(asks, replies, strict=True)]
        self.answered.extend(answered)
        return answered

    def _request(self, ask: Ask, actor: Actor) -> Request:
        number = self._made[id(actor.endpoint)]
        self._made[id(actor.endpoint)] += 1
        sampling = _sampling(ask, actor.sampling, self._asked.seed)
        if not isinstance(ask.component, (Generator, Fuser)):
            return Request(sampling=msgspec.structs.replace(sampling, stop=()), turn=number)
        own = ask.component.temperature is not None
        turn = self._asked.turns[ask.place[0]]
        # What a component says of its decoding goes before what the benchmark says.
        turn = msgspec.structs.replace(turn, temperature=None) if own else turn
        return request_of(turn, sampling, number)


class Asked(msgspec.Struct, frozen=True):
    """What one play is of: the turns of a sample, its key, and the seed of the play."""

    turns: tuple[Turn, ...]
    key: SampleKey
    seed: int | None
    context: str
    max_prompt_tokens: int | None

    def prompt(self, messages: Messages, *, requests: int) -> Prompt:
        """Return a session's prompt; what questions share is told where its message begins so."""
        content = messages[-1].content
        shared = isinstance(content, str) and content.startswith(self.context)
        return Prompt(
            messages=messages,
            max_tokens=self.max_prompt_tokens,
            context=self.context if shared else "",
            requests=requests,
        )


async def as_needed(
    work: Sequence[Callable[[], Awaitable[T]]], enough: Callable[[Sequence[T]], bool] | None
) -> list[T]:
    """Return what `work` gives: side by side, or one after another until that is `enough`."""
    if enough is None:
        return await all_of([begin() for begin in work])
    found: list[T] = []
    for begin in work:
        found.append(await begin())
        if enough(found):
            break
    return found


def _sampling(ask: Ask, sampling: Sampling, seed: int | None) -> Sampling:
    component = ask.component
    temperature, limit = component.temperature, component.max_tokens
    return msgspec.structs.replace(
        sampling,
        temperature=sampling.temperature if temperature is None else temperature,
        max_tokens=sampling.max_tokens if limit is None else limit,
        seed=None if seed is None else _seed(seed, ask.place),
    )


def _seed(seed: int, place: Place) -> int:
    """Return a seed of 31 bits, which every API takes."""
    return int(sha256_of([seed, place])[:8], 16) >> 1
