"""Shares of counts, against published intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.statistics.intervals import mean_interval
from evalrun.scorers.statistics.proportions import proportion

COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_those_that_newcombe_printed(successes, n, low, high):
    share = proportion(successes, n)
    assert share is not None
    assert share.value == successes / n
    assert (share.low, share.high) == pytest.approx((low, high), abs=5e-5)
    assert (share.successes, share.n) == (successes, n)


def test_nothing_counted_has_no_share():
    assert proportion(0, 0) is None


@pytest.mark.parametrize("successes", [0, 1])
def test_one_thing_counted_says_little(successes):
    share = proportion(successes, 1)
    assert share is not None
    assert share.high - share.low == pytest.approx(0.7935, abs=1e-4)


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, -1), (float("nan"), 5)])
def test_what_is_no_share_is_refused(successes, n):
    with pytest.raises(ValueError, match="is no share"):
        proportion(successes, n)


@given(COUNTS)
def test_an_interval_holds_its_share_and_mirrors_that_of_the_rest(counts):
    successes, n = counts
    share, rest = proportion(successes, n), proportion(n - successes, n)
    assert share is not None
    assert rest is not None
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert (share.low, share.high) == pytest.approx((1 - rest.high, 1 - rest.low))


@given(COUNTS)
def test_it_is_the_interval_of_as_many_independent_verdicts(counts):
    successes, n = counts
    share = proportion(successes, n)
    interval = mean_interval([1.0] * successes + [0.0] * (n - successes), range(n))
    assert share is not None
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((share.low, share.high), abs=1e-6)
