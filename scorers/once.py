"""Work that is done once, however many ask for it at the same time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Once(Generic[Made]):
    """Results by key. Who asks for one that is in the making waits for it.

    A failure is nobody's result but of who made the attempt: the next one tries again.
    """

    def __init__(self) -> None:
        self._made: dict[str, Made] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def result(self, key: str, make: Callable[[], Awaitable[Made]]) -> Made:
        """Return the result of `key`, by `make` if there is none yet. Raises what it raises."""
        async with self._locks[key]:
            if key not in self._made:
                self._made[key] = await make()
        return self._made[key]
