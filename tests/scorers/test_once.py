"""Work that is shared by all who ask for it."""

from __future__ import annotations

import asyncio

import pytest

from evalrun.scorers.once import Once


def test_who_asks_at_the_same_time_waits_for_one_result() -> None:
    made: list[str] = []

    async def ask() -> list[int]:
        once: Once[int] = Once()

        async def make() -> int:
            made.append("made")
            number = len(made)
            await asyncio.sleep(0)
            return number

        return await asyncio.gather(*(once.result(key, make) for key in "aabab"))

    assert asyncio.run(ask()) == [1, 1, 2, 1, 2]


def test_after_a_failure_the_next_one_tries_again() -> None:
    async def ask() -> tuple[int, int]:
        once: Once[int] = Once()

        async def fail() -> int:
            raise ValueError("no")

        async def make() -> int:
            return 7

        with pytest.raises(ValueError, match="no"):
            await once.result("a", fail)
        return await once.result("a", make), await once.result("a", fail)

    assert asyncio.run(ask()) == (7, 7)
