"""The event loop that runs use."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
_THRESHOLDS = (20_000, 20, 50)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end on uvloop, which spends less on each request; on asyncio elsewhere.

    Raises what `main` raises.
    """
    with _seldom_collected():
        if sys.platform == "win32":  # uvloop is not made for it
            return asyncio.run(main)
        import uvloop

        return uvloop.run(main)


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
