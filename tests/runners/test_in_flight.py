"""Tasks side by side."""

from __future__ import annotations

import asyncio

import pytest

from evalrun.runners.in_flight import STORING, InFlight


async def test_no_more_run_than_the_limit_even_when_it_changes() -> None:
    limit, running, most = 3, 0, 0

    async def work(number: int) -> None:
        nonlocal limit, running, most
        running += 1
        most = max(most, running) if number >= 10 else most
        await asyncio.sleep(0)
        running -= 1
        if number == 5:
            limit = 1
        flight.asked()

    flight = InFlight(lambda: limit)
    for number in range(20):
        await flight.room()
        flight.start(work(number), asking=True)
    await flight.drained()
    assert len(flight) == 0
    assert most == 1


async def test_whoever_has_an_answer_makes_room_for_another_while_it_is_stored() -> None:
    stored = asyncio.Event()
    flight = InFlight(lambda: 1)

    async def work() -> None:
        flight.asked()
        await stored.wait()

    for _ in range(1 + STORING):
        await flight.room()
        flight.start(work(), asking=True)
    await asyncio.sleep(0)
    assert len(flight) == 1 + STORING
    full = asyncio.create_task(flight.room())
    await asyncio.sleep(0.01)
    assert not full.done()
    stored.set()
    await full
    await flight.drained()


async def test_a_failure_is_raised_where_the_next_is_started() -> None:
    async def fails() -> None:
        raise ValueError("no")

    flight = InFlight(lambda: 1)
    flight.start(fails(), asking=True)
    with pytest.raises(ValueError, match="no"):
        await flight.room()


async def test_the_first_of_several_failures_is_raised_when_all_are_awaited() -> None:
    async def fails(number: int) -> None:
        await asyncio.sleep(number / 100)
        raise ValueError(str(number))

    flight = InFlight(lambda: 9)
    for number in (2, 1, 3):
        flight.start(fails(number), asking=True)
    with pytest.raises(ValueError, match="1"):
        await flight.drained()
    await flight.cancel()


async def test_what_is_cancelled_has_ended_afterwards() -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    flight = InFlight(lambda: 9)
    for _ in range(3):
        flight.start(work(), asking=True)
    await asyncio.sleep(0)
    await flight.cancel()
    assert ended == [1, 1, 1]
