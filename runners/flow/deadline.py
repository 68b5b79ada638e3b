"""A time limit for what the current task awaits."""

from __future__ import annotations

import asyncio
import sys
from types import TracebackType

from ...core.errors import SampleError


class Deadline:
    """Ends the body of a `with` after `limit_s` seconds with a passing SampleError, kind timeout.

    The timer cancels the task, as asyncio.timeout (Python 3.11) and async_timeout do, which takes
    a fifth of the time of the task that asyncio.wait_for starts. From 3.11 on a task counts its
    cancellations, so that one from outside is never taken for ours. Python 3.10 does not: there,
    one that comes in the very turn of the loop in which the time is up is lost.
    """

    __slots__ = ("_before", "_expired", "_limit_s", "_task", "_timer")

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._expired = False

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101 - a coroutine that runs has a task
        self._task = task
        self._before = _cancellations(task)
        self._timer = loop.call_later(self._limit_s, self._expire)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if not self._expired or _taken_back(self._task) > self._before:
            return
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            message = f"no reply within {self._limit_s:g} s (run.timeout_s)"
            raise SampleError(message, kind="timeout", passing=True) from None

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()


if sys.version_info >= (3, 11):

    def _cancellations(task: asyncio.Task[object]) -> int:
        return task.cancelling()

    def _taken_back(task: asyncio.Task[object]) -> int:
        return task.uncancel()

else:

    def _cancellations(task: asyncio.Task[object]) -> int:  # noqa: ARG001 - not counted
        return 0

    def _taken_back(task: asyncio.Task[object]) -> int:  # noqa: ARG001 - not counted
        return 0
