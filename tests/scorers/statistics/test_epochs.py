"""Repeats of a sample made one value, against counting every case."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.statistics.epochs import (
    majority_answer,
    majority_value,
    mean,
    pass_at_k,
    pass_hat_k,
)

CASES = st.integers(1, 40).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))
)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("right", range(6))
def test_passing_is_counted_over_every_choice_of_k(right, k):
    draws = list(itertools.combinations([1] * right + [0] * (5 - right), k))
    assert pass_at_k(5, right, k) == pytest.approx(sum(map(any, draws)) / len(draws))
    assert pass_hat_k(5, right, k) == pytest.approx(sum(map(all, draws)) / len(draws))


def test_many_repeats_neither_overflow_nor_lose_digits():
    assert pass_at_k(10_000, 1, 100) == pytest.approx(0.01, rel=1e-14)
    assert pass_hat_k(10_000, 9_999, 100) == pytest.approx(0.99, rel=1e-14)


@pytest.mark.parametrize("of", [pass_at_k, pass_hat_k])
def test_fewer_repeats_than_k_tell_nothing(of):
    assert of(2, 2, 3) is None
    assert of(0, 0, 1) is None


@pytest.mark.parametrize("of", [pass_at_k, pass_hat_k])
@pytest.mark.parametrize("case", [(3, 4, 1), (3, -1, 1), (3, 1, 0), (3, math.nan, 1)])
def test_counts_that_cannot_be_are_refused(of, case):
    with pytest.raises(ValueError, match=r"cannot be|at least 1"):
        of(*case)


@given(CASES)
def test_more_tries_pass_at_least_once_more_often_and_always_less_often(case):
    n, right, k = case
    once, always = pass_at_k(n, right, k), pass_hat_k(n, right, k)
    assert 0 <= always <= right / n + 1e-12
    assert right / n - 1e-12 <= once <= 1
    if k > 1:
        assert pass_at_k(n, right, k - 1) <= once
        assert pass_hat_k(n, right, k - 1) >= always
    if right < n:
        assert pass_at_k(n, right + 1, k) >= once
        assert pass_hat_k(n, right + 1, k) >= always


@given(CASES)
def test_passing_always_is_failing_at_least_once_turned_round(case):
    n, right, k = case
    assert pass_hat_k(n, right, k) == pytest.approx(1 - pass_at_k(n, n - right, k))


def test_the_mean_is_exact_and_nothing_of_nothing():
    assert mean([0.1] * 10) == pytest.approx(0.1, abs=0)
    assert mean([]) is None
    assert math.isnan(mean([1.0, math.nan]))


@pytest.mark.parametrize(
    ("values", "majority"),
    [
        ([], None),
        ([0.3], 0.3),
        ([1, 0, 1], 1),
        ([1, 0, 0], 0),
        ([1, 0, 0, 1], 0.5),
        ([1, 0.5, 0], 0.5),
        ([1, 1, 0.5, 0.5, 0], 0.75),
    ],
)
def test_the_majority_of_values_is_the_mean_of_those_that_tie(values, majority):
    assert majority_value(values) == majority


@pytest.mark.parametrize(
    ("answers", "values", "majority"),
    [
        ([], [], None),
        (["a"], [1], 1),
        (["a", "b", "a"], [0, 1, 0], 0),
        # Three answers tie, one of which is right.
        (["a", "b", "c"], [0, 1, 0], 1 / 3),
        (["a", "a", "b", "b", "c"], [1, 1, 0, 0, 0], 0.5),
        # Without an answer there is no vote.
        ([None, None, "a"], [0, 0, 1], 1),
        ([None, None], [0, 0], 0),
        ([{"x": 1, "y": 2}, {"y": 2, "x": 1}, 3], [1, 1, 0], 1),
        # 1 and "1" are different answers, and false is none of nothing.
        ([1, "1", "1"], [1, 0, 0], 0),
        ([False, False, True], [1, 1, 0], 1),
        # A judge that is of two minds about an answer.
        (["a", "a", "b"], [1, 0, 0], 0.5),
    ],
)
def test_the_majority_of_answers_is_worth_the_mean_of_those_that_tie(answers, values, majority):
    assert majority_answer(answers, values) == pytest.approx(majority)


def test_nan_has_no_vote():
    with pytest.raises(ValueError, match="NaN"):
        majority_value([1.0, math.nan])
    with pytest.raises(ValueError, match="NaN"):
        majority_answer(["a", "b"], [1.0, math.nan])


def test_answers_and_values_are_of_one_length():
    with pytest.raises(ValueError, match=r"longer|shorter"):
        majority_answer(["a", "b"], [1.0])


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1))
def test_right_and_wrong_answers_vote_as_their_values_do(values):
    assert majority_answer(values, values) == majority_value(values)
