"""Work that a play does at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def all_of(work: Sequence[Awaitable[T]]) -> list[T]:
    """Return what all of `work` gives, run side by side.

    Whatever fails, the rest ends first, so that nothing goes on behind a play that failed and all
    its replies are kept. Raises the first error.
    """
    ended = await asyncio.gather(*work, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in ended if not isinstance(outcome, BaseException)]
