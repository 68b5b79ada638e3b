"""Cluster bootstraps, against SciPy's and against closed forms."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evalrun.scorers.statistics.bootstrap import bootstrap_mean, bootstrap_statistic
from evalrun.scorers.statistics.intervals import mean_interval

METHODS = ["bca", "percentile"]
SKEWED = [0.1, 0.4, 0.35, 0.8, 0.2, 3.0, 0.6, 1.2, 0.05, 0.9]
SMALL = st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 5)), min_size=1, max_size=30).map(
    lambda rows: tuple(map(list, zip(*rows, strict=True)))
)


@pytest.mark.parametrize("method", METHODS)
def test_of_independent_values_it_is_scipys_to_the_last_digit(method):
    found = bootstrap_mean(SKEWED, range(10), method=method, replicates=999, seed=7)
    theirs = stats.bootstrap(
        (SKEWED,),
        np.mean,
        method="BCa" if method == "bca" else method,
        n_resamples=999,
        rng=7,
    )
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval), rel=1e-12)
    assert found.standard_error == pytest.approx(theirs.standard_error)
    assert found.estimate == pytest.approx(statistics.mean(SKEWED))
    assert (found.method, found.replicates, found.n, found.n_clusters) == (method, 999, 10, 10)


@pytest.mark.parametrize("method", METHODS)
def test_of_clusters_it_is_that_of_the_mean_as_any_statistic(method):
    rng = np.random.default_rng(2)
    clusters = rng.integers(0, 12, 60)
    values = rng.exponential(size=60) + clusters
    fast = bootstrap_mean(values, clusters, method=method, replicates=500)
    slow = bootstrap_statistic(
        lambda chosen: float(values[chosen].mean()), clusters, method=method, replicates=500
    )
    assert fast is not None
    assert slow is not None
    for field in ("estimate", "standard_error", "low", "high"):
        assert getattr(fast, field) == pytest.approx(getattr(slow, field), rel=1e-9), field
    assert (fast.method, fast.n, fast.n_clusters) == (slow.method, slow.n, slow.n_clusters)


def test_weights_count_values_several_times():
    weighted = bootstrap_mean([0.2, 0.9, 0.4], "abc", weights=[2, 1, 3])
    repeated = bootstrap_mean([0.2, 0.2, 0.9, 0.4, 0.4, 0.4], "aabccc")
    assert weighted is not None
    assert repeated is not None
    assert (weighted.low, weighted.high) == pytest.approx((repeated.low, repeated.high))


def test_copies_inside_a_cluster_add_nothing():
    once = bootstrap_mean(SKEWED, range(10), method="percentile")
    thrice = bootstrap_mean(SKEWED * 3, [*range(10)] * 3, method="percentile")
    assert once is not None
    assert thrice is not None
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_its_standard_error_is_the_clustered_one():
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(80), 5)
    values = np.clip(np.repeat(rng.random(80), 5) + rng.normal(0, 0.2, 400), 0, 1)
    found = bootstrap_mean(values, clusters, replicates=4000)
    closed = mean_interval(values.tolist(), clusters.tolist())
    assert found is not None
    assert closed is not None
    # n - 1 and n differ by 1 in 80; 4000 draws leave about 1%.
    assert found.standard_error == pytest.approx(closed.standard_error, rel=0.04)


def test_bca_corrects_for_skew():
    rng = np.random.default_rng(4)
    held = dict.fromkeys(METHODS, 0)
    for trial in range(300):
        values = rng.exponential(size=20)
        for method in METHODS:
            found = bootstrap_mean(values, range(20), method=method, replicates=500, seed=trial)
            assert found is not None
            held[method] += found.low <= 1 <= found.high
    assert held["bca"] > held["percentile"]
    assert held["bca"] / 300 > 0.9


def test_a_median_has_an_interval_too():
    values = np.array(SKEWED)
    found = bootstrap_statistic(lambda chosen: float(np.median(values[chosen])), range(10))
    assert found is not None
    assert found.estimate == 0.5
    assert 0.05 <= found.low < 0.5 < found.high <= 3.0


def test_a_correlation_that_some_draw_does_not_have_has_no_interval():
    x, y = np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])

    def phi(chosen):
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.corrcoef(x[chosen], y[chosen])[0, 1])

    found = bootstrap_statistic(phi, range(4))
    assert found is not None
    assert found.estimate == pytest.approx(1 / math.sqrt(3))
    assert (found.low, found.high, found.standard_error) == (None, None, None)


@pytest.mark.parametrize("method", METHODS)
def test_no_values_have_no_interval(method):
    assert bootstrap_mean([], [], method=method) is None
    assert bootstrap_statistic(len, [], method=method) is None


@pytest.mark.parametrize("method", METHODS)
def test_a_single_cluster_has_an_estimate_alone(method):
    for found in (
        bootstrap_mean([0.2, 0.4], ["a", "a"], method=method),
        bootstrap_statistic(lambda _: 0.3, ["a", "a"], method=method),
    ):
        assert found is not None
        assert found.estimate == pytest.approx(0.3)
        assert (found.low, found.high, found.standard_error) == (None, None, None)
        assert (found.n, found.n_clusters) == (2, 1)


@pytest.mark.parametrize("method", METHODS)
def test_values_that_are_all_equal_have_an_interval_of_no_width(method):
    for found in (
        bootstrap_mean([0.5] * 6, range(6), method=method),
        bootstrap_statistic(lambda _: 0.5, range(6), method=method),
    ):
        assert found is not None
        assert (found.low, found.estimate, found.high) == (0.5, 0.5, 0.5)
        assert (found.standard_error, found.method) == (0, "percentile")


def test_ties_leave_both_methods_defined():
    found = bootstrap_mean([1.0] * 3 + [0.0] * 7, range(10))
    assert found is not None
    assert found.method == "bca"
    assert 0 <= found.low < 0.3 < found.high <= 1


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match="value 1 is not finite"):
        bootstrap_mean([0.0, bad], "ab")


def test_lengths_and_weights_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one length"):
        bootstrap_mean([0.0, 1.0], "a")
    with pytest.raises(ValueError, match="positive"):
        bootstrap_mean([0.0, 1.0], "ab", weights=[1.0, 0.0])


def test_the_seed_makes_the_interval():
    same = [bootstrap_mean(SKEWED, range(10), seed=1) for _ in range(2)]
    assert same[0] == same[1] != bootstrap_mean(SKEWED, range(10), seed=2)


def test_hundreds_of_thousands_of_values_take_no_more_than_their_clusters():
    values = (np.arange(300_000) % 3 == 0).astype(float)
    found = bootstrap_mean(values, np.arange(300_000) // 100, replicates=200)
    assert found is not None
    assert (found.n, found.n_clusters) == (300_000, 3000)
    assert found.estimate == pytest.approx(1 / 3)
    assert found.low <= found.estimate <= found.high


@settings(max_examples=50, deadline=None)
@given(SMALL)
def test_intervals_lie_within_the_values_and_turn_with_their_sign(rows):
    values, clusters = rows
    found = bootstrap_mean(values, clusters, method="percentile", replicates=100)
    turned = bootstrap_mean([-v for v in values], clusters, method="percentile", replicates=100)
    assert found is not None
    assert turned is not None
    if found.low is not None:
        assert min(values) - 1e-12 <= found.low <= found.high <= max(values) + 1e-12
        assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-12)
