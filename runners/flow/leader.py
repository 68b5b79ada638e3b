"""One call first, where many begin with the same long text, so that the server computes it once.

A server keeps what it has computed of a prompt (vLLM's and SGLang's prefix caches, the prompt
caches of providers), but only from the first answer on: calls that begin together each compute it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

from ...core.content import Content
from ...core.exchange import Call, SharedPrefix
from ...models.prompt_marks import SHORTEST_STORED
from .estimate import characters, message_characters

# How long providers keep a prompt that is not asked again.
WARM_FOR_S = 300.0
MOST_REMEMBERED = 10_000


def shared_prefix(call: Call) -> int | None:
    """Return a hash of the first beginning that `call` shares, or None if that is short or none.

    The texts themselves are hashed once: Python keeps the hash of a string with it.
    """
    if not call.shared:
        return None
    end = call.shared[0]
    before, last = call.messages[: end.message], call.messages[end.message]
    content = _up_to(last.content, end)
    if message_characters(before) + characters(content) < SHORTEST_STORED:
        return None
    return hash((before, last.role, content))


class Leaders:
    """Who goes first with a prefix, who waits for it, and which prefixes the server has warm.

    A prefix is warm for five minutes after an answer; the 10,000 used last are remembered. Times
    are in seconds on any one clock.
    """

    def __init__(self) -> None:
        self._warm: OrderedDict[int, float] = OrderedDict()
        self._followers: dict[int, deque[asyncio.Future[bool]]] = {}

    async def turn(self, prefix: int, now: float) -> bool:
        """Wait until a call that begins with `prefix` may go; return whether it leads.

        A leader must say how it ended: `answered` or `failed`.
        """
        if self._is_warm(prefix, now):
            return False
        followers = self._followers.get(prefix)
        if followers is None:
            self._followers[prefix] = deque()
            return True
        place: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        followers.append(place)
        try:
            return await place
        except asyncio.CancelledError:
            if not place.cancelled() and place.result():
                self.failed(prefix)
            raise

    def answered(self, prefix: int, now: float, *, led: bool) -> None:
        """Note an answer to a call that begins with `prefix`; all may follow one that led."""
        self._warm[prefix] = now
        self._warm.move_to_end(prefix)
        if len(self._warm) > MOST_REMEMBERED:
            self._warm.popitem(last=False)
        if led:
            for place in self._followers.pop(prefix, ()):
                if not place.done():
                    place.set_result(False)

    def failed(self, prefix: int) -> None:
        """Let the next call lead, as the leader got no answer."""
        followers = self._followers[prefix]
        while followers:
            place = followers.popleft()
            if not place.done():
                place.set_result(True)
                return
        del self._followers[prefix]

    def _is_warm(self, prefix: int, now: float) -> bool:
        answered_at = self._warm.get(prefix)
        return answered_at is not None and now - answered_at < WARM_FOR_S


def _up_to(content: Content, end: SharedPrefix) -> Content:
    return content if isinstance(content, str) else content[: end.part + 1]
