"""Token buckets: what gets through in any window, and corrections afterwards."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.exchange import Usage
from evalrun.runners.flow.rates import BURST_S, Rates, TokenBucket


def passed(bucket: TokenBucket, amounts: list[float], idle: list[float]) -> list[float]:
    """Let `amounts` through as soon as each may, after pauses of the sender; return the times."""
    now, times = 1_000.0, []
    for amount, pause in zip(amounts, itertools.cycle(idle or [0.0]), strict=False):
        now += pause
        while (wait := bucket.wait_s(amount, now)) > 0:
            now += wait
        bucket.take(amount)
        times.append(now)
    return times


@given(
    per_minute=st.integers(1, 100_000),
    amounts=st.lists(st.floats(0, 20_000), min_size=1, max_size=60),
    idle=st.lists(st.floats(0, 30), max_size=8),
)
def test_no_window_lets_through_more_than_the_rate_and_the_burst(
    per_minute: int, amounts: list[float], idle: list[float]
) -> None:
    times = passed(TokenBucket(per_minute), amounts, idle)
    burst = max(1.0, per_minute / 60 * BURST_S, *amounts)
    for first in range(len(times)):
        total = 0.0
        for last in range(first, len(times)):
            total += amounts[last]
            window_s = times[last] - times[first]
            assert total <= per_minute / 60 * window_s + burst + 1e-3


@given(per_minute=st.integers(1, 6_000), count=st.integers(2, 200))
def test_who_always_wants_more_gets_the_whole_rate(per_minute: int, count: int) -> None:
    times = passed(TokenBucket(per_minute), [1.0] * count, [])
    assert times[-1] - times[0] <= (count - 1) * 60 / per_minute + 1e-3


def test_requests_of_a_minute_exceed_the_limit_by_at_most_a_twentieth() -> None:
    times = passed(TokenBucket(600), [1.0] * 2_000, [])
    most = max(sum(start <= time < start + 60 for time in times) for start in times)
    assert 600 <= most <= 630


def test_idleness_saves_up_no_more_than_the_burst() -> None:
    bucket = TokenBucket(60)
    times = passed(bucket, [1.0] * 8, [0.0] * 7 + [3_600.0])
    assert [round(time - times[0]) for time in times[:6]] == [0, 0, 0, 1, 2, 3]
    bucket.wait_s(1, 10_000.0)
    assert bucket.wait_s(3, 10_000.0) == 0
    bucket.take(3)
    assert bucket.wait_s(1, 10_000.0) == pytest.approx(1.0)


def test_more_than_the_burst_waits_for_a_full_bucket_and_leaves_a_debt() -> None:
    bucket = TokenBucket(60)
    assert bucket.wait_s(63, 0.0) == 0
    bucket.take(63)
    assert bucket.wait_s(1, 0.0) == pytest.approx(61.0)


def test_the_first_use_is_the_beginning_of_time() -> None:
    bucket = TokenBucket(60)
    assert bucket.wait_s(3, 1e9) == 0
    bucket.take(3)
    assert bucket.wait_s(3, 1e9) == pytest.approx(3.0)


def test_tokens_are_corrected_by_what_was_used() -> None:
    rates = Rates(None, 60)
    rates.wait_s(0, 0.0)
    rates.take(10)
    rates.correct(10, Usage(input_tokens=2, output_tokens=1))
    assert rates.wait_s(1, 0.0) == pytest.approx(1.0)
    rates.correct(1, Usage(input_tokens=8, output_tokens=3))
    assert rates.wait_s(1, 0.0) == pytest.approx(11.0)


def test_a_server_that_tells_no_usage_leaves_the_estimate() -> None:
    rates = Rates(None, 60)
    rates.wait_s(0, 0.0)
    rates.take(10)
    rates.correct(10, Usage())
    assert rates.wait_s(1, 0.0) == pytest.approx(8.0)


def test_the_scarcer_of_requests_and_tokens_decides() -> None:
    rates = Rates(60, 600)
    for _ in range(3):
        assert rates.wait_s(1, 0.0) == 0
        rates.take(1)
    assert rates.wait_s(1, 0.0) == pytest.approx(1.0)
    rates.take(97)
    assert rates.wait_s(1, 0.0) == pytest.approx(7.1)


def test_without_limits_nobody_waits_and_nothing_is_estimated() -> None:
    rates = Rates(None, None)
    rates.take(10**9)
    assert rates.wait_s(10**9, 0.0) == 0
    assert not rates.counts_tokens
    assert Rates(None, 5).counts_tokens
