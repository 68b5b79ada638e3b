"""Calls with limits."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from evalrun.scorers.limited import LimitedCalls, LimitError


def hang() -> None:
    time.sleep(60)


def swallow() -> int:
    return len(bytearray(8 << 30))


def die() -> None:
    os._exit(3)


async def both(first, second):
    calls = LimitedCalls(processes=1)
    try:
        with pytest.raises(LimitError) as failure:
            await calls.call(first, timeout_s=1)
        return str(failure.value), await calls.call(second, 7, timeout_s=20)
    finally:
        calls.close()


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (hang, "took longer than 1 s"),
        (swallow, "took more memory than it may"),
        (die, "its process ended with code 3"),
    ],
)
def test_what_breaks_a_limit_is_ended_and_the_next_call_goes_on(function, reason):
    message, value = asyncio.run(both(function, abs))
    assert (message, value) == (reason, 7)


def test_calls_beside_one_that_hangs_go_on():
    async def beside():
        calls = LimitedCalls(processes=2)
        try:
            await asyncio.gather(*(calls.call(abs, -1, timeout_s=20) for _ in range(2)))
            hanging = asyncio.create_task(calls.call(hang, timeout_s=5))
            started = time.monotonic()
            found = [await calls.call(abs, -number, timeout_s=20) for number in range(20)]
            took = time.monotonic() - started
            assert not hanging.done()
            with pytest.raises(LimitError):
                await hanging
            return found, took
        finally:
            calls.close()

    found, took = asyncio.run(beside())
    assert found == list(range(20))
    assert took < 5


def test_many_that_hang_cost_their_limit_and_no_more():
    async def hang_all():
        calls = LimitedCalls(processes=2)
        try:
            await asyncio.gather(*(calls.call(abs, -1, timeout_s=20) for _ in range(2)))
            started = time.monotonic()
            ends = await asyncio.gather(
                *(calls.call(hang, timeout_s=1) for _ in range(6)), return_exceptions=True
            )
            return ends, time.monotonic() - started
        finally:
            calls.close()

    ends, took = asyncio.run(hang_all())
    assert [type(end) for end in ends] == [LimitError] * 6
    # Three one after another in each process, and the start of new processes.
    assert 3 <= took < 15


def test_what_a_function_raises_is_raised_here():
    async def fails():
        calls = LimitedCalls()
        try:
            await calls.call(int, "seven", timeout_s=20)
        finally:
            calls.close()

    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(fails())


def test_processes_are_not_started_before_they_are_needed():
    calls = LimitedCalls()
    calls.close()
