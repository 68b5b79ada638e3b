"""Reliability and expected calibration error, worked out by hand and against scikit-learn."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.runners.report.figures.reliability import Judged, Reliability, reliability

shares = st.floats(0, 1)


def found(*pairs: tuple[float, float], bins: int = 15) -> Reliability:
    answers = [Judged(confidence, right, f"s{i}") for i, (confidence, right) in enumerate(pairs)]
    result = reliability(answers, bins)
    assert result is not None
    return result


def test_the_error_is_the_gap_of_each_bin_by_its_share_of_answers() -> None:
    # Bins: (0, 0.5] has 0.4 and 0.5, of which one is right; (0.5, 1] has 0.8 and 1.0, both right.
    # Gaps: |0.5 - 0.45| = 0.05 and |1 - 0.9| = 0.1; half of the answers each: 0.075.
    result = found((0.4, 1), (0.5, 0), (0.8, 1), (1.0, 1), bins=2)
    assert [(b.low, b.high, b.n) for b in result.bins] == [(0.0, 0.5, 2), (0.5, 1.0, 2)]
    assert [b.confidence for b in result.bins] == pytest.approx([0.45, 0.9])
    assert [b.right.mean for b in result.bins] == [0.5, 1.0]
    assert result.expected_error == pytest.approx(0.075)


def test_larger_bins_weigh_more() -> None:
    # Three answers at 0.9, all wrong (gap 0.9); one at 0.1, wrong (gap 0.1): (3 * 0.9 + 0.1) / 4.
    result = found((0.9, 0), (0.9, 0), (0.9, 0), (0.1, 0))
    assert result.expected_error == pytest.approx(0.7)
    assert result.n == 4


@pytest.mark.parametrize("edge", range(1, 16))
def test_an_edge_belongs_to_the_bin_below_it(edge: int) -> None:
    (only,) = found((edge / 15, 1)).bins
    assert only.high == edge / 15


def test_no_confidence_at_all_is_in_the_first_bin() -> None:
    (only,) = found((0.0, 1)).bins
    assert (only.low, only.high) == (0.0, 1 / 15)


def test_bins_without_answers_are_absent_and_no_answers_have_no_reliability() -> None:
    assert [round(15 * b.high) for b in found((0.3, 1), (0.95, 1)).bins] == [5, 15]
    assert reliability([]) is None


def test_answers_of_one_sample_count_as_one_cluster() -> None:
    together = reliability([Judged(0.9, right, "s") for right in (1, 0, 1, 0)])
    assert together is not None
    assert together.bins[0].right.n_clusters == 1


@given(st.lists(st.tuples(shares, shares), min_size=1))
def test_the_error_lies_between_0_and_1_and_each_answer_in_one_bin(
    pairs: list[tuple[float, float]],
) -> None:
    result = found(*pairs)
    assert 0 <= result.expected_error <= 1
    assert result.n == len(pairs)
    assert all(b.low <= b.confidence <= b.high + 1e-12 for b in result.bins)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 0.999), st.booleans()), min_size=1))
def test_bins_are_those_of_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    calibration_curve = pytest.importorskip("sklearn.calibration").calibration_curve
    # Its bins are closed on the left, so answers on an edge would be elsewhere.
    pairs = [(c, right) for c, right in pairs if c * 15 != round(c * 15)]
    if not pairs:
        return
    true, predicted = calibration_curve(
        [right for _, right in pairs], [confidence for confidence, _ in pairs], n_bins=15
    )
    result = found(*((confidence, float(right)) for confidence, right in pairs))
    assert [b.right.mean for b in result.bins] == pytest.approx(list(true))
    assert [b.confidence for b in result.bins] == pytest.approx(list(predicted))
