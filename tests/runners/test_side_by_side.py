"""Work of a play at the same time."""

from __future__ import annotations

import asyncio

import pytest

from evalrun.runners.side_by_side import all_of


def test_results_come_in_the_order_of_the_work() -> None:
    async def late(value: int, rounds: int) -> int:
        for _ in range(rounds):
            await asyncio.sleep(0)
        return value

    assert asyncio.run(all_of_these(late(1, 3), late(2, 0))) == [1, 2]


def test_nothing_goes_on_behind_a_failure() -> None:
    ended: list[str] = []

    async def fails() -> None:
        raise ValueError("first")

    async def goes_on() -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        ended.append("late")

    with pytest.raises(ValueError, match="first"):
        asyncio.run(all_of_these(fails(), goes_on()))
    assert ended == ["late"]


async def all_of_these(*work: object) -> list[object]:
    return await all_of(work)
