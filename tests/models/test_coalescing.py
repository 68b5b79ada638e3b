"""Calls that differ in their seed alone become one request."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.core.content import Message, TextPart
from evalrun.core.errors import SampleError
from evalrun.core.exchange import Call, Reply, ReplyForm, ReplyTiming, Sampling, SharedPrefix, Tool
from evalrun.models.coalescing import WINDOW_S, CoalescingClient


class SeveralScripted:
    """Answers requests with numbered replies.

    `gives` says how many replies each request in turn brings, all that are asked for by default.
    """

    def __init__(self, *gives: int | Exception) -> None:
        self.asked: list[tuple[int | None, int]] = []
        self.ended = 0
        self.closed = False
        self.answers = asyncio.Event()
        self.answers.set()
        self._gives = list(gives)
        self._given = 0

    async def call(self, call: Call) -> Reply:
        return (await self.several(call, 1))[0]

    async def several(self, call: Call, n: int) -> tuple[Reply, ...]:
        self.asked.append((call.sampling.seed, n))
        try:
            await self.answers.wait()
        finally:
            self.ended += 1
        gives = self._gives.pop(0) if self._gives else n
        if isinstance(gives, Exception):
            raise gives
        self._given += gives
        numbers = range(self._given - gives, self._given)
        return tuple(reply(str(number)) for number in numbers)

    def identity(self) -> dict[str, Any]:
        return {"model": "m"}

    def environment(self) -> dict[str, Any]:
        return {"server": "scripted"}

    async def close(self) -> None:
        self.closed = True


def reply(text: str) -> Reply:
    return Reply(text=text, stop_reason="stop", timing=ReplyTiming(latency_s=0.0))


def seeded(seed: int | None, text: str = "Hello?", **others: Any) -> Call:
    return Call(
        messages=(Message("user", text),), sampling=Sampling(temperature=1.0, seed=seed), **others
    )


def started(*calls: Coroutine[Any, Any, Reply]) -> list[asyncio.Task[Reply]]:
    return [asyncio.create_task(call) for call in calls]


async def sent(inner: SeveralScripted, requests: int = 1) -> None:
    """Return when so many requests have been made."""
    while len(inner.asked) < requests:  # noqa: ASYNC110 - the client has no event to wait for
        await asyncio.sleep(0.001)


async def texts(client: CoalescingClient, *calls: Call) -> list[str]:
    return [one.text for one in await asyncio.gather(*map(client.call, calls))]


async def test_epochs_become_one_request_and_each_gets_a_reply_of_its_own() -> None:
    inner = SeveralScripted()
    client = CoalescingClient(inner, most=8)
    assert await texts(client, *map(seeded, range(5))) == ["0", "1", "2", "3", "4"]
    assert inner.asked == [(0, 5)]


async def test_a_request_takes_at_most_so_many() -> None:
    inner = SeveralScripted()
    client = CoalescingClient(inner, most=2)
    assert sorted(await texts(client, *map(seeded, range(5)))) == ["0", "1", "2", "3", "4"]
    assert inner.asked == [(0, 2), (2, 2), (4, 1)]


async def test_a_full_request_does_not_wait_for_the_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evalrun.models.coalescing.WINDOW_S", 60)
    client = CoalescingClient(SeveralScripted(), most=2)
    assert await texts(client, seeded(0), seeded(1)) == ["0", "1"]


async def test_calls_a_few_turns_of_the_loop_apart_still_go_together() -> None:
    inner = SeveralScripted()
    client = CoalescingClient(inner, most=8)

    async def after(turns: int) -> Reply:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await client.call(seeded(turns))

    await asyncio.gather(*map(after, range(4)))
    assert inner.asked == [(0, 4)]


async def test_a_later_call_is_a_request_of_its_own() -> None:
    inner = SeveralScripted()
    client = CoalescingClient(inner, most=8)
    first = asyncio.create_task(client.call(seeded(0)))
    await asyncio.sleep(4 * WINDOW_S)
    await client.call(seeded(1))
    await first
    assert inner.asked == [(0, 1), (1, 1)]


@pytest.mark.parametrize(
    "other",
    [
        seeded(0, "Hallo?"),
        seeded(0, form=ReplyForm(reply_schema={"type": "object"})),
        seeded(0, form=ReplyForm(tools=(Tool("look", parameters={"type": "object"}),))),
        msgspec.structs.replace(seeded(0), sampling=Sampling(temperature=0.5)),
    ],
)
async def test_calls_that_differ_in_more_than_their_seed_stay_apart(other: Call) -> None:
    inner = SeveralScripted()
    await texts(CoalescingClient(inner, most=8), seeded(0), other)
    assert [n for _, n in inner.asked] == [1, 1]


async def test_equal_seeds_and_other_shared_beginnings_go_together() -> None:
    inner = SeveralScripted()
    client = CoalescingClient(inner, most=8)
    await texts(client, seeded(3), seeded(3), seeded(3, shared=(SharedPrefix(0),)))
    assert inner.asked == [(3, 3)]


async def test_calls_without_a_seed_go_together_with_those_that_have_one() -> None:
    inner = SeveralScripted()
    await texts(CoalescingClient(inner, most=8), seeded(None), seeded(1))
    assert inner.asked == [(None, 2)]


async def test_calls_about_continuations_are_passed_on_one_by_one() -> None:
    inner = SeveralScripted()
    calls = [seeded(seed, form=ReplyForm(continuations=(" yes",))) for seed in range(2)]
    await texts(CoalescingClient(inner, most=8), *calls)
    assert inner.asked == [(0, 1), (1, 1)]


async def test_what_did_not_come_back_is_asked_again_with_the_seed_of_who_waits() -> None:
    inner = SeveralScripted(3, 1)
    client = CoalescingClient(inner, most=8)
    assert await texts(client, *map(seeded, range(5))) == ["0", "1", "2", "3", "4"]
    assert inner.asked == [(0, 5), (3, 2), (4, 1)]


async def test_replies_beyond_those_asked_for_are_left_out() -> None:
    inner = SeveralScripted(4)
    assert await texts(CoalescingClient(inner, most=8), seeded(0), seeded(1)) == ["0", "1"]


async def test_a_request_that_brings_nothing_is_a_passing_failure() -> None:
    inner = SeveralScripted(0)
    client = CoalescingClient(inner, most=8)
    ended = await asyncio.gather(
        client.call(seeded(0)), client.call(seeded(1)), return_exceptions=True
    )
    for error in ended:
        assert isinstance(error, SampleError)
        assert (error.kind, error.passing) == ("bad_reply", True)


async def test_an_error_goes_to_all_that_still_wait() -> None:
    inner = SeveralScripted(1, SampleError("busy", kind="server", passing=True))
    client = CoalescingClient(inner, most=8)
    first, *others = await asyncio.gather(
        *(client.call(seeded(seed)) for seed in range(3)), return_exceptions=True
    )
    assert first == reply("0")
    assert [str(error) for error in others] == ["busy", "busy"]


async def test_a_call_that_is_cancelled_leaves_the_others_alone() -> None:
    inner = SeveralScripted()
    inner.answers.clear()
    client = CoalescingClient(inner, most=8)
    first, second, third = started(*(client.call(seeded(seed)) for seed in range(3)))
    await sent(inner)
    first.cancel()
    await asyncio.sleep(0)
    inner.answers.set()
    assert [(await one).text for one in (second, third)] == ["0", "1"]
    assert first.cancelled()


async def test_a_call_that_is_cancelled_before_the_request_is_not_asked() -> None:
    inner = SeveralScripted()
    client = CoalescingClient(inner, most=8)
    first, second = started(client.call(seeded(0)), client.call(seeded(1)))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).text == "0"
    assert inner.asked == [(1, 1)]


async def test_the_request_ends_when_all_calls_are_cancelled() -> None:
    inner = SeveralScripted()
    inner.answers.clear()
    client = CoalescingClient(inner, most=8)
    waiting = started(client.call(seeded(0)), client.call(seeded(1)))
    await sent(inner)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await client.close()
    assert (inner.ended, inner.closed) == (1, True)


async def test_nothing_is_asked_when_all_calls_are_cancelled_before_the_request() -> None:
    inner = SeveralScripted()
    client = CoalescingClient(inner, most=8)
    waiting = started(client.call(seeded(0)), client.call(seeded(1)))
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.sleep(3 * WINDOW_S)
    assert inner.asked == []


async def test_the_rest_is_not_asked_for_when_who_waited_for_it_is_gone() -> None:
    inner = SeveralScripted(1)
    inner.answers.clear()
    client = CoalescingClient(inner, most=8)
    first, second = started(client.call(seeded(0)), client.call(seeded(1)))
    await sent(inner)
    second.cancel()
    await asyncio.sleep(0)
    inner.answers.set()
    assert (await first).text == "0"
    await client.close()
    assert inner.asked == [(0, 2)]


async def test_a_deadline_of_every_call_ends_the_request() -> None:
    inner = SeveralScripted()
    inner.answers.clear()
    client = CoalescingClient(inner, most=8)
    waits = (asyncio.wait_for(client.call(seeded(seed)), 0.05) for seed in range(2))
    ended = await asyncio.gather(*waits, return_exceptions=True)
    await client.close()
    assert [type(error) for error in ended] == [asyncio.TimeoutError] * 2
    assert inner.ended == 1


async def test_the_identity_tells_that_a_seed_covers_several_replies() -> None:
    client = CoalescingClient(SeveralScripted(), most=8)
    assert client.identity() == {"model": "m", "coalesced": 8}
    assert client.environment() == {"server": "scripted"}


async def test_parts_of_a_message_are_compared_too() -> None:
    inner = SeveralScripted()
    parts = (TextPart("a"), TextPart("b"))
    calls = [
        Call(messages=(Message("user", parts),), sampling=Sampling(seed=seed)) for seed in range(2)
    ]
    await texts(CoalescingClient(inner, most=8), *calls)
    assert inner.asked == [(0, 2)]


@given(
    questions=st.lists(st.sampled_from("ab"), max_size=12),
    most=st.integers(1, 5),
    gives=st.lists(st.integers(1, 4), max_size=4),
)
@settings(max_examples=40, deadline=None)
def test_every_call_gets_exactly_one_reply(
    questions: list[str], most: int, gives: list[int]
) -> None:
    async def go() -> list[str]:
        client = CoalescingClient(SeveralScripted(*gives), most)
        return await texts(
            client, *(seeded(index, question) for index, question in enumerate(questions))
        )

    answers = asyncio.run(go())
    assert len(answers) == len(set(answers)) == len(questions)
