"""Pauses before retries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_client import failing

from evalrun.runners.flow.backoff import LONGEST_DELAY_S, delay_s, jittered


@given(attempt=st.integers(0, 5_000), asked_for=st.floats(0, 500))
def test_pauses_have_a_ceiling_and_are_never_shorter_than_the_server_asks(
    attempt: int, asked_for: float
) -> None:
    pause = delay_s(attempt, failing("rate_limit", after=asked_for))
    assert asked_for <= pause <= max(LONGEST_DELAY_S, asked_for)


@pytest.mark.parametrize(
    ("attempt", "ceiling"), [(0, 0.5), (1, 1.0), (2, 2.0), (6, 32.0), (7, 60.0), (8, 60.0)]
)
def test_pauses_double_up_to_a_minute_and_half_of_each_is_chance(
    attempt: int, ceiling: float
) -> None:
    pauses = [delay_s(attempt, failing("server")) for _ in range(300)]
    assert ceiling / 2 <= min(pauses) < 0.6 * ceiling
    assert 0.9 * ceiling < max(pauses) <= ceiling


@pytest.mark.parametrize("kind", ["rate_limit", "overloaded"])
def test_five_retries_of_a_throttled_call_outlast_a_minute(kind: str) -> None:
    error = failing(kind)  # type: ignore[arg-type]
    assert sum(delay_s(attempt, error) for attempt in range(5)) >= 60


def test_a_server_that_asks_for_no_pause_gets_a_short_one() -> None:
    assert delay_s(0, failing("rate_limit", after=0.0)) <= 0.5


def test_jitter_keeps_within_half_and_whole() -> None:
    assert all(15 <= jittered(30) <= 30 for _ in range(100))
