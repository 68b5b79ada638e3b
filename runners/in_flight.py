"""Samples in flight: tasks side by side, as many as may be, with the first failure raised."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

# So many more may be stored and graded while others are asked.
STORING = 512


class InFlight:
    """Runs what is started: at most `asking_limit()` that are asked, and `STORING` others.

    The limit may change as things go on. Whoever is started `asking` calls `asked` when the model
    has answered: what is left to do then keeps nobody from being asked.
    """

    def __init__(self, asking_limit: Callable[[], int]) -> None:
        self._asking_limit = asking_limit
        self.asking = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._news: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._tasks)

    async def room(self) -> None:
        """Wait until another may be started. Raises what one of those before raised."""
        while self._failure is None and not self._has_room():
            await self._next_news()
        self._raise_failure()

    def start(self, work: Coroutine[Any, Any, None], *, asking: bool) -> None:
        """Start `work` beside the others."""
        self.asking += asking
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_end)

    def asked(self) -> None:
        """Let another be asked in place of one that has its answer."""
        self.asking -= 1
        self._wake()

    async def drained(self) -> None:
        """Wait until all have ended. Raises what one of them raised, without waiting further."""
        while self._failure is None and self._tasks:
            await self._next_news()
        self._raise_failure()

    async def cancel(self) -> None:
        """Cancel what still runs, and wait until it has ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _has_room(self) -> bool:
        limit = self._asking_limit()
        return self.asking < limit and len(self._tasks) < limit + STORING

    async def _next_news(self) -> None:
        self._news = asyncio.get_running_loop().create_future()
        await self._news

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # Every failure is looked at, or asyncio complains of it; the first one is kept.
        failure = None if task.cancelled() else task.exception()
        self._failure = self._failure or failure
        self._wake()

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
