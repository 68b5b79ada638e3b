"""Leader first: who goes, who waits, what is remembered."""

from __future__ import annotations

import asyncio

import pytest
from virtual_time import run

from evalrun.core.content import ImagePart, Message, TextPart
from evalrun.core.exchange import Call, Sampling, SharedPrefix
from evalrun.runners.flow import leader
from evalrun.runners.flow.leader import Leaders, shared_prefix

CONTEXT = "a long context " * 300


def asked(question: str, context: str = CONTEXT, **options: object) -> Call:
    content = (TextPart(context), TextPart(question))
    shared = options.pop("shared", (SharedPrefix(0),))
    return Call(
        messages=(Message("user", content),),
        sampling=Sampling(),
        shared=shared,  # type: ignore[arg-type]
    )


def test_calls_with_the_same_beginning_have_the_same_prefix() -> None:
    first, second = shared_prefix(asked("one?")), shared_prefix(asked("two?"))
    assert first is not None
    assert first == second
    assert shared_prefix(asked("one?", CONTEXT + "!")) != first


def test_texts_are_told_apart_by_what_they_say_not_by_identity() -> None:
    copy = "".join(list(CONTEXT))
    assert copy is not CONTEXT
    assert shared_prefix(asked("one?", copy)) == shared_prefix(asked("one?"))


def test_the_role_and_earlier_messages_are_part_of_the_prefix() -> None:
    def call(system: str, role: str) -> Call:
        messages = (Message("system", system), Message(role, CONTEXT), Message("user", "q"))  # type: ignore[arg-type]
        return Call(messages=messages, sampling=Sampling(), shared=(SharedPrefix(1),))

    prefixes = {
        shared_prefix(call(system, role)) for system in ("a", "b") for role in ("user", "tool")
    }
    assert len(prefixes) == 4


def test_what_is_short_or_not_shared_has_none() -> None:
    assert shared_prefix(asked("?", "short")) is None
    assert shared_prefix(asked("?" * 9_999, "short")) is None
    assert shared_prefix(asked("?", shared=())) is None
    assert shared_prefix(asked("?", "x" * 3_999)) is None
    assert shared_prefix(asked("?", "x" * 4_000)) is not None


def test_only_the_first_beginning_counts() -> None:
    both = asked("?", shared=(SharedPrefix(0, 0), SharedPrefix(0, 1)))
    assert shared_prefix(both) == shared_prefix(asked("!"))


def test_an_image_is_long() -> None:
    content = (ImagePart("chart.png"), TextPart("what is it?"))
    call = Call(
        messages=(Message("user", content),), sampling=Sampling(), shared=(SharedPrefix(0),)
    )
    assert shared_prefix(call) is not None


class Caller:
    """Takes a turn and tells how it went."""

    def __init__(self, leaders: Leaders, prefix: int = 1) -> None:
        self.leads: bool | None = None
        self._leaders, self._prefix = leaders, prefix
        self.task = asyncio.create_task(self._go())

    async def _go(self) -> None:
        self.leads = await self._leaders.turn(self._prefix, 0.0)


async def waiting(leaders: Leaders, count: int) -> list[Caller]:
    callers = [Caller(leaders) for _ in range(count)]
    await settle()
    return callers


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def leads(callers: list[Caller]) -> list[bool | None]:
    return [caller.leads for caller in callers]


def test_one_leads_and_the_others_follow_its_answer() -> None:
    async def go() -> None:
        leaders = Leaders()
        callers = await waiting(leaders, 4)
        assert leads(callers) == [True, None, None, None]
        leaders.answered(1, 1.0, led=True)
        await settle()
        assert leads(callers) == [True, False, False, False]
        assert await leaders.turn(1, 2.0) is False

    run(go())


def test_when_the_leader_fails_the_next_leads() -> None:
    async def go() -> None:
        leaders = Leaders()
        callers = await waiting(leaders, 3)
        leaders.failed(1)
        await settle()
        assert leads(callers) == [True, True, None]
        leaders.failed(1)
        await settle()
        assert leads(callers) == [True, True, True]
        leaders.failed(1)
        assert await leaders.turn(1, 0.0) is True

    run(go())


def test_followers_that_are_cancelled_are_passed_over() -> None:
    async def go() -> None:
        leaders = Leaders()
        callers = await waiting(leaders, 4)
        callers[1].task.cancel()
        leaders.failed(1)
        callers[2].task.cancel()
        await settle()
        assert leads(callers) == [True, None, None, True]

    run(go())


def test_a_follower_cancelled_just_when_it_is_to_lead_passes_it_on() -> None:
    async def go() -> None:
        leaders = Leaders()
        callers = await waiting(leaders, 3)
        leaders.failed(1)
        callers[1].task.cancel()
        await settle()
        assert leads(callers) == [True, None, True]

    run(go())


def test_prefixes_do_not_wait_for_each_other() -> None:
    async def go() -> None:
        leaders = Leaders()
        assert await leaders.turn(1, 0.0)
        assert await leaders.turn(2, 0.0)

    run(go())


def test_warmth_lasts_five_minutes_from_the_last_answer() -> None:
    async def go() -> None:
        leaders = Leaders()
        await leaders.turn(1, 0.0)
        leaders.answered(1, 0.0, led=True)
        assert await leaders.turn(1, 299.0) is False
        leaders.answered(1, 299.5, led=False)
        assert await leaders.turn(1, 599.0) is False
        assert await leaders.turn(1, 599.5) is True

    run(go())


def test_the_prefixes_used_longest_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader, "MOST_REMEMBERED", 3)

    async def go() -> None:
        leaders = Leaders()
        for prefix in (1, 2, 3, 1, 4):
            leaders.answered(prefix, 0.0, led=False)
        assert [await leaders.turn(prefix, 1.0) for prefix in (1, 2, 3, 4)] == [
            False,
            True,
            False,
            False,
        ]

    run(go())
