"""Tasks side by side, as many as may be, with the first failure raised."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class InFlight:
    """Runs what is started, at most `limit()` at a time; the limit may change as things go on."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._ended: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._tasks)

    async def room(self) -> None:
        """Wait until another may be started. Raises what one of those before raised."""
        while self._failure is None and len(self._tasks) >= self._limit():
            await self._one_ends()
        self._raise_failure()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start `work` beside the others."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_end)

    async def drained(self) -> None:
        """Wait until all have ended. Raises what one of them raised, without waiting further."""
        while self._failure is None and self._tasks:
            await self._one_ends()
        self._raise_failure()

    async def cancel(self) -> None:
        """Cancel what still runs, and wait until it has ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one_ends(self) -> None:
        self._ended = asyncio.get_running_loop().create_future()
        await self._ended

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # Every failure is looked at, or asyncio complains of it; the first one is kept.
        failure = None if task.cancelled() else task.exception()
        self._failure = self._failure or failure
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
