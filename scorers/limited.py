"""Calls that may hang or swallow memory, made in processes of their own with limits on both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import TimeoutError as OverdueError
from multiprocessing import get_context
from typing import Any

from ..core.errors import EvalrunError, MissingExtraError

_MEMORY_BYTES = 2 << 30


class LimitError(EvalrunError):
    """A call took too long, or its process died: of too much memory, say."""


class LimitedCalls:
    """Calls of functions at the top level of a module, with arguments that can be pickled.

    Processes are started with the first call, in which `prepare` is called once, and end with
    `close`, or with evalrun. A process whose call is overdue is killed, and another takes its
    place. Each may take 2 GiB of memory.
    """

    def __init__(self, *, processes: int = 2, prepare: Callable[[], None] | None = None) -> None:
        self._processes = processes
        self._prepare = prepare
        self._pool: Any = None

    async def call(self, function: Callable[..., Any], *arguments: Any, timeout_s: float) -> Any:
        """Return `function(*arguments)`; time starts when a process takes the call.

        Raises LimitError, and whatever the function raises.
        """
        from pebble import ProcessExpired

        future = self._started().schedule(function, args=arguments, timeout=timeout_s)
        try:
            return await asyncio.wrap_future(future)
        except OverdueError:
            raise LimitError(f"took longer than {timeout_s:g} s") from None
        except MemoryError:
            raise LimitError("took more memory than it may") from None
        except ProcessExpired as error:
            raise LimitError(f"its process ended with code {error.exitcode}") from None

    def close(self) -> None:
        """End the processes, whatever they do."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None

    def _started(self) -> Any:
        if self._pool is None:
            try:
                from pebble import ProcessPool
            except ImportError:
                raise MissingExtraError("grading with a time limit", "limits") from None
            # Not forked: evalrun has threads, and a fork of them may hang.
            self._pool = ProcessPool(
                max_workers=self._processes,
                initializer=_begin,
                initargs=(self._prepare,),
                context=get_context("spawn"),
            )
        return self._pool


def _begin(prepare: Callable[[], None] | None) -> None:
    import resource
    import signal

    # Ctrl-C is for evalrun, which then ends these processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    if prepare is not None:
        prepare()
