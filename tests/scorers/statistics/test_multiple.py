"""Corrected p-values, worked out by hand and as published."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.statistics.multiple import adjusted

CORRECTIONS = ["holm", "benjamini_hochberg", "bonferroni"]
# Benjamini and Hochberg 1995, section 3.1: 15 hypotheses on thrombolysis.
PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


def test_holm_multiplies_each_by_how_many_are_not_smaller():
    # Sorted: 4 * 0.005, 3 * 0.01, 2 * 0.03, and 1 * 0.04 raised to what stands before it.
    found = adjusted([0.01, 0.04, 0.03, 0.005], "holm")
    assert found.adjusted == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert (found.p, found.n) == ((0.01, 0.04, 0.03, 0.005), 4)


@pytest.mark.parametrize(
    ("correction", "discoveries"), [("bonferroni", 3), ("benjamini_hochberg", 4)]
)
def test_as_many_are_rejected_as_in_the_published_example(correction, discoveries):
    found = adjusted(PUBLISHED, correction)
    assert sum(p <= 0.05 for p in found.adjusted) == discoveries


@pytest.mark.parametrize("correction", CORRECTIONS)
def test_tests_that_could_not_be_made_stay_unknown_and_do_not_count(correction):
    whole = adjusted([0.01, 0.2], correction)
    found = adjusted([math.nan, 0.01, math.nan, 0.2], correction)
    assert [math.isnan(p) for p in found.adjusted] == [True, False, True, False]
    assert (found.adjusted[1], found.adjusted[3]) == pytest.approx(whole.adjusted)
    assert found.n == 2


@pytest.mark.parametrize("correction", CORRECTIONS)
@pytest.mark.parametrize("p_values", [[], [math.nan], [0.03], [1.0], [0.0]])
def test_none_or_one_stays_as_it_is(correction, p_values):
    assert adjusted(p_values, correction).adjusted == pytest.approx(tuple(p_values), nan_ok=True)


@pytest.mark.parametrize("correction", CORRECTIONS)
def test_equal_ones_stay_equal(correction):
    assert len(set(adjusted([0.02] * 4, correction).adjusted)) == 1


@pytest.mark.parametrize("p", [-0.1, 1.1, math.inf])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjusted([0.5, p])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_lies_between_the_raw_and_bonferronis(p_values):
    holm, bonferroni = (adjusted(p_values, c).adjusted for c in ("holm", "bonferroni"))
    for raw, ours, most in zip(p_values, holm, bonferroni, strict=True):
        assert raw - 1e-12 <= ours <= most + 1e-12
