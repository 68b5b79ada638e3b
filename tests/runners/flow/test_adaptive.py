"""Concurrency limits: slow start, additive increase, multiplicative decrease."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.flow.adaptive import AdaptiveLimit, FixedLimit


def answer(limit: AdaptiveLimit, latency_s: float, replies: int) -> None:
    """Answer attempts that began late, while all connections were in use."""
    for _ in range(replies):
        limit.succeeded(100.0, 100.0 + latency_s, saturated=True)


def a_round_trip(limit: AdaptiveLimit) -> None:
    """Answer as many attempts as may run."""
    answer(limit, 1.0, limit.limit)


def test_a_fixed_limit_stays() -> None:
    limit = FixedLimit(7)
    limit.succeeded(0.0, 1.0, saturated=True)
    limit.troubled(0.0, 1.0)
    assert limit.limit == 7


def test_it_begins_at_the_most_or_at_64() -> None:
    assert (AdaptiveLimit(32).limit, AdaptiveLimit(500).limit) == (32, 64)


def test_it_doubles_a_round_trip_until_the_first_trouble_and_up_to_the_most() -> None:
    limit = AdaptiveLimit(500)
    sizes = []
    for _ in range(4):
        a_round_trip(limit)
        sizes.append(limit.limit)
    assert sizes == [128, 256, 500, 500]


def test_after_trouble_it_grows_by_one_a_round_trip() -> None:
    limit = AdaptiveLimit(500)
    limit.troubled(0.0, 1.0)
    assert limit.limit == 32
    sizes = []
    for _ in range(5):
        a_round_trip(limit)
        sizes.append(limit.limit)
    assert all(0 <= later - earlier <= 1 for earlier, later in itertools.pairwise(sizes))
    assert 36 <= sizes[-1] <= 37


def test_it_halves_down_to_one() -> None:
    limit = AdaptiveLimit(8)
    sizes = []
    for second in range(5):
        limit.troubled(float(second), second + 0.5)
        sizes.append(limit.limit)
    assert sizes == [4, 2, 1, 1, 1]
    a_round_trip(limit)
    assert limit.limit == 2


def test_a_burst_of_one_round_trip_halves_it_once() -> None:
    limit = AdaptiveLimit(64)
    for _ in range(40):
        limit.troubled(started_at=3.0, now=4.0)
    limit.troubled(started_at=4.0, now=4.5)
    assert limit.limit == 32
    limit.troubled(started_at=4.1, now=5.0)
    assert limit.limit == 16


def test_replies_to_attempts_from_before_the_halving_prove_nothing() -> None:
    limit = AdaptiveLimit(64)
    limit.troubled(started_at=3.0, now=4.0)
    for _ in range(60):
        limit.succeeded(3.5, 4.5, saturated=True)
    assert limit.limit == 32
    for _ in range(33):
        limit.succeeded(4.5, 5.5, saturated=True)
    assert limit.limit == 33


def test_it_holds_while_it_is_not_used_up() -> None:
    limit = AdaptiveLimit(500)
    for _ in range(100):
        limit.succeeded(0.0, 1.0, saturated=False)
    assert limit.limit == 64


def test_it_holds_while_latency_is_above_twice_the_lowest_and_goes_on_when_it_falls() -> None:
    limit = AdaptiveLimit(10_000)
    a_round_trip(limit)
    assert limit.limit == 128
    answer(limit, 3.0, 50)
    held = limit.limit
    assert held < 128 + 8  # the smoothed latency takes some replies to rise
    answer(limit, 3.0, 100)
    assert limit.limit == held
    answer(limit, 1.0, 100)
    assert limit.limit > held + 80


def test_tasks_that_take_longer_for_good_do_not_hold_it_for_ever() -> None:
    limit = AdaptiveLimit(10_000)
    a_round_trip(limit)
    answer(limit, 20.0, 3_000)
    assert limit.limit > 1_000


def test_jitter_of_timers_does_not_hold_it() -> None:
    limit = AdaptiveLimit(500)
    answer(limit, 0.0, 1)
    answer(limit, 0.003, 63)
    assert limit.limit == 128


@given(
    most=st.integers(1, 200),
    events=st.lists(
        st.tuples(st.booleans(), st.booleans(), st.floats(0, 100), st.floats(0, 5)), max_size=200
    ),
)
def test_whatever_happens_it_is_between_one_and_the_most(
    most: int, events: list[tuple[bool, bool, float, float]]
) -> None:
    limit = AdaptiveLimit(most)
    now = 0.0
    for is_reply, saturated, latency, step in events:
        now += step
        if is_reply:
            limit.succeeded(now - latency, now, saturated=saturated)
        else:
            limit.troubled(now - latency, now)
        assert 1 <= limit.limit <= most
