"""Correlations and their intervals, against SciPy, formulas and cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from evalrun.scorers.statistics.correlation import kendall, pearson, spearman

Z = 1.959963984540054
EVERY = [pearson, spearman, kendall]
FIRST = [3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0]
SECOND = [2.0, 7.0, 1.0, 8.0, 2.5, 8.5, 1.8, 2.8]
PAIRS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=30).map(
    lambda pairs: tuple(map(list, zip(*pairs, strict=True)))
)


def test_pearsons_interval_is_scipys():
    found, theirs = pearson(FIRST, SECOND), stats.pearsonr(FIRST, SECOND)
    assert found is not None
    assert (found.value, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval(0.95)))
    assert (found.coefficient, found.n) == ("pearson", 8)


def test_pearson_of_right_and_wrong_is_phi():
    # Both right 3, first alone 1, second alone 1, both wrong 2: (3*2 - 1*1) / sqrt(4*3*4*3).
    found = pearson([1, 1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 1, 0, 0])
    assert found is not None
    assert found.value == pytest.approx(5 / 12)


def test_spearman_ranks_ties_by_their_mean():
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: r = 4.5 / sqrt(4.5 * 5).
    found = spearman([1, 2, 2, 3], [10, 20, 30, 40])
    assert found is not None
    assert found.value == pytest.approx(4.5 / math.sqrt(4.5 * 5))


def test_kendall_corrects_for_ties():
    # Of 6 pairs 5 agree and one is tied on one side: 5 / sqrt(5 * 6).
    found = kendall([1, 2, 2, 3], [10, 20, 30, 40])
    assert found is not None
    assert found.value == pytest.approx(5 / math.sqrt(30))


def test_intervals_of_ranks_are_those_of_bonett_and_wright():
    rho, tau = spearman(FIRST, SECOND), kendall(FIRST, SECOND)
    assert rho is not None
    assert tau is not None
    half = Z * math.sqrt((1 + rho.value**2 / 2) / (8 - 3))
    assert rho.high == pytest.approx(math.tanh(math.atanh(rho.value) + half))
    half = Z * math.sqrt(0.437 / (8 - 4))
    assert tau.low == pytest.approx(math.tanh(math.atanh(tau.value) - half))


@pytest.mark.parametrize(("of", "coverage"), [(pearson, 0.95), (spearman, 0.95), (kendall, 0.95)])
def test_nineteen_of_twenty_intervals_hold_the_truth(of, coverage):
    rng = np.random.default_rng(5)
    r = 0.5
    # Of a bivariate normal: Kruskal 1958, section 5.
    truth = {
        pearson: r,
        spearman: 6 / math.pi * math.asin(r / 2),
        kendall: 2 / math.pi * math.asin(r),
    }[of]
    held = 0
    for _ in range(1000):
        x, y = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], 40).T
        found = of(x, y)
        assert found is not None
        held += found.low <= truth <= found.high
    assert held / 1000 == pytest.approx(coverage, abs=0.02)


@pytest.mark.parametrize("of", EVERY)
@pytest.mark.parametrize(
    ("first", "second"),
    [([], []), ([1.0], [2.0]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [0.1] * 3), ([0, 0], [0, 0])],
)
def test_too_few_or_constant_values_have_no_correlation(of, first, second):
    assert of(first, second) is None


def test_values_that_differ_by_rounding_are_constant():
    assert pearson([0.1 + 0.2, 0.3, 0.3], [1, 2, 3]) is None


@pytest.mark.parametrize(("of", "fewest"), [(pearson, 4), (spearman, 4), (kendall, 5)])
def test_a_few_pairs_have_a_value_but_no_interval(of, fewest):
    few, enough = of(FIRST[: fewest - 1], SECOND[: fewest - 1]), of(FIRST[:fewest], SECOND[:fewest])
    assert few is not None
    assert (few.low, few.high) == (None, None)
    assert enough is not None
    assert -1 <= enough.low <= enough.value <= enough.high <= 1


@pytest.mark.parametrize("of", EVERY)
def test_perfect_agreement_has_an_interval_of_no_width(of):
    found = of([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])
    assert found is not None
    assert (found.low, found.value, found.high) == pytest.approx((1, 1, 1))


@pytest.mark.parametrize("of", EVERY)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_values_that_are_not_finite_are_refused(of, bad):
    with pytest.raises(ValueError, match="value 1 is not finite"):
        of([1.0, bad, 2.0], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("of", EVERY)
def test_sides_of_different_length_are_refused(of):
    with pytest.raises(ValueError, match="no pairs"):
        of([1.0, 2.0], [1.0])


@pytest.mark.parametrize("of", EVERY)
@given(pairs=PAIRS)
def test_neither_side_comes_first_and_turning_one_turns_the_sign(of, pairs):
    first, second = pairs
    found = of(first, second)
    assume(found is not None)
    other, turned = of(second, first), of(first, [-value for value in second])
    assert found.value == pytest.approx(other.value)
    assert found.value == pytest.approx(-turned.value)
    assert -1 <= found.value <= 1
    if found.low is not None:
        assert found.low - 1e-12 <= found.value <= found.high + 1e-12
        assert turned.low == pytest.approx(-found.high)
