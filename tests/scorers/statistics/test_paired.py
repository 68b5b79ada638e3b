"""Paired comparisons, against statsmodels, SciPy and published worked examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evalrun.scorers.statistics.paired import mcnemar, paired_difference

UNBOUNDED = (-math.inf, math.inf)
# Student 1908, "The probable error of a mean": hours of sleep gained with two drugs.
SLEEP_FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
SHARES = st.floats(0, 1) | st.sampled_from([0.0, 1.0])
ROWS = st.lists(
    st.tuples(SHARES, SHARES, st.integers(0, 4), st.floats(0.5, 2)), min_size=1, max_size=25
).map(lambda rows: tuple(map(list, zip(*rows, strict=True))))


def test_students_sleep_data_give_his_numbers():
    found = paired_difference(SLEEP_FIRST, SLEEP_SECOND, range(10), bounds=UNBOUNDED)
    assert found is not None
    assert (found.first, found.second) == pytest.approx((0.75, 2.33))
    assert found.difference == pytest.approx(1.58)
    assert (found.interval.low, found.interval.high) == pytest.approx((0.7001, 2.4599), abs=5e-4)
    assert found.test is not None
    assert (found.test.name, found.test.p) == ("clustered t", pytest.approx(0.002833, abs=1e-6))
    assert found.effect_size == pytest.approx(1.2845, abs=1e-4)
    assert (found.wins, found.losses, found.ties) == (9, 0, 1)
    assert found.odds_ratio is None
    theirs = stats.pearsonr(SLEEP_FIRST, SLEEP_SECOND)
    assert found.correlation is not None
    assert found.correlation.value == pytest.approx(theirs.statistic)


@pytest.mark.parametrize("weighted", [False, True])
def test_clustered_errors_and_p_are_those_of_statsmodels(weighted):
    rng = np.random.default_rng(1)
    clusters = rng.integers(0, 15, 80)
    first, second = rng.random(80), np.clip(rng.random(80) + 0.02 * clusters, 0, 1)
    weights = rng.uniform(0.5, 2, 80) if weighted else np.ones(80)
    found = paired_difference(first, second, clusters, weights=weights)
    model = sm.WLS(second - first, np.ones(80), weights=weights)
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
    assert found is not None
    assert found.difference == pytest.approx(fitted.params[0])
    assert found.interval.standard_error == pytest.approx(fitted.bse[0])
    assert found.test is not None
    assert found.test.p == pytest.approx(fitted.pvalues[0])
    low, high = fitted.conf_int()[0]
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), rel=1e-3)


def test_mcnemar_gives_the_published_number_for_many_pairs():
    # Agresti 2002, "Categorical data analysis", section 10.1: (86 - 150)^2 / (86 + 150) = 17.36.
    found = mcnemar(86, 150)
    assert found.name == "McNemar, chi-squared"
    assert found.p == pytest.approx(stats.chi2.sf(17.3559, 1), rel=1e-4)


@pytest.mark.parametrize("wins", range(8))
def test_mcnemar_is_binomial_for_few_pairs(wins):
    found = mcnemar(wins, 7 - wins)
    assert found.name == "McNemar, exact"
    assert found.p == pytest.approx(stats.binomtest(wins, 7).pvalue)


def test_mcnemar_of_no_pair_that_differs_sees_nothing():
    assert mcnemar(0, 0).p == 1


def test_the_tests_of_mcnemar_meet_where_one_follows_the_other():
    assert mcnemar(7, 17).name == "McNemar, exact"
    assert mcnemar(8, 17).name == "McNemar, chi-squared"
    assert mcnemar(8, 17).p == pytest.approx(stats.binomtest(8, 25).pvalue, abs=0.04)


def test_independent_right_and_wrong_verdicts_get_mcnemar():
    found = paired_difference([1, 0, 1, 0, 0, 0, 1, 1], [1, 1, 1, 1, 0, 1, 1, 0], range(8))
    assert found is not None
    assert found.test == mcnemar(3, 1)
    assert (found.wins, found.losses, found.ties) == (3, 1, 4)
    assert found.odds_ratio == 3
    assert found.difference == 0.25


def test_repeats_of_a_sample_are_no_independent_verdicts():
    found = paired_difference([0, 0, 1, 1], [1, 1, 1, 0], "aabb")
    assert found is not None
    assert found.test is not None
    assert found.test.name == "clustered t"
    assert found.interval.n_clusters == 2


def test_pairs_that_count_differently_are_not_simply_counted():
    found = paired_difference([0, 0, 1], [1, 1, 1], "abc", weights=[1, 1, 2])
    assert found is not None
    assert found.difference == pytest.approx(0.5)
    assert found.test is not None
    assert found.test.name == "clustered t"


def test_no_pairs_have_no_difference():
    assert paired_difference([], [], []) is None


def test_a_single_pair_has_a_difference_alone():
    found = paired_difference([0.2], [0.6], ["a"])
    assert found is not None
    assert found.difference == pytest.approx(0.4)
    nothing = (found.test, found.effect_size, found.correlation, found.interval.standard_error)
    assert nothing == (None, None, None, None)
    assert (found.bootstrap.low, found.power.clusters_needed) == (None, None)


def test_a_single_pair_of_right_and_wrong_shows_nothing():
    found = paired_difference([0], [1], ["a"])
    assert found is not None
    assert found.test == mcnemar(1, 0)
    assert found.test.p == 1


def test_runs_that_are_the_same_do_not_differ():
    found = paired_difference([0.3, 0.7, 0.7], [0.3, 0.7, 0.7], "abc")
    assert found is not None
    assert (found.interval.low, found.difference, found.interval.high) == (0, 0, 0)
    assert (found.bootstrap.low, found.bootstrap.high) == (0, 0)
    assert found.test is not None
    assert found.test.p == 1
    assert (found.effect_size, found.ties) == (None, 3)


def test_gains_that_losses_make_up_for_are_no_difference():
    # 0.1 + 0.2 - 0.3 is 5.6e-17 in floating point.
    found = paired_difference([0.0, 0.0, 0.3], [0.1, 0.2, 0.0], "abc")
    assert found is not None
    assert found.difference == 0
    assert found.power.clusters_needed is None
    assert found.test is not None
    assert found.test.p == 1


def test_differences_that_are_all_equal_are_counted():
    # 0.2 - 0.1 and 0.3 - 0.2 differ by rounding.
    found = paired_difference([0.1, 0.2, 0.3, 0.1, 0.2, 0.3], [0.2, 0.3, 0.4] * 2, range(6))
    assert found is not None
    assert found.test is not None
    assert (found.test.name, found.test.p) == ("sign", 2 / 2**6)
    assert found.effect_size is None


def test_a_clean_sweep_does_not_claim_to_be_certain():
    found = paired_difference([0] * 8, [1] * 8, range(8))
    assert found is not None
    assert found.test is not None
    assert found.test.p == pytest.approx(2 / 2**8)
    # Wilson's interval of 8 of 8, stretched from [0, 1] to [-1, 1].
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (2 * 0.67559 - 1, 1), abs=1e-4
    )
    assert found.odds_ratio is None


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_values_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match="value 1 is not finite"):
        paired_difference([0.0, 1.0], [0.0, bad], "ab", bounds=UNBOUNDED)


def test_values_out_of_bounds_and_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"between 0.0 and 1.0"):
        paired_difference([0.0, 1.0], [0.0, 1.5], "ab")
    with pytest.raises(ValueError, match="one length"):
        paired_difference([0.0, 1.0], [0.0], "ab")


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_an_interval_holds_its_difference_and_swapping_the_runs_turns_every_sign(rows):
    first, second, clusters, weights = rows
    found = paired_difference(first, second, clusters, weights=weights)
    other = paired_difference(second, first, clusters, weights=weights)
    assert found is not None
    assert other is not None
    assert other.difference == pytest.approx(-found.difference, abs=1e-12)
    assert (other.wins, other.losses, other.ties) == (found.losses, found.wins, found.ties)
    assert found.difference == pytest.approx(found.second - found.first, abs=1e-12)
    if found.interval.low is not None:
        assert -1 <= found.interval.low <= found.difference + 1e-12
        assert found.difference - 1e-12 <= found.interval.high <= 1
        turned = (-found.interval.high, -found.interval.low)
        assert (other.interval.low, other.interval.high) == pytest.approx(turned, abs=1e-9)
    assert (found.test is None) == (other.test is None)
    if found.test is not None:
        assert 0 <= found.test.p <= 1
        assert found.test.p == pytest.approx(other.test.p, abs=1e-9)


@pytest.mark.parametrize("effect", [0.0, 0.15])
def test_nineteen_of_twenty_intervals_hold_the_truth(effect):
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(400):
        # Three repeats of 40 questions, whose difficulty both runs share.
        easy = np.repeat(rng.random(40) * 0.8, 3)
        first, second = rng.random(120) < easy, rng.random(120) < easy + effect
        found = paired_difference(
            first.astype(float), second.astype(float), np.repeat(np.arange(40), 3)
        )
        assert found is not None
        held += found.interval.low <= effect <= found.interval.high
    assert held / 400 == pytest.approx(0.95, abs=0.03)
