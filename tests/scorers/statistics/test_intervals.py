"""Means, cluster-robust standard errors and intervals, against closed forms and a bootstrap."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.statistics.intervals import mean_interval, t_quantile, weighted_interval

Z = 1.959964


def wilson(k: float, n: float) -> tuple[float, float]:
    """Return Wilson's interval in its textbook form: the roots of (p - k/n)^2 = z^2 p (1-p) / n."""
    a, b, c = n + Z**2, -(2 * k + Z**2), k * k / n
    root = math.sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def test_independent_values_have_the_textbook_standard_error():
    values = [0.1, 0.4, 0.35, 0.8, 0.2]
    interval = mean_interval(values, range(5))
    assert interval is not None
    assert interval.mean == pytest.approx(statistics.mean(values))
    error = statistics.stdev(values) / math.sqrt(5)
    assert interval.standard_error == pytest.approx(error)
    assert interval.high == pytest.approx(interval.mean + 2.776445 * error)
    assert (interval.n, interval.n_clusters) == (5, 5)


def test_copies_inside_a_cluster_add_nothing():
    values, clusters = [0.1, 0.4, 0.9], ["a", "b", "c"]
    once = mean_interval(values, clusters)
    thrice = mean_interval(values * 3, clusters * 3)
    assert once is not None
    assert thrice is not None
    assert thrice.standard_error == pytest.approx(once.standard_error)
    assert (thrice.low, thrice.high) == (pytest.approx(once.low), pytest.approx(once.high))
    assert (thrice.n, thrice.n_clusters) == (9, 3)


def test_clusters_of_equal_size_are_as_precise_as_their_means():
    rows = [[0.1, 0.5], [0.3, 0.2], [0.9, 0.8], [0.4, 0.0]]
    interval = mean_interval(
        [value for row in rows for value in row], [i for i, row in enumerate(rows) for _ in row]
    )
    means = [statistics.mean(row) for row in rows]
    assert interval is not None
    assert interval.standard_error == pytest.approx(statistics.stdev(means) / 2)


@pytest.mark.parametrize(("k", "n"), [(0, 8), (8, 8), (1, 10), (5, 10), (37, 100)])
def test_independent_proportions_get_wilsons_interval(k, n):
    interval = mean_interval([1.0] * k + [0.0] * (n - k), range(n))
    assert interval is not None
    low, high = wilson(k, n)
    assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high))


def test_none_right_of_8_does_not_claim_to_be_certain():
    interval = mean_interval([0] * 8, range(8))
    assert interval is not None
    assert interval.low == 0
    assert interval.high == pytest.approx(0.3244, abs=1e-4)


def test_none_right_of_8_rows_with_5_turns_counts_the_rows():
    interval = mean_interval([0] * 40, [row for row in range(8) for _ in range(5)])
    assert interval is not None
    assert interval.high == pytest.approx(wilson(0, 8)[1])


def test_proportions_in_clusters_that_agree_are_as_sure_as_their_clusters():
    clusters = [row for row in range(20) for _ in range(5)]
    values = [float(row < 6) for row in clusters]
    interval = mean_interval(values, clusters)
    assert interval is not None
    # 20 independent values, less what 19 instead of 99 degrees of freedom take off.
    n = 20 * (t_quantile(99) / t_quantile(19)) ** 2
    assert (interval.low, interval.high) == pytest.approx(wilson(0.3 * n, n))


def test_percentages_scale_with_their_bounds():
    share = mean_interval([1, 0, 0, 1, 1], range(5))
    percent = mean_interval([100, 0, 0, 100, 100], range(5), bounds=(0, 100))
    assert share is not None
    assert percent is not None
    assert (percent.low, percent.high) == pytest.approx((100 * share.low, 100 * share.high))
    assert percent.standard_error == pytest.approx(100 * share.standard_error)


def test_paired_differences_without_any_change_are_zero():
    interval = mean_interval([0.0] * 8, range(8), bounds=(-1, 1))
    assert interval is not None
    assert (interval.low, interval.mean, interval.high) == (0, 0, 0)


def test_intervals_stay_within_the_range_of_the_metric():
    interval = mean_interval([0.01, 0.02, 0.3], range(3))
    assert interval is not None
    assert interval.low == 0
    assert 0 < interval.high <= 1


def test_one_cluster_has_no_standard_error():
    interval = mean_interval([0.2, 0.4], ["a", "a"])
    assert interval is not None
    assert interval.mean == pytest.approx(0.3)
    assert (interval.standard_error, interval.low, interval.high) == (None, None, None)


def test_one_cluster_of_proportions_is_one_observation():
    interval = mean_interval([1, 1, 1], ["a", "a", "a"])
    assert interval is not None
    assert interval.standard_error is None
    assert (interval.low, interval.high) == pytest.approx(wilson(1, 1))


def test_no_values_have_no_mean():
    assert mean_interval([], []) is None


def test_values_and_clusters_must_be_of_one_length():
    with pytest.raises(ValueError, match=r"longer|shorter"):
        mean_interval([1.0, 0.5], ["a"])


def test_turn_weighting_averages_the_means_of_the_turns():
    # Turn 0 has four rows with mean 0.5, turn 1 a single row with 1.
    observations = [(row, 0, value) for row, value in enumerate([0.2, 0.4, 0.6, 0.8])]
    observations.append((3, 1, 1.0))
    turns = weighted_interval(observations, weighting="turns")
    pairs = weighted_interval(observations, weighting="pairs")
    assert turns is not None
    assert pairs is not None
    assert turns.mean == pytest.approx(0.75)
    assert pairs.mean == pytest.approx(0.6)
    # Influences (x - 0.5) / (2 * 4) and (1 - 1) / 2: squares sum to 0.2 / 64; times 4/3.
    assert turns.standard_error == pytest.approx(math.sqrt(0.2 / 64 * 4 / 3))


def test_weightings_agree_when_every_row_has_every_turn():
    rng = random.Random(1)
    observations = [(row, turn, rng.random()) for row in range(9) for turn in range(5)]
    turns = weighted_interval(observations, weighting="turns")
    pairs = weighted_interval(observations, weighting="pairs")
    assert turns is not None
    assert pairs is not None
    assert turns.mean == pytest.approx(pairs.mean)
    assert turns.standard_error == pytest.approx(pairs.standard_error)


@pytest.mark.parametrize("weighting", ["turns", "pairs"])
def test_the_standard_error_is_that_of_a_bootstrap_over_rows(weighting):
    rng = random.Random(7)
    rows = []
    for _ in range(60):
        level = rng.random()
        rows.append([min(1, max(0, rng.gauss(level, 0.2))) for _ in range(rng.randint(2, 5))])

    def score(sampled):
        if weighting == "pairs":
            return statistics.mean(value for row in sampled for value in row)
        cells = ([row[t] for row in sampled if len(row) > t] for t in range(5))
        return statistics.mean(statistics.mean(cell) for cell in cells if cell)

    observations = [(i, t, value) for i, row in enumerate(rows) for t, value in enumerate(row)]
    interval = weighted_interval(observations, weighting=weighting)
    bootstrap = statistics.stdev(score(rng.choices(rows, k=60)) for _ in range(2000))
    assert interval is not None
    assert interval.mean == pytest.approx(score(rows))
    assert interval.standard_error == pytest.approx(bootstrap, rel=0.08)


# Two right rows in 40 tell little of how much the values of a row agree.
@pytest.mark.parametrize(
    ("share", "at_least"), [(0.05, 0.88), (0.15, 0.92), (0.3, 0.92), (0.9, 0.92)]
)
def test_nineteen_of_twenty_intervals_hold_the_truth(share, at_least):
    rng = random.Random(3)
    held = 0
    for _ in range(600):
        # Rows agree with themselves: three of four values repeat the first.
        values, clusters = [], []
        for row in range(40):
            first = float(rng.random() < share)
            values += [first, first, first, float(rng.random() < share)]
            clusters += [row] * 4
        interval = mean_interval(values, clusters)
        assert interval is not None
        held += interval.low <= share <= interval.high
    assert at_least <= held / 600 <= 0.99


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [
        (1, 12.7062),
        (2, 4.3027),
        (4, 2.7764),
        (5, 2.5706),
        (10, 2.2281),
        (30, 2.0423),
        (120, 1.9799),
        (10**6, 1.9600),
    ],
)
def test_quantiles_are_those_of_the_tables(degrees, quantile):
    assert t_quantile(degrees) == pytest.approx(quantile, rel=1.2e-4)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5), st.integers(0, 3), st.floats(0, 1) | st.sampled_from([0.0, 1.0])
        ),
        min_size=1,
    ),
    st.sampled_from(["turns", "pairs"]),
)
def test_an_interval_holds_its_mean_within_the_bounds(observations, weighting):
    interval = weighted_interval(iter(observations), weighting=weighting)
    assert interval is not None
    assert 0 <= interval.mean <= 1
    if interval.low is not None and interval.high is not None:
        assert 0 <= interval.low <= interval.mean + 1e-12
        assert interval.mean - 1e-12 <= interval.high <= 1


@pytest.mark.parametrize("n", [8191, 8192, 20_000])
def test_many_clusters_are_summed_up_in_parts_to_the_same_error(n: int) -> None:
    values = [float(i % 3 == 0) for i in range(n)]
    pairs = [(i // 2, 0, value) for i, value in enumerate(values)]
    interval = weighted_interval(pairs, weighting="turns")
    mean = sum(values) / n
    sums: dict[int, float] = {}
    for cluster, _, value in pairs:
        sums[cluster] = sums.get(cluster, 0.0) + (value - mean) / n
    variance = len(sums) / (len(sums) - 1) * sum(u * u for u in sums.values())
    assert interval is not None
    assert interval.n_clusters == len(sums)
    assert interval.standard_error == pytest.approx(variance**0.5)
