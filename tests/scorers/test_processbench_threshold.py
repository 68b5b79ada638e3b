"""The threshold that is fitted to one subset of ProcessBench, and the scorer that has it."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError
from evalrun.core.interfaces import FittedScorer
from evalrun.core.options import to_options
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.processbench import ProcessBenchOptions, ProcessBenchScorer
from evalrun.scorers.processbench.steps import NO_ERROR, first_wrong
from evalrun.scorers.processbench.threshold import JudgedSolution, best_threshold


def judged(scores: list[float], label: int) -> JudgedSolution:
    return JudgedSolution(tuple(scores), len(scores), label)


# Which threshold


@pytest.mark.parametrize(
    ("solutions", "threshold"),
    [
        # The error is found from 0.2 on, the correct solution passes below 0.8: both in between.
        ([judged([0.9, 0.2], 1), judged([0.9, 0.8], -1)], 0.5),
        # The step before the error must pass: from 0.2 on, but below 0.6.
        ([judged([0.6, 0.2], 1), judged([0.9, 0.8], -1)], 0.4),
        # F1 is 0 below 0.4, where the error is not found, and 2/3 in [0.4, 0.8), where one of two
        # correct solutions passes.
        ([judged([0.4], 0), judged([0.8], -1), judged([0.3], -1)], 0.6),
        # F1 is 1 in [0.1, 0.2) alone.
        ([judged([0.1], 0), judged([0.9, 0.05], 1), judged([0.2], -1)], 0.15),
    ],
)
def test_it_lies_in_the_middle_of_the_gap_with_the_highest_f1(solutions, threshold) -> None:
    assert best_threshold(solutions) == threshold


def test_of_equally_good_gaps_the_widest_is_taken() -> None:
    # Found in [0.1, 0.2) and [0.5, 0.9), but not between: the second is wider.
    errors = [judged([0.2, 0.1], 1), judged([0.5], 0)]
    assert best_threshold([*errors, judged([0.9], -1)]) == 0.7


def test_of_equally_wide_gaps_the_lowest_is_taken() -> None:
    # [0.25, 0.5) and [0.5, 0.75): one error is found in each.
    errors = [judged([0.5, 0.25], 1), judged([0.5], 0)]
    assert best_threshold([*errors, judged([0.75], -1)]) == 0.4


def test_it_has_no_more_decimals_than_keep_it_near_the_middle() -> None:
    def between(low: float, high: float) -> float:
        return best_threshold([judged([low], 0), judged([high], -1)])

    assert between(0.4213, 0.4391) == 0.43
    assert between(0.0, 0.9) == 0.5
    assert between(0.123456, 0.123458) == 0.123457
    assert between(0.0, 3e-30) == 1.5e-30


def test_the_lower_of_two_scores_parts_them_where_no_number_lies_between() -> None:
    for low in (0.1, 0.3, math.nextafter(0.3, 1)):
        high = math.nextafter(low, 1)
        assert best_threshold([judged([low], 0), judged([high], -1)]) == low


def test_solutions_whose_scores_end_early_are_never_right() -> None:
    short = JudgedSolution((0.9,), 3, -1)
    unfound = JudgedSolution((0.9,), 3, 2)
    both = [judged([0.4], 0), judged([0.6], -1)]
    assert best_threshold([*both, short, unfound]) == best_threshold(both)


SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 0.99, 1.0, math.inf, -math.inf, 7.0])


@st.composite
def solutions(draw: st.DrawFn, kind: str) -> JudgedSolution:
    steps = draw(st.integers(1, 4))
    scores = draw(st.lists(SCORES, max_size=steps))
    label = NO_ERROR if kind == "correct" else draw(st.integers(0, steps - 1))
    return JudgedSolution(tuple(scores), steps, label)


def f1(solutions: list[JudgedSolution], threshold: float) -> Fraction:
    """Return F1 as the card defines it, of predictions made one by one."""

    def accuracy(side: list[JudgedSolution]) -> Fraction:
        found = [first_wrong(one.scores, one.steps, threshold) == one.label for one in side]
        return Fraction(sum(found), len(found))

    a = accuracy([one for one in solutions if one.label != NO_ERROR])
    b = accuracy([one for one in solutions if one.label == NO_ERROR])
    return 2 * a * b / (a + b) if a + b else Fraction(0)


@given(
    st.lists(solutions("erroneous"), min_size=1, max_size=6),
    st.lists(solutions("correct"), min_size=1, max_size=6),
)
def test_no_other_threshold_has_a_higher_f1(erroneous, correct) -> None:
    both = [*erroneous, *correct]
    threshold = best_threshold(both)
    seen = {score for one in both for score in one.scores if 0 <= score < 1} | {0.0}
    edges = sorted({*seen, 1.0})
    others = [*seen, *((low + high) / 2 for low, high in pairwise(edges))]
    assert 0 <= threshold < 1
    assert f1(both, threshold) == max(f1(both, other) for other in others)
    assert best_threshold(list(reversed(both))) == threshold


# The scorer


def sample(name: str, steps: int, label: int, task: str = "gsm8k") -> Sample:
    turns = tuple(
        Turn(query="?", target=label, answers=int(i == steps - 1), choices=("-", "+"))
        for i in range(steps)
    )
    return Sample(id=name, task=task, turns=turns)


def predicted(of: Sample, *scores: object) -> tuple[Sample, Prediction]:
    outputs = tuple(map(str, scores))
    return of, Prediction(id=f"{of.id}#0", sample_id=of.id, epoch=0, task=of.task, outputs=outputs)


WRONG, RIGHT = sample("wrong", 2, 1), sample("right", 2, -1)
ELSEWHERE = sample("elsewhere", 2, 0, "math")
ALL = [WRONG, RIGHT, ELSEWHERE]
CRITICISED = Sample(id="criticised", task="gsm8k", turns=(Turn(query="?", target=2),))


def fit(**options: str) -> FittedScorer:
    scorer = ProcessBenchScorer(ProcessBenchOptions(threshold="fit", **options)).prepared(ALL)
    assert isinstance(scorer, FittedScorer)
    return scorer


def test_one_threshold_is_fitted_to_one_subset_and_used_on_all(grade_sample) -> None:
    told = [
        predicted(WRONG, 0.9, 0.5),
        predicted(RIGHT, 0.9, 0.7),
        # At 0.3 this one would be wrong; but it is no part of the subset.
        predicted(ELSEWHERE, 0.1, 0.1),
    ]
    scorer = fit().fitted(iter(told))
    assert scorer.label == "processbench[variant=official,threshold=0.6,fit_on=gsm8k]"
    assert [grade_sample(scorer, of, p.outputs).scores["match"] for of, p in told] == [1, 1, 1]
    assert grade_sample(scorer, ELSEWHERE, ["0.61", "0.1"]).answer == 1
    assert grade_sample(scorer, ELSEWHERE, ["0.6", "0.1"]).answer == 0


def test_before_it_is_fitted_the_label_says_so() -> None:
    assert fit().label == "processbench[variant=official,threshold=fit]"


def test_a_threshold_that_is_set_needs_no_samples() -> None:
    scorer = ProcessBenchScorer(ProcessBenchOptions(fit_on="math"))

    def unread():
        raise AssertionError
        yield

    assert scorer.prepared(unread()) is scorer
    assert scorer.label == "processbench[variant=official]"


@pytest.mark.parametrize(
    ("samples", "missing"),
    [
        ([], "erroneous and correct"),
        ([WRONG, ELSEWHERE], "correct"),
        ([RIGHT], "erroneous"),
        # Critics say nothing of single steps.
        (
            [Sample(id="s", task="gsm8k", turns=(Turn(query="?", target=2),))],
            "erroneous and correct",
        ),
    ],
)
def test_samples_of_both_kinds_are_needed(samples, missing) -> None:
    scorer = ProcessBenchScorer(ProcessBenchOptions(threshold="fit"))
    with pytest.raises(ConfigError, match=rf"of gsm8k, and has none of its {missing} solutions; "):
        scorer.prepared(samples)


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ([], "erroneous and correct"),
        ([predicted(WRONG, 0.9, 0.5)], "correct"),
        ([predicted(RIGHT, 0.9, 0.5), predicted(ELSEWHERE, 0.1, 0.5)], "erroneous"),
        # Judgements in words are the same for all thresholds.
        ([predicted(WRONG, "+", "-"), predicted(RIGHT, "+", "+")], "erroneous and correct"),
    ],
)
def test_scores_of_both_kinds_are_needed(told, missing) -> None:
    with pytest.raises(ConfigError, match=rf"has none of its {missing} solutions; .*fit_on=NAME"):
        fit().fitted(told)


def test_another_subset_may_be_named() -> None:
    samples = [sample("a", 1, 0, "math"), sample("b", 1, -1, "math"), *ALL]
    scorer = ProcessBenchScorer(ProcessBenchOptions(threshold="fit", fit_on="math"))
    fitted = scorer.prepared(samples).fitted(
        [predicted(samples[0], 0.1), predicted(samples[1], 0.3)]
    )
    assert fitted.label == "processbench[variant=official,threshold=0.2,fit_on=math]"


@pytest.mark.parametrize("threshold", ["fitted", -0.1, 1.5])
def test_any_other_threshold_is_refused(threshold) -> None:
    with pytest.raises(ConfigError, match=r"scorer\.threshold"):
        to_options({"threshold": threshold}, ProcessBenchOptions, "scorer")


def test_a_prediction_alone_has_no_threshold(grade_sample) -> None:
    scorer = ProcessBenchScorer(ProcessBenchOptions(threshold="fit"))
    with pytest.raises(ConfigError, match="no threshold yet"):
        grade_sample(scorer, WRONG, ["0.9", "0.5"])
