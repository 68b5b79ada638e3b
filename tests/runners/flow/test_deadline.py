"""Time limits: ours are told from cancellations from outside."""

from __future__ import annotations

import asyncio
import sys

import pytest
from virtual_time import now, run

from evalrun.core.errors import SampleError
from evalrun.runners.flow.deadline import Deadline

counted = pytest.mark.skipif(sys.version_info < (3, 11), reason="tasks do not count cancellations")


async def limited(limit_s: float, body_s: float) -> str:
    with Deadline(limit_s):
        await asyncio.sleep(body_s)
    return "done"


def test_a_body_that_ends_in_time_is_left_alone() -> None:
    async def go() -> None:
        assert await limited(5, 4.9) == "done"
        await asyncio.sleep(10)  # the timer is off: it would cancel this

    run(go())


def test_a_body_that_takes_too_long_is_a_passing_timeout_that_names_its_key() -> None:
    async def go() -> float:
        with pytest.raises(
            SampleError, match=r"no reply within 2\.5 s \(run\.timeout_s\)"
        ) as caught:
            await limited(2.5, 99)
        assert (caught.value.kind, caught.value.passing) == ("timeout", True)
        await asyncio.sleep(1)  # the task is not cancelled any more
        return now()

    assert run(go()) == 3.5


def test_a_cancellation_from_outside_stays_one() -> None:
    async def go() -> None:
        task = asyncio.create_task(limited(5, 99))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(go())


@counted
@pytest.mark.parametrize("outside_first", [True, False])
def test_a_cancellation_from_outside_in_the_same_moment_is_not_lost(outside_first: bool) -> None:
    async def go() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(limited(5, 99))
        if outside_first:
            loop.call_at(5, task.cancel)
            await asyncio.sleep(0)
        else:
            await asyncio.sleep(0)
            loop.call_at(5, task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task

    run(go())


def test_an_error_of_the_body_goes_through() -> None:
    async def go() -> None:
        with pytest.raises(KeyError), Deadline(5):
            raise KeyError

    run(go())


@counted
def test_a_body_that_turns_our_cancellation_into_its_own_error_leaves_the_task_alive() -> None:
    async def body() -> None:
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            raise ConnectionError from None

    async def go() -> None:
        with pytest.raises(ConnectionError), Deadline(1):
            await body()
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0  # type: ignore[attr-defined]

    run(go())


def test_clean_up_of_the_body_may_wait() -> None:
    cleaned: list[float] = []

    async def body() -> None:
        try:
            await asyncio.sleep(9)
        finally:
            await asyncio.sleep(1)
            cleaned.append(now())

    async def go() -> None:
        with pytest.raises(SampleError, match="no reply"), Deadline(1):
            await body()

    run(go())
    assert cleaned == [2.0]
