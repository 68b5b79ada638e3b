"""Agreement of raters: published examples, closed forms, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import DataError
from evalrun.scorers.statistics.raters import (
    Rating,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    percent_agreement,
)


def two_raters(table: Sequence[Sequence[int]]) -> tuple[list[Rating], list[Rating]]:
    """Return the ratings that a table of counts, rows the first rater's, is of."""
    first: list[Rating] = []
    second: list[Rating] = []
    for row, counts in enumerate(table):
        for column, count in enumerate(counts):
            first += [row] * count
            second += [column] * count
    return first, second


# Cohen 1960, table 2: 200 cases, three diagnoses.
COHEN = ((88, 14, 18), (10, 40, 10), (2, 6, 12))


def test_cohens_own_example_has_his_kappa() -> None:
    first, second = two_raters(COHEN)
    agreement = cohen_kappa(first, second)
    # p_o = 140/200; p_e = .6 .5 + .3 .3 + .1 .2
    assert agreement.value == pytest.approx((0.70 - 0.41) / (1 - 0.41))
    assert (agreement.n, agreement.n_missing) == (200, 0)
    assert percent_agreement(first, second).value == pytest.approx(0.70)


@pytest.mark.parametrize(("weights", "power"), [("linear", 1), ("quadratic", 2)])
def test_weighted_kappa_is_one_minus_observed_over_expected(weights, power: int) -> None:
    observed = sum(n * abs(i - j) ** power for i, r in enumerate(COHEN) for j, n in enumerate(r))
    rows = [sum(row) for row in COHEN]
    columns = [sum(column) for column in zip(*COHEN, strict=True)]
    expected = sum(
        rows[i] * columns[j] * abs(i - j) ** power / 200 for i in range(3) for j in range(3)
    )
    kappa = cohen_kappa(*two_raters(COHEN), weights=weights)
    assert kappa.value == pytest.approx(1 - observed / expected)


def test_steps_of_the_scale_count_where_nobody_stands() -> None:
    first, second = [1, 2, 5, 5], [1, 5, 5, 2]
    in_use = cohen_kappa(first, second, weights="linear")
    on_scale = cohen_kappa(first, second, weights="linear", scale=[1, 2, 3, 4, 5])
    # Steps in use: observed (0+1+0+1)/4; on the scale (0+3+0+3)/4.
    assert in_use.value == pytest.approx(
        1 - 0.5 / ((1 * 1 + 2 * 2 + 1 * 1 + 2 * 1 + 2 * 2 + 2 * 1) / 16)
    )
    assert on_scale.value == pytest.approx(
        1 - 1.5 / ((1 * 1 + 2 * 4 + 1 * 1 + 2 * 3 + 2 * 4 + 2 * 3) / 16)
    )


def test_a_rating_off_the_scale_is_named() -> None:
    with pytest.raises(DataError, match=r"not on the scale \['bad', 'good'\]: fair"):
        cohen_kappa(["good", "fair"], ["bad", "good"], scale=["bad", "good"])


def test_order_of_text_on_a_scale_is_that_of_the_scale() -> None:
    scale = ["low", "middle", "high"]
    first, second = ["low", "middle", "high", "low"], ["middle", "high", "high", "low"]
    by_text = cohen_kappa(first, second, weights="quadratic", scale=scale)
    by_number = cohen_kappa([0, 1, 2, 0], [1, 2, 2, 0], weights="quadratic")
    assert by_text == by_number


@pytest.mark.parametrize("measure", [percent_agreement, cohen_kappa])
def test_pairs_with_a_missing_rating_are_left_out(measure) -> None:
    first = [1, 2, 1, None, 2, math.nan]
    second = [1, 2, 2, 1, None, 1]
    assert measure(first, second).value == measure([1, 2, 1], [1, 2, 2]).value
    assert (measure(first, second).n, measure(first, second).n_missing) == (3, 3)


@pytest.mark.parametrize("measure", [percent_agreement, cohen_kappa])
def test_without_pairs_there_is_no_agreement(measure) -> None:
    assert measure([], []).value is None
    assert measure([None], [1]).value is None
    with pytest.raises(DataError, match="one rater has rated 2 units, the other 1"):
        measure([1, 2], [1])


def test_where_all_ratings_are_equal_chance_agrees_as_well() -> None:
    assert percent_agreement([1, 1], [1, 1]).value == 1.0
    assert cohen_kappa([1, 1], [1, 1]).value is None
    assert cohen_kappa([1], [1]).value is None
    assert krippendorff_alpha([[1, 1], [1, 1]], "nominal").value is None
    assert fleiss_kappa([[1, 1], [1, 1], [1, 1]]).value is None


def test_one_disagreement_alone_is_no_better_than_chance() -> None:
    assert cohen_kappa([1], [2]).value == pytest.approx(0.0)
    assert krippendorff_alpha([[1], [2]], "nominal").value == pytest.approx(0.0)


_ = None
# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: four observers.
OBSERVERS: list[list[Rating]] = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]


@pytest.mark.parametrize(
    ("level", "alpha"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_krippendorffs_own_example_has_his_alphas(level, alpha: float) -> None:
    agreement = krippendorff_alpha(OBSERVERS, level)
    assert agreement.value == pytest.approx(alpha, abs=5e-4)
    assert (agreement.n, agreement.n_missing) == (11, 1)


def test_missing_ratings_are_none_or_nan() -> None:
    nan = [[math.nan if rating is None else rating for rating in row] for row in OBSERVERS]
    assert krippendorff_alpha(nan, "interval") == krippendorff_alpha(OBSERVERS, "interval")


def test_names_of_categories_do_not_matter_on_a_nominal_scale() -> None:
    named = [[None if rating is None else f"c{-rating}" for rating in row] for row in OBSERVERS]
    assert krippendorff_alpha(named, "nominal").value == pytest.approx(0.743, abs=5e-4)
    with pytest.raises(DataError, match="ordinal ratings should be numbers, found 'c-1'"):
        krippendorff_alpha(named, "ordinal")


@pytest.mark.parametrize("ratings", [[], [[]], [[], []], [[1, 2]], [[1, None], [None, 2]]])
def test_alpha_needs_units_that_two_have_rated(ratings) -> None:
    assert krippendorff_alpha(ratings, "interval").value is None
    assert krippendorff_alpha(ratings, "interval").n == 0


# Fleiss 1971 as it is mostly shown: how many of 14 raters put each of 10 subjects in 5 categories.
SUBJECTS = (
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
)


def fourteen_raters() -> list[list[Rating]]:
    units = [[c for c, n in enumerate(counts) for _ in range(n)] for counts in SUBJECTS]
    return [list(rater) for rater in zip(*units, strict=True)]


def test_fleiss_kappa_of_fourteen_raters() -> None:
    agreement = fleiss_kappa(fourteen_raters())
    assert agreement.value == pytest.approx(0.210, abs=5e-4)
    assert (agreement.n, agreement.n_missing) == (10, 0)


def test_fleiss_kappa_leaves_out_units_with_missing_ratings() -> None:
    ratings = [[*row, 1] for row in fourteen_raters()]
    ratings[3][-1] = None
    agreement = fleiss_kappa(ratings)
    assert agreement.value == pytest.approx(0.210, abs=5e-4)
    assert (agreement.n, agreement.n_missing) == (10, 1)


@pytest.mark.parametrize("ratings", [[], [[], []], [[1, 2]]])
def test_fleiss_kappa_needs_raters_and_units(ratings) -> None:
    assert fleiss_kappa(ratings).value is None


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(DataError, match=r"different numbers of units: \[1, 2\]"):
        krippendorff_alpha([[1, 2], [1]], "nominal")


@given(st.lists(st.integers(0, 3), min_size=2, max_size=20).filter(lambda r: len(set(r)) > 1))
def test_perfect_agreement_is_one_in_every_measure(ratings: list[int]) -> None:
    assert cohen_kappa(ratings, ratings, weights="quadratic").value == pytest.approx(1.0)
    assert fleiss_kappa([ratings] * 3).value == pytest.approx(1.0)
    for level in ("nominal", "ordinal", "interval", "ratio"):
        assert krippendorff_alpha([ratings, ratings], level).value == pytest.approx(1.0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["x", "y", None]), st.sampled_from(["x", "y", None])), max_size=20
    )
)
def test_kappa_does_not_ask_who_rated_first(pairs) -> None:
    first, second = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    one, other = cohen_kappa(first, second), cohen_kappa(second, first)
    assert (one.n, one.n_missing) == (other.n, other.n_missing)
    assert (one.value is None) == (other.value is None)
    assert one.value is None or one.value == pytest.approx(other.value)
