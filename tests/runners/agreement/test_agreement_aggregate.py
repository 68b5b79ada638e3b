"""The mean win rate of several scenarios, worked out by hand."""

from __future__ import annotations

import pytest
from boards import scenario
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.agreement.aggregate import (
    aggregated,
    members_of,
    models_needed,
    win_rates,
)
from evalrun.runners.agreement.options import AggregateOptions

FIRST = scenario("first", a=3.0, b=2.0, c=1.0)
SECOND = scenario("second", a=1.0, b=5.0)
MEAN_WIN_RATE = AggregateOptions()


def test_a_win_rate_is_the_share_of_others_strictly_beaten() -> None:
    assert win_rates({"a": 3, "b": 1, "c": 3, "d": 0}) == {
        "a": 2 / 3,
        "b": 1 / 3,
        "c": 2 / 3,
        "d": 0,
    }


def test_the_mean_is_over_the_scenarios_that_have_the_model() -> None:
    # first: a 1, b 0.5, c 0; second: a 0, b 1
    found = aggregated([FIRST, SECOND], 1, MEAN_WIN_RATE)
    assert found.scores == {"a": 0.5, "b": 0.75, "c": 0.0}
    assert (found.name, found.source) == ("aggregate", "aggregate")


def test_models_in_too_few_scenarios_are_dropped_before_wins_are_counted() -> None:
    # Without c, in first: a 1, b 0.
    assert aggregated([FIRST, SECOND], 2, MEAN_WIN_RATE).scores == {"a": 0.5, "b": 0.5}


def test_raw_scores_can_be_averaged_instead() -> None:
    found = aggregated([FIRST, SECOND], 1, AggregateOptions(score="mean"))
    assert found.scores == {"a": 2.0, "b": 3.5, "c": 1.0}


def test_a_scenario_with_one_model_has_no_wins() -> None:
    assert aggregated([FIRST, scenario("lone", a=9.0)], 1, MEAN_WIN_RATE).scores["a"] == 1.0
    assert aggregated([], 0, MEAN_WIN_RATE).scores == {}


def test_members_are_those_listed_or_all() -> None:
    assert members_of([FIRST, SECOND], AggregateOptions(scenarios=("second", "gone"))) == [SECOND]
    assert members_of([FIRST, SECOND], MEAN_WIN_RATE) == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("listed", "found", "minimum", "official", "fixed"),
    [
        (8, 6, None, 2, 2),
        (9, 5, None, 3, 1),
        (0, 71, None, 23, 23),
        (2, 2, None, 1, 1),
        (8, 6, 4, 4, 4),
        (8, 3, 5, 3, 3),
    ],
)
def test_a_third_of_the_members_is_needed(listed, found, minimum, official, fixed) -> None:
    options = AggregateOptions(scenarios=tuple(map(str, range(listed))), min_scenarios=minimum)
    assert models_needed(options, found, "official") == official
    assert models_needed(options, found, "fixed") == fixed


@given(st.dictionaries(st.text(max_size=3), st.floats(allow_nan=False), min_size=2))
def test_win_rates_are_those_counted_one_by_one(scores: dict[str, float]) -> None:
    counted = {
        model: sum(score > other for other in scores.values()) / (len(scores) - 1)
        for model, score in scores.items()
    }
    assert win_rates(scores) == counted
