"""Time limits and retries."""

from __future__ import annotations

import asyncio

import pytest
from scripted import ScriptedEndpoint
from virtual_time import run

from evalrun.core.errors import EndpointError, SampleError
from evalrun.core.exchange import Prompt, Reply, Request, SampleKey, Sampling
from evalrun.runners.retry import RetryingEndpoint, RetryPolicy

PASSING = SampleError("busy", kind="rate_limit", passing=True, retry_after_s=20.0)


def ask(answers: list[str | Exception], policy: RetryPolicy, delay_s: float = 0) -> Reply:
    script = iter(answers)
    inner = ScriptedEndpoint(lambda *_: next(script), delay_s=delay_s)

    async def go() -> Reply:
        endpoint = RetryingEndpoint(inner, policy)
        async with endpoint.open(Prompt(messages=()), SampleKey("a")) as session:
            return await session.generate(Request(sampling=Sampling()))

    return run(go())


def test_a_passing_failure_is_asked_again() -> None:
    assert ask([PASSING, PASSING, "ok"], RetryPolicy(retries=2, timeout_s=9)).text == "ok"


def test_retries_end_with_the_last_failure() -> None:
    with pytest.raises(SampleError, match="busy"):
        ask([PASSING, PASSING, "ok"], RetryPolicy(retries=1, timeout_s=9))


@pytest.mark.parametrize(
    "failure", [SampleError("too long", kind="context_length"), EndpointError("bad key")]
)
def test_a_permanent_failure_is_not_asked_again(failure: Exception) -> None:
    with pytest.raises(type(failure)):
        ask([failure, "ok"], RetryPolicy(retries=5, timeout_s=9))


def test_a_reply_that_takes_too_long_is_a_timeout_naming_its_key() -> None:
    with pytest.raises(SampleError, match=r"run\.timeout_s") as caught:
        ask(["late"], RetryPolicy(retries=0, timeout_s=2), delay_s=5)
    assert caught.value.kind == "timeout"
    assert caught.value.passing


def test_the_time_limit_is_that_of_an_attempt_not_of_the_wait_for_it() -> None:
    inner = ScriptedEndpoint(lambda *_: "ok", delay_s=4)

    async def go() -> list[Reply]:
        endpoint = RetryingEndpoint(inner, RetryPolicy(retries=0, timeout_s=5, max_connections=1))
        async with endpoint.open(Prompt(messages=()), SampleKey("a")) as session:
            request = Request(sampling=Sampling())
            return await asyncio.gather(*(session.generate(request) for _ in range(5)))

    assert len(run(go())) == 5


def test_no_more_requests_run_at_once_than_there_are_connections() -> None:
    inner = ScriptedEndpoint(lambda *_: "ok", delay_s=1)

    async def go() -> None:
        policy = RetryPolicy(retries=0, timeout_s=9, max_connections=3)
        endpoint = RetryingEndpoint(inner, policy)
        async with endpoint.open(Prompt(messages=()), SampleKey("a")) as session:
            request = Request(sampling=Sampling())
            await asyncio.gather(*(session.generate(request) for _ in range(12)))

    run(go())
    assert inner.most_running == 3
