"""The event loop that runs use."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import traceback
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from ..core.redact import redact_message

T = TypeVar("T")
_THRESHOLDS = (20_000, 20, 50)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end on uvloop, which spends less on each request; on asyncio elsewhere.

    Raises what `main` raises.
    """
    with _seldom_collected():
        if sys.platform == "win32":  # uvloop is not made for it
            return asyncio.run(_reported(main))
        import uvloop

        return uvloop.run(_reported(main))


async def _reported(main: Coroutine[Any, Any, T]) -> T:
    asyncio.get_running_loop().set_exception_handler(_report)
    return await main


def _report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody waits for any more, without secrets.

    Connections that were given up while they were made may still fail, which is no news.
    """
    error = context.get("exception")
    if isinstance(error, OSError):  # ssl.SSLError is one
        return
    lines = traceback.format_exception(error) if isinstance(error, BaseException) else []
    text = "\n".join([str(context.get("message", "")), *lines])
    logging.getLogger("asyncio").error("%s", redact_message(text))


@contextmanager
def _seldom_collected() -> Generator[None]:
    """Have the garbage collector look for cycles more seldom.

    Samples and replies are many short-lived objects without cycles. With the thresholds of Python,
    a fifth of a fast run went into finding none.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
