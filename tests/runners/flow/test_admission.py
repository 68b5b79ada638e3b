"""The line in front of the gate: order, limits, cancellation."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_client import failing, reply
from virtual_time import now, run

from evalrun.core.config import RunOptions
from evalrun.core.errors import OutageError
from evalrun.runners.flow.admission import Admission
from evalrun.runners.flow.gate import Gate
from evalrun.runners.notices import Notices


class Site:
    """A gate with its line, and attempts that take `work_s`."""

    def __init__(self, *, work_s: float = 1.0, **options: object) -> None:
        self.gate = Gate(RunOptions(**options), Notices(lambda _: None))  # type: ignore[arg-type]
        self.admission = Admission(self.gate)
        self.work_s = work_s
        self.entered: list[tuple[int, float]] = []

    async def attempt(self, name: int = 0, tokens: int = 0) -> None:
        ticket = await self.admission.admit(tokens)
        self.entered.append((name, now()))
        assert self.gate.running <= self.gate.limit.limit
        try:
            await asyncio.sleep(self.work_s)
        except BaseException:
            self.gate.dropped(ticket)
            raise
        else:
            self.gate.succeeded(ticket, reply("").usage, now())
        finally:
            self.admission.move()


async def all_of(site: Site, count: int, tokens: int = 0) -> None:
    await asyncio.gather(*(site.attempt(name, tokens) for name in range(count)))


def test_first_come_first_served_within_the_limit() -> None:
    async def go() -> None:
        site = Site(max_connections=2, adaptive=False)
        await all_of(site, 6)
        assert site.entered == [(0, 0.0), (1, 0.0), (2, 1.0), (3, 1.0), (4, 2.0), (5, 2.0)]

    run(go())


def test_requests_a_minute_are_spread_over_it() -> None:
    async def go() -> None:
        site = Site(max_connections=99, requests_per_minute=60)
        await all_of(site, 8)
        assert [name for name, _ in site.entered] == list(range(8))
        assert [round(time) for _, time in site.entered] == [0, 0, 0, 1, 2, 3, 4, 5]

    run(go())


def test_tokens_a_minute_are_spread_over_it() -> None:
    async def go() -> None:
        site = Site(max_connections=99, tokens_per_minute=6_000)
        await all_of(site, 6, tokens=150)
        assert [round(time, 1) for _, time in site.entered] == [0, 0, 1.5, 3, 4.5, 6]

    run(go())


def test_a_large_call_is_not_overtaken_by_small_ones() -> None:
    async def go() -> None:
        site = Site(max_connections=99, tokens_per_minute=6_000)
        await asyncio.gather(
            site.attempt(0, 300), site.attempt(1, 300), *(site.attempt(n, 1) for n in (2, 3))
        )
        assert [name for name, _ in site.entered] == [0, 1, 2, 3]
        assert site.entered[1][1] == pytest.approx(3.0)

    run(go())


def test_when_the_first_in_line_gives_up_the_next_goes_if_it_may() -> None:
    async def go() -> None:
        site = Site(max_connections=99, tokens_per_minute=6_000, work_s=0.1)
        await site.attempt(0, 290)
        large = asyncio.create_task(site.attempt(1, 300))
        small = asyncio.create_task(site.attempt(2, 10))
        await asyncio.sleep(0.1)
        large.cancel()
        await small
        assert site.entered[-1] == (2, pytest.approx(0.2))

    run(go())


def test_calls_that_give_up_leave_nothing_behind() -> None:
    async def go() -> None:
        site = Site(max_connections=1)
        first = asyncio.create_task(site.attempt())
        for _ in range(5):
            tasks = [asyncio.create_task(site.attempt()) for _ in range(20)]
            await asyncio.sleep(0)
            for task in tasks[1:]:
                task.cancel()
            await asyncio.gather(*tasks[1:], return_exceptions=True)
        assert len(site.admission._line) == 5
        await first
        await tasks[0]

    run(go())


def test_after_the_end_everybody_is_told_and_later_callers_too() -> None:
    async def go() -> None:
        site = Site(max_connections=1)
        tasks = [asyncio.create_task(site.attempt(name)) for name in range(3)]
        await asyncio.sleep(0.5)
        tasks[1].cancel()
        site.admission.end(OutageError("the server is gone"))
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert results[0] is None
        assert isinstance(results[1], asyncio.CancelledError)
        assert isinstance(results[2], OutageError)
        with pytest.raises(OutageError, match="gone"):
            await site.attempt()

    run(go())


def test_a_pause_that_the_server_asks_for_holds_everybody() -> None:
    async def go() -> None:
        site = Site(max_connections=4, adaptive=False)
        ticket = await site.admission.admit(0)
        site.gate.failed(ticket, failing("rate_limit", after=20), now(), None)
        await all_of(site, 3)
        assert {time for _, time in site.entered} == {20.0}

    run(go())


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**9),
    limit=st.integers(1, 5),
    adaptive=st.booleans(),
    per_minute=st.none() | st.integers(30, 600),
)
def test_whoever_is_cancelled_whenever_no_slot_is_lost(
    seed: int, limit: int, adaptive: bool, per_minute: int | None
) -> None:
    chance = random.Random(seed)

    async def go() -> None:
        site = Site(max_connections=limit, adaptive=adaptive, requests_per_minute=per_minute)
        tasks: list[asyncio.Task[None]] = []
        for name in range(30):
            tasks.append(asyncio.create_task(site.attempt(name)))
            await asyncio.sleep(chance.choice((0, 0, 0.3, 1.0)))
            if chance.random() < 0.6:
                chance.choice(tasks).cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert site.gate.running == 0
        await asyncio.wait_for(site.attempt(), 60)

    run(go())
