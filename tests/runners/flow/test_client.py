"""Calls under control: what a run sees of limits, failures, pauses and outages."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_client import ScriptedClient, call_of, controlled, failing, question, reply
from virtual_time import now, run

from evalrun.core.content import Message, TextPart
from evalrun.core.errors import EndpointError, FailureKind, OutageError, SampleError
from evalrun.core.exchange import Call, Reply, Sampling, SharedPrefix, Usage
from evalrun.runners.flow.client import ControlledClient
from evalrun.runners.flow.state import FlowState


def outcomes(client: ControlledClient, *calls: Call) -> list[Reply | BaseException]:
    """Make `calls` at once, and return what each ends in."""

    async def go() -> list[Reply | BaseException]:
        return await asyncio.gather(*map(client.call, calls), return_exceptions=True)

    return run(go())


def calls(count: int) -> list[Call]:
    return [call_of(str(number)) for number in range(count)]


def in_turn(*answers: str | Exception) -> Callable[[Call], str | Exception]:
    script = iter(answers)
    return lambda _: next(script)


def until(time_s: float, answer: Exception) -> Callable[[Call], str | Exception]:
    return lambda _: answer if now() < time_s else "ok"


def test_it_answers_as_the_client_does() -> None:
    inner = ScriptedClient(lambda call: question(call) + "!")
    client, told = controlled(inner)
    (answer,) = outcomes(client, call_of("hello"))
    assert isinstance(answer, Reply)
    assert answer.text == "hello!"
    assert client.identity() == {"name": "scripted"}
    assert client.environment() == {"client": "script"}
    assert told == []
    asyncio.run(client.close())
    assert inner.closed


@pytest.mark.parametrize("adaptive", [True, False])
def test_no_more_calls_run_at_once_than_there_are_connections(adaptive: bool) -> None:
    inner = ScriptedClient()
    client, _ = controlled(inner, max_connections=3, adaptive=adaptive)
    outcomes(client, *calls(10))
    assert inner.most_running == 3
    assert inner.started == [(number // 3, str(number)) for number in range(10)]


@pytest.mark.parametrize("kind", ["rate_limit", "timeout", "connection", "server", "bad_reply"])
def test_a_failure_that_may_pass_is_asked_again(kind: FailureKind) -> None:
    inner = ScriptedClient(in_turn(failing(kind), failing(kind), "ok"))
    client, _ = controlled(inner, retries=2)
    (answer,) = outcomes(client, call_of())
    assert isinstance(answer, Reply)
    assert len(inner.started) == 3


@pytest.mark.parametrize("kind", ["rate_limit", "timeout", "server", "bad_reply"])
def test_retries_end_with_the_last_failure(kind: FailureKind) -> None:
    inner = ScriptedClient(lambda _: failing(kind, f"{kind} at {now():.0f}"), latency_s=0.0)
    client, _ = controlled(inner, retries=5)
    (error,) = outcomes(client, call_of())
    assert isinstance(error, SampleError)
    assert error.kind == kind
    assert len(inner.started) == 6


def test_retries_of_none_fail_at_once() -> None:
    inner = ScriptedClient(lambda _: failing("connection"))
    client, _ = controlled(inner, retries=0)
    (error,) = outcomes(client, call_of())
    assert isinstance(error, SampleError)
    assert len(inner.started) == 1


@pytest.mark.parametrize("kind", ["context_length", "content_filter", "bad_request"])
def test_a_permanent_failure_is_not_asked_again_and_told_once_a_kind(kind: FailureKind) -> None:
    inner = ScriptedClient(lambda _: failing(kind, "500 tokens are too many", passing=False))
    client, told = controlled(inner)
    errors = outcomes(client, *calls(8))
    assert [error.kind for error in errors if isinstance(error, SampleError)] == [kind] * 8
    assert len(inner.started) == 8
    assert len(told) == 1
    assert "500 tokens are too many (recorded; told once)" in told[0]


def test_after_an_endpoint_error_nobody_asks_any_more() -> None:
    inner = ScriptedClient(in_turn(EndpointError("wrong key"), "ok"))
    client, told = controlled(inner, max_connections=2)
    first, second, *others = outcomes(client, *calls(6))
    assert isinstance(second, Reply)
    assert [str(error) for error in (first, *others)] == ["wrong key"] * 5
    assert {type(error) for error in (first, *others)} == {EndpointError}
    assert len(inner.started) == 2
    assert told == []
    assert client.state() == FlowState(running=0, limit=2, waiting=0)
    assert isinstance(outcomes(client, call_of())[0], EndpointError)


def test_an_unforeseen_error_goes_through_and_frees_its_slot() -> None:
    inner = ScriptedClient(in_turn(KeyError("choices"), "ok"))
    client, _ = controlled(inner, max_connections=1)
    error, answer = outcomes(client, *calls(2))
    assert isinstance(error, KeyError)
    assert isinstance(answer, Reply)


def test_the_time_limit_is_that_of_an_attempt_not_of_the_wait_for_it() -> None:
    inner = ScriptedClient(latency_s=4.0)
    client, _ = controlled(inner, max_connections=1, timeout_s=5.0, retries=0)
    assert all(isinstance(answer, Reply) for answer in outcomes(client, *calls(5)))


def test_an_attempt_out_of_time_is_dropped_and_names_its_key() -> None:
    inner = ScriptedClient(latency_s=99.0)
    client, _ = controlled(inner, timeout_s=5.0, retries=1)
    (error,) = outcomes(client, call_of())
    assert isinstance(error, SampleError)
    assert (error.kind, error.passing) == ("timeout", True)
    assert "run.timeout_s" in str(error)
    assert inner.running == 0
    assert [round(start) for start in inner.times] in ([0, 5], [0, 6])


def test_a_throttled_client_halves_and_grows_again() -> None:
    busy = {"3": failing("rate_limit"), "5": failing("rate_limit")}
    inner = ScriptedClient(lambda call: busy.pop(question(call), None) or "ok")
    client, _ = controlled(inner, max_connections=16)

    async def go() -> list[int]:
        limits = [client.state().limit]
        tasks = [asyncio.create_task(client.call(call)) for call in calls(64)]
        for _ in range(4):
            await asyncio.sleep(1.01)
            limits.append(client.state().limit)
        await asyncio.gather(*tasks)
        return limits

    # What a round trip adds is a little less than one.
    assert run(go()) == [16, 8, 8, 9, 10]


def test_a_fixed_limit_is_not_throttled() -> None:
    inner = ScriptedClient(in_turn(failing("rate_limit"), *["ok"] * 9))
    client, _ = controlled(inner, max_connections=4, adaptive=False)
    outcomes(client, *calls(9))
    assert client.state().limit == 4


@pytest.mark.parametrize("kind", ["rate_limit", "overloaded"])
def test_a_pause_that_the_server_names_is_a_pause_of_all(kind: FailureKind) -> None:
    inner = ScriptedClient(in_turn(failing(kind, "slow down", after=20.0), *["ok"] * 9))
    client, told = controlled(inner, max_connections=2)
    assert all(isinstance(answer, Reply) for answer in outcomes(client, *calls(4)))
    # The second attempt was under way when the first one failed, after a second.
    assert inner.times[:2] == [0, 0]
    assert min(inner.times[2:]) == 21.0
    assert len(told) == 1
    assert "slow down" in told[0]


def test_without_a_named_pause_only_the_call_itself_waits() -> None:
    inner = ScriptedClient(in_turn(failing("rate_limit"), *["ok"] * 9))
    client, _ = controlled(inner, max_connections=1)
    outcomes(client, *calls(4))
    assert [asked for _, asked in inner.started] == ["0", "1", "2", "3", "0"]
    assert inner.times[:4] == [0, 1, 2, 3]


def test_each_kind_of_throttling_is_told_once() -> None:
    inner = ScriptedClient(until(10, failing("rate_limit", "429 of tier 1")))
    client, told = controlled(inner)
    outcomes(client, *calls(20))
    assert told == ["throttled by the server: 429 of tier 1; asking again"]


def test_a_pause_longer_than_an_outage_may_be_ends_the_run_for_everybody() -> None:
    inner = ScriptedClient(in_turn(failing("rate_limit", "daily limit", after=7_200.0)))
    client, _ = controlled(inner, max_connections=1, max_outage_s=300.0)
    errors = outcomes(client, *calls(4))
    assert {type(error) for error in errors} == {OutageError}
    assert "7,200 s" in str(errors[0])
    assert "run again" in str(errors[0])
    assert len(inner.started) == 1


def test_an_outage_loses_nothing_and_is_told_when_it_begins_and_ends() -> None:
    def script(_: Call) -> str | Exception:
        return failing("connection", "connection refused") if 10 < now() < 60 else "ok"

    inner = ScriptedClient(script, latency_s=0.5)
    client, told = controlled(inner, max_connections=8, retries=1)
    answers = outcomes(client, *calls(400))
    assert all(isinstance(answer, Reply) for answer in answers)
    during = [start for start in inner.times if 11 < start < 59]
    assert 4 <= len(during) <= 9
    assert "does not answer (connection refused)" in told[0]
    assert told[1].startswith("the server is back after ")
    assert len(told) == 2


@pytest.mark.parametrize("kind", ["timeout", "server", "overloaded", "connection"])
def test_an_outage_of_any_kind_uses_up_no_retries(kind: FailureKind) -> None:
    inner = ScriptedClient(lambda _: failing(kind) if 5 < now() < 200 else "ok", latency_s=0.5)
    client, _ = controlled(inner, max_connections=8, retries=2)
    assert all(isinstance(answer, Reply) for answer in outcomes(client, *calls(200)))


def test_a_server_that_stays_down_ends_the_run_for_everybody() -> None:
    inner = ScriptedClient(
        lambda _: failing("connection", "connection refused") if now() > 5 else "ok"
    )
    client, _ = controlled(inner, max_connections=4, max_outage_s=100.0)
    answers = outcomes(client, *calls(60))
    lost = [answer for answer in answers if not isinstance(answer, Reply)]
    assert {type(error) for error in lost} == {OutageError}
    assert "connection refused" in str(lost[0])
    assert 100 < max(inner.times) < 120
    assert client.state().running == 0


def test_a_server_that_was_never_there_is_given_up_after_a_minute() -> None:
    inner = ScriptedClient(lambda _: failing("connection", "connection refused"), latency_s=0.0)
    client, _ = controlled(inner)
    errors = outcomes(client, *calls(20))
    assert {type(error) for error in errors} == {OutageError}
    assert 55 < max(inner.times) < 70


def test_samples_that_break_the_server_each_time_do_not_hold_up_the_others() -> None:
    poisoned = {"3", "4"}
    inner = ScriptedClient(
        lambda call: failing("server") if question(call) in poisoned else "ok", latency_s=0.1
    )
    client, _ = controlled(inner, max_connections=1, max_outage_s=30.0)
    answers = outcomes(client, *calls(8))
    assert [isinstance(answer, Reply) for answer in answers] == [n not in (3, 4) for n in range(8)]


def test_samples_that_are_too_slow_alone_fail_alone() -> None:
    async def go() -> list[Any]:
        return [await asyncio.gather(client.call(call_of()), return_exceptions=True)]

    inner = ScriptedClient(latency_s=99.0)
    client, _ = controlled(inner, max_connections=1, timeout_s=10.0, max_outage_s=30.0)
    ((error,),) = run(go())
    assert isinstance(error, SampleError)
    assert len(inner.started) == 6


def test_requests_and_tokens_a_minute_are_kept() -> None:
    usage = Usage(input_tokens=10, output_tokens=90)
    inner = ScriptedClient(lambda _: reply("ok", usage), latency_s=0.0)
    client, _ = controlled(inner, tokens_per_minute=6_000)
    outcomes(client, *(call_of("x" * 40, max_tokens=1_000) for _ in range(60)))
    # Expected were 1,010 tokens each; 100 were used, which is one call a second.
    assert 50 <= max(inner.times) <= 62

    inner = ScriptedClient(latency_s=0.0)
    client, _ = controlled(inner, requests_per_minute=120)
    outcomes(client, *calls(66))
    assert max(inner.times) == pytest.approx(30.0)


def test_replies_tell_how_many_tokens_to_expect_of_calls_without_a_limit() -> None:
    inner = ScriptedClient(lambda _: reply("ok", Usage(output_tokens=1_000)), latency_s=0.0)
    client, _ = controlled(inner, tokens_per_minute=6_000)
    outcomes(client, call_of())
    inner.latency_s = 100.0
    outcomes(client, *calls(3))
    gaps = [later - earlier for earlier, later in itertools.pairwise(inner.times[1:])]
    assert gaps == [pytest.approx(10.0, abs=0.1)] * 2


def sharing(question_: str, context: str = "c" * 5_000) -> Call:
    content = (TextPart(context), TextPart(question_))
    return Call(
        messages=(Message("user", content),), sampling=Sampling(), shared=(SharedPrefix(0),)
    )


def test_of_calls_that_share_a_long_beginning_one_goes_first() -> None:
    inner = ScriptedClient()
    client, _ = controlled(inner)
    outcomes(client, *(sharing(str(number)) for number in range(5)), call_of("other"))
    assert inner.started[:2] == [(0, "0"), (0, "other")]
    assert inner.times[2:] == [1, 1, 1, 1]


def test_when_the_first_of_them_fails_the_next_goes_first() -> None:
    inner = ScriptedClient(in_turn(failing("bad_request", passing=False), *["ok"] * 4))
    client, _ = controlled(inner)
    outcomes(client, *(sharing(str(number)) for number in range(5)))
    assert inner.times == [0, 1, 2, 2, 2]


def test_those_who_follow_hold_no_slots() -> None:
    inner = ScriptedClient()
    client, _ = controlled(inner, max_connections=2)
    outcomes(client, *(sharing(str(number)) for number in range(5)), *calls(4))
    assert max(inner.times) == 4.0


def test_the_state_says_what_is_going_on() -> None:
    inner = ScriptedClient()
    client, _ = controlled(inner, max_connections=2)
    assert client.state() == FlowState(running=0, limit=2, waiting=0)

    async def go() -> None:
        tasks = [asyncio.create_task(client.call(call)) for call in calls(5)]
        await asyncio.sleep(0.5)
        assert client.state() == FlowState(running=2, limit=2, waiting=3)
        inner.script = lambda _: failing("rate_limit", after=30.0)
        await asyncio.sleep(1)
        assert client.state().paused == "the server asks to wait 30 s"
        inner.script = lambda _: "ok"
        await asyncio.gather(*tasks)
        assert client.state() == FlowState(running=0, limit=2, waiting=0)
        inner.script = lambda _: failing("connection")
        tasks = [asyncio.create_task(client.call(call)) for call in calls(9)]
        await asyncio.sleep(9)
        assert client.state().paused == "the server does not answer"
        inner.script = lambda _: "ok"
        await asyncio.gather(*tasks)
        assert client.state().paused is None

    run(go())


def test_a_wall_clock_that_jumps_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def pause_and_deadline() -> list[float]:
        answers = in_turn(failing("rate_limit", after=20.0), *["ok"] * 30)
        inner = ScriptedClient(answers, latency_s=0.5)
        client, _ = controlled(inner, max_connections=4, requests_per_minute=60, timeout_s=1.0)
        random.seed(1)
        outcomes(client, *calls(20), *(sharing(str(number)) for number in range(3)))
        return inner.times

    steady = pause_and_deadline()
    jumps = random.Random(2)
    monkeypatch.setattr(time, "time", lambda: jumps.uniform(0, 4e9))
    assert pause_and_deadline() == steady


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**9), limit=st.integers(1, 6), adaptive=st.booleans())
def test_the_limit_holds_whatever_the_server_does(seed: int, limit: int, adaptive: bool) -> None:
    chance = random.Random(seed)
    inner = ScriptedClient(lambda _: _anything(chance), latency_s=1.0)
    client, _ = controlled(inner, max_connections=limit, adaptive=adaptive, max_outage_s=9_999.0)
    answers = outcomes(client, *calls(60))
    assert inner.most_running <= limit
    assert all(isinstance(answer, (Reply, SampleError)) for answer in answers)
    assert client.state().running == client.state().waiting == 0


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9), limit=st.integers(1, 4), rate=st.none() | st.just(120))
def test_whoever_is_cancelled_whenever_a_new_call_goes_through(
    seed: int, limit: int, rate: int | None
) -> None:
    chance = random.Random(seed)
    inner = ScriptedClient(lambda _: _anything(chance))
    client, _ = controlled(
        inner, max_connections=limit, timeout_s=30.0, max_outage_s=9_999.0, requests_per_minute=rate
    )

    async def go() -> None:
        tasks: list[asyncio.Task[Reply]] = []
        for number in range(40):
            inner.latency_s = chance.choice((0.0, 1.0, 1.0, 40.0))
            call = sharing("?", "c" * chance.randint(4_000, 4_001)) if number % 2 else call_of()
            tasks.append(asyncio.create_task(client.call(call)))
            await asyncio.sleep(chance.choice((0, 0, 0.5, 2.0)))
            if chance.random() < 0.5:
                chance.choice(tasks).cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert inner.running == 0
        assert msgspec.structs.replace(client.state(), limit=1, paused=None) == FlowState(
            running=0, limit=1, waiting=0
        )
        inner.script, inner.latency_s = lambda _: "ok", 1.0
        for call in (call_of(), sharing("?", "c" * 4_000), sharing("?", "c" * 4_001)):
            assert (await asyncio.wait_for(client.call(call), 120)).text == "ok"

    run(go())


def _anything(chance: random.Random) -> str | Exception:
    """Return a reply, most of the time, or one of the failures of real servers."""
    if chance.random() < 0.5:
        return "ok"
    kinds: tuple[FailureKind, ...] = ("rate_limit", "overloaded", "server", "connection")
    kinds += ("timeout", "bad_reply")
    return failing(chance.choice(kinds), after=chance.choice((None, None, 0.0, 5.0)))
