"""Sample sizes, against statsmodels."""

from __future__ import annotations

import math

import pytest
from statsmodels.stats.power import TTestPower, zt_ind_solve_power

from evalrun.scorers.statistics.power import power_of


@pytest.mark.parametrize("effect", [0.05, 0.2, -0.5])
def test_samples_needed_are_those_of_a_one_sample_z_test(effect):
    # 100 samples whose differences scatter by 1 have a standard error of 0.1.
    found = power_of(effect, 0.1, 100)
    theirs = zt_ind_solve_power(effect_size=abs(effect), alpha=0.05, power=0.8, ratio=0)
    assert found.clusters_needed == math.ceil(theirs)


def test_a_t_test_needs_about_two_more():
    theirs = TTestPower().solve_power(effect_size=0.5, alpha=0.05, power=0.8)
    needed = power_of(0.5, 0.1, 100).clusters_needed
    assert needed is not None
    assert 1 <= theirs - needed <= 3


def test_millers_formula_gives_the_number_of_questions():
    # Without noise of sampling: omega^2 = 1/9, a difference of 3 points.
    n = 500
    found = power_of(0.03, math.sqrt(1 / 9 / n), n)
    assert found.clusters_needed == math.ceil((1.959964 + 0.841621) ** 2 * (1 / 9) / 0.03**2) == 969


def test_the_smallest_difference_is_the_one_that_needs_just_these_samples():
    smallest = power_of(0.02, 0.03, 200).smallest_difference
    assert smallest == pytest.approx((1.959964 + 0.841621) * 0.03)
    assert power_of(smallest - 1e-9, 0.03, 200).clusters_needed == 201
    assert power_of(smallest + 1e-9, 0.03, 200).clusters_needed == 200


@pytest.mark.parametrize("error", [None, 0.0])
def test_without_scatter_nothing_is_foretold(error):
    found = power_of(0.1, error, 1)
    assert (found.clusters_needed, found.smallest_difference) == (None, None)


def test_no_difference_needs_no_number_of_samples():
    found = power_of(0.0, 0.1, 50)
    assert found.clusters_needed is None
    assert found.smallest_difference == pytest.approx(0.280159, abs=1e-6)
